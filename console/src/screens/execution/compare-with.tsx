import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { machineArnOf } from "@/api/arn";
import { searchExecutions } from "@/api/reads";
import { Box, Button, Modal, Table } from "@/ui/cloudscape";
import { Nothing, Pane } from "@/ui/pane";
import { Status } from "@/ui/status";
import { Lasting, Moment } from "@/ui/time";

const SHOWN = 20;

interface CompareWithProps {
  arn: string;
  onClose: () => void;
  onCompare: (arn: string) => void;
}

/** Which execution of the same machine to compare with. */
export function CompareWith({ arn, onClose, onCompare }: CompareWithProps) {
  const { t } = useTranslation();
  const machine = machineArnOf(arn);
  const found = useQuery({ queryKey: ["executions", "latest", machine], queryFn: ({ signal }) => searchExecutions({ query: "", machine, limit: SHOWN }, signal) });
  return (
    <Modal visible size="large" header={t("execution.action.compare")} closeAriaLabel={t("ui.close")} onDismiss={onClose} data-testid="compare-with">
      <Pane query={found}>
        {({ rows }) => (
          <Table
            variant="embedded"
            items={rows.filter((row) => row.arn !== arn)}
            ariaLabels={{ tableLabel: t("executions.title") }}
            columnDefinitions={[
              {
                id: "name",
                header: t("executions.column.name"),
                isRowHeader: true,
                cell: (row) => (
                  <Button
                    variant="inline-link"
                    onClick={() => {
                      onCompare(row.arn);
                      onClose();
                    }}
                  >
                    {row.name}
                  </Button>
                ),
              },
              { id: "status", header: t("executions.column.status"), cell: (row) => <Status status={row.status} /> },
              { id: "started", header: t("executions.column.started"), cell: (row) => <Moment ms={row.startedMs} /> },
              { id: "duration", header: t("executions.column.duration"), cell: (row) => <Lasting fromMs={row.startedMs} toMs={row.stoppedMs} /> },
            ]}
            empty={<Nothing title={t("execution.compare.none")} />}
          />
        )}
      </Pane>
      <Box variant="small">{t("execution.compare.what")}</Box>
    </Modal>
  );
}
