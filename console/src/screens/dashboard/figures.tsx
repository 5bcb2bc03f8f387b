import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { read, type MachineFigures, type Metrics } from "@/api/reads";
import { Box, Container, Header, SegmentedControl, SpaceBetween, Table } from "@/ui/cloudscape";
import { count, duration, percent } from "@/ui/format";
import { Link } from "@/ui/link";
import { Nothing, Pane, Skeleton } from "@/ui/pane";
import { address } from "@/ui/screen";
import { Ago, Moment } from "@/ui/time";

import { Bars } from "./bars";
import "./dashboard.css";

const SPANS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;
type Span = keyof typeof SPANS;

const BUCKETS = 48;
const EACH_MS = 15_000;
const SHOWN = 5;

/** Executions over time, and unless it is of one machine, which machines are slow or fail. */
export function Figures({ machine }: { machine?: string }) {
  const { t } = useTranslation();
  const [span, setSpan] = useState<Span>("day");
  const metrics = useQuery({
    queryKey: ["metrics", machine ?? "", span],
    queryFn: ({ signal }) => read<Metrics>("metrics", { machine, from: Date.now() - SPANS[span], buckets: BUCKETS }, signal),
    refetchInterval: EACH_MS,
    placeholderData: (before) => before,
  });
  const spans = Object.keys(SPANS) as Span[];
  const choice = (
    <SegmentedControl
      selectedId={span}
      label={t("dashboard.span.label")}
      options={spans.map((id) => ({ id, text: t(`dashboard.span.${id}`) }))}
      onChange={({ detail }) => setSpan(spans.find((id) => id === detail.selectedId) ?? "day")}
    />
  );
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header variant="h2" actions={choice}>
            {t("dashboard.overTime")}
          </Header>
        }
      >
        <Pane query={metrics} skeleton={<Skeleton lines={4} height={30} />}>
          {(found) => (
            <>
              <Bars metrics={found} />
              {found.completeFromMs > found.fromMs && (
                <Box variant="small">
                  {t("dashboard.completeFrom")} <Moment ms={found.completeFromMs} />
                </Box>
              )}
            </>
          )}
        </Pane>
      </Container>
      {!machine && metrics.data && metrics.data.machines.length > 0 && (
        <div className="sw-two">
          <Ranking title={t("dashboard.failing")} rows={failing(metrics.data.machines)} figure="failures" empty={t("dashboard.noFailures")} />
          <Ranking title={t("dashboard.slowest")} rows={slowest(metrics.data.machines)} figure="time" empty={t("dashboard.noTimes")} />
        </div>
      )}
    </SpaceBetween>
  );
}

function bad(row: MachineFigures): number {
  return row.failed + row.timedOut;
}

function failing(rows: readonly MachineFigures[]): MachineFigures[] {
  return rows.filter((row) => bad(row) > 0).sort((a, b) => bad(b) - bad(a)).slice(0, SHOWN);
}

function slowest(rows: readonly MachineFigures[]): MachineFigures[] {
  return rows.filter((row) => row.p95Ms !== null).sort((a, b) => (b.p95Ms ?? 0) - (a.p95Ms ?? 0)).slice(0, SHOWN);
}

interface RankingProps {
  title: string;
  rows: readonly MachineFigures[];
  figure: "failures" | "time";
  empty: string;
}

function Ranking({ title, rows, figure, empty }: RankingProps) {
  const { t } = useTranslation();
  const failures = [
    {
      id: "failed",
      header: t("dashboard.column.failed"),
      cell: (row: MachineFigures) => (
        <Link to={address(["executions"], { machine: row.arn, query: "status=FAILED,TIMED_OUT" })}>{count(bad(row))}</Link>
      ),
    },
    { id: "share", header: t("dashboard.column.share"), cell: (row: MachineFigures) => percent(bad(row) / Math.max(1, bad(row) + row.succeeded + row.aborted)) },
    { id: "last", header: t("dashboard.column.last"), cell: (row: MachineFigures) => <Ago ms={row.lastFailureMs} /> },
  ];
  const times = [
    { id: "p50", header: t("machine.states.p50"), cell: (row: MachineFigures) => (row.p50Ms === null ? "–" : duration(row.p50Ms)) },
    { id: "p95", header: t("machine.states.p95"), cell: (row: MachineFigures) => (row.p95Ms === null ? "–" : duration(row.p95Ms)) },
  ];
  return (
    <Table
      items={rows}
      ariaLabels={{ tableLabel: title }}
      header={<Header variant="h2">{title}</Header>}
      columnDefinitions={[
        { id: "name", header: t("machines.column.name"), isRowHeader: true, cell: (row) => <Link to={address(["machines", row.arn])}>{row.name}</Link> },
        ...(figure === "failures" ? failures : times),
      ]}
      empty={<Nothing title={empty} />}
    />
  );
}
