import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { read, type StateFigures } from "@/api/reads";
import { Header, SpaceBetween, Table, useCollection } from "@/ui/cloudscape";
import { count, duration } from "@/ui/format";
import { Nothing, Pane } from "@/ui/pane";

import { Figures } from "../dashboard/figures";

interface StatesOf {
  executions: number;
  states: StateFigures[];
}

/** How the machine did in the last day, and which of its states took the time. */
export function Monitoring({ arn }: { arn: string }) {
  const states = useQuery({
    queryKey: ["metrics", "states", arn],
    queryFn: ({ signal }) => read<StatesOf>("metrics/states", { machine: arn }, signal),
  });
  return (
    <SpaceBetween size="l">
      <Figures machine={arn} />
      <Pane query={states}>{(found) => <StatesTable found={found} />}</Pane>
    </SpaceBetween>
  );
}

function StatesTable({ found }: { found: StatesOf }) {
  const { t } = useTranslation();
  const { items, collectionProps } = useCollection(found.states, { sorting: {} });
  const figure = (member: "visits" | "failed" | "caught" | "retries") => (row: StateFigures) => <span className="sw-number">{count(row[member])}</span>;
  const time = (member: "p50Ms" | "p95Ms") => (row: StateFigures) => {
    const ms = row[member];
    return <span className="sw-number">{ms === null ? "–" : duration(ms)}</span>;
  };
  return (
    <Table
      {...collectionProps}
      items={items}
      data-testid="state-figures"
      ariaLabels={{ tableLabel: t("machine.states.title") }}
      header={
        <Header variant="h2" description={t("machine.states.of", { count: found.executions })}>
          {t("machine.states.title")}
        </Header>
      }
      columnDefinitions={[
        { id: "state", header: t("machine.states.state"), isRowHeader: true, sortingField: "state", cell: (row) => row.state },
        { id: "type", header: t("machine.states.type"), sortingField: "type", cell: (row) => row.type },
        { id: "visits", header: t("machine.states.visits"), sortingField: "visits", cell: figure("visits") },
        { id: "failed", header: t("machine.states.failed"), sortingField: "failed", cell: figure("failed") },
        { id: "caught", header: t("machine.states.caught"), sortingField: "caught", cell: figure("caught") },
        { id: "retries", header: t("machine.states.retries"), sortingField: "retries", cell: figure("retries") },
        { id: "p50", header: t("machine.states.p50"), sortingField: "p50Ms", cell: time("p50Ms") },
        { id: "p95", header: t("machine.states.p95"), sortingField: "p95Ms", cell: time("p95Ms") },
      ]}
      empty={<Nothing title={t("machine.states.none")}>{t("machine.states.noneHint")}</Nothing>}
    />
  );
}
