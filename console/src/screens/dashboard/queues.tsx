import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { read, type ActivityRow } from "@/api/reads";
import { Header, Table } from "@/ui/cloudscape";
import { count, duration } from "@/ui/format";
import { Link } from "@/ui/link";
import { Nothing, Pane } from "@/ui/pane";

const EACH_MS = 5_000;
const SHOWN = 5;

/** The activities whose tasks wait longest, and whether anybody asks for them. */
export function Queues() {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["activities"],
    queryFn: ({ signal }) => read<{ rows: ActivityRow[] }>("activities", {}, signal),
    refetchInterval: EACH_MS,
  });
  return (
    <Pane query={found}>
      {({ rows }) => (
        <Table
          items={[...rows].sort((a, b) => (b.oldestWaitMs ?? -1) - (a.oldestWaitMs ?? -1)).slice(0, SHOWN)}
          ariaLabels={{ tableLabel: t("dashboard.queues") }}
          header={
            <Header variant="h2" actions={<Link to="/activities">{t("dashboard.allActivities")}</Link>}>
              {t("dashboard.queues")}
            </Header>
          }
          columnDefinitions={[
            { id: "name", header: t("activities.column.name"), isRowHeader: true, cell: (row) => row.name },
            { id: "pollers", header: t("dashboard.column.workers"), cell: (row) => count(row.pollers) },
            { id: "waiting", header: t("activities.column.waiting"), cell: (row) => count(row.waiting) },
            { id: "oldest", header: t("activities.column.oldest"), cell: (row) => (row.oldestWaitMs === null ? "–" : duration(row.oldestWaitMs)) },
          ]}
          empty={<Nothing title={t("activities.none")} />}
        />
      )}
    </Pane>
  );
}
