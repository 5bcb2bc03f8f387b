import { useTranslation } from "react-i18next";

import { Table } from "@/ui/cloudscape";
import { Nothing } from "@/ui/pane";
import { Lasting, Moment } from "@/ui/time";

import { printed } from "./failure-banner";
import type { StepProps } from "./step";

/** The attempts of a visit: the first and its retries. */
export function AttemptsTab({ visit, model }: StepProps) {
  const { t } = useTranslation();
  const attempts = (visit?.attempts ?? []).filter((attempt) => attempt.eventId <= model.last);
  return (
    <Table
      variant="embedded"
      data-testid="attempts"
      ariaLabels={{ tableLabel: t("execution.tab.attempts") }}
      items={attempts}
      wrapLines
      columnDefinitions={[
        { id: "number", header: "#", isRowHeader: true, cell: (attempt) => attempts.indexOf(attempt) + 1 },
        { id: "started", header: t("execution.column.started"), cell: (attempt) => <Moment ms={attempt.fromMs} exact /> },
        { id: "duration", header: t("execution.column.duration"), cell: (attempt) => <Lasting fromMs={attempt.fromMs} toMs={attempt.toMs} /> },
        { id: "resource", header: t("execution.column.resource"), cell: (attempt) => attempt.resource ?? "–" },
        {
          id: "error",
          header: t("execution.column.error"),
          cell: (attempt) =>
            attempt.error === null ? (
              "–"
            ) : (
              <>
                <strong>{attempt.error}</strong>
                {attempt.cause && <pre className="sw-failure__cause">{printed(attempt.cause)}</pre>}
              </>
            ),
        },
      ]}
      empty={<Nothing title={t("execution.noAttempts")} />}
    />
  );
}
