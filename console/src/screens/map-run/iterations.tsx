import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { executionPath, read, type IterationPage, type IterationRow } from "@/api/reads";
import type { Path } from "@/execution/reducer";
import { Button, Select, SpaceBetween } from "@/ui/cloudscape";
import { count } from "@/ui/format";
import { Nothing, Skeleton, Trouble } from "@/ui/pane";
import { address } from "@/ui/screen";
import { Status } from "@/ui/status";
import { Lasting } from "@/ui/time";
import { VirtualGrid, type GridColumn } from "@/ui/virtual-grid";

import type { ExecutionSearch } from "../execution/search";
import { Bar } from "./bar";
import "./iterations.css";

/** Some screens full: the first of them is waited for. */
const FIRST_PAGE = 100;
const PAGE = 500;
const EACH_MS = 2_000;
const STATUSES = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] as const;
type IterationStatus = (typeof STATUSES)[number];

interface IterationsProps {
  arn: string;
  /** Name of the Map state. */
  map: string;
  /** The iteration around it. */
  path: Path;
  onSearch: (change: Partial<ExecutionSearch>, push?: "push") => void;
  onGo: (to: string) => void;
  status?: string | undefined;
  error?: string | undefined;
  height?: string;
  /** Shown on the page of the Map Run itself. */
  isOwnPage?: boolean;
}

/** The iterations of a Map: counters, failures by error, and a list of any length. */
export function Iterations({ arn, map, path, onSearch, onGo, status: givenStatus, error: givenError, height = "46vh", isOwnPage = false }: IterationsProps) {
  const { t } = useTranslation();
  const [status, setStatus] = useState(givenStatus ?? "");
  const [error, setError] = useState(givenError ?? "");
  const found = useInfiniteQuery({
    queryKey: ["execution", arn, "iterations", map, JSON.stringify(path), status, error],
    queryFn: ({ pageParam, signal }) =>
      read<IterationPage>(`${executionPath(arn)}/iterations`, { map, path: path.length ? JSON.stringify(path) : null, status, error, cursor: pageParam, limit: pageParam === null ? FIRST_PAGE : PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.cursor,
    refetchInterval: ({ state }) => ((state.data?.pages[0]?.counts.running ?? 0) > 0 ? EACH_MS : false),
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.rows) ?? [], [found.data]);
  const first = found.data?.pages[0];
  const more = useCallback(() => {
    if (found.hasNextPage && !found.isFetching) void found.fetchNextPage();
  }, [found]);
  const open = (row: IterationRow) => {
    if (row.childArn) onGo(address(["executions", row.childArn]));
    else onSearch({ path: JSON.stringify([...path, [map, row.index]]), ...(row.state && { step: row.state, visit: undefined }) }, "push");
  };
  if (found.isError && !first) return <Trouble error={found.error} onRetry={() => void found.refetch()} />;
  if (!first) return <Skeleton lines={6} height={24} />;
  return (
    <SpaceBetween size="xs">
      <Bar counts={first.counts} />
      {first.mapRunArn && !isOwnPage && (
        <Button variant="inline-link" onClick={() => onGo(address(["map-runs", first.mapRunArn ?? ""]))}>
          {t("mapRun.open")}
        </Button>
      )}
      <div className="sw-row">
        <div className="sw-iterations-filter">
          <StatusFilter counts={first.counts} value={status} onChange={setStatus} />
        </div>
        {first.groups.map((group) => (
          <Button key={group.error} variant={error === group.error ? "primary" : "normal"} onClick={() => setError(error === group.error ? "" : group.error)}>
            {`${group.error} (${count(group.count)})`}
          </Button>
        ))}
      </div>
      <VirtualGrid
        label={t("mapRun.iterations")}
        columns={columnsOf(t)}
        count={rows.length}
        total={matching(first, status, error)}
        row={(index) => rows[index]}
        rowKey={(row) => row.childArn ?? String(row.index)}
        onOpen={open}
        onEnd={more}
        rowHeight={32}
        height={rows.length === 0 ? "auto" : height}
        empty={<Nothing title={t("mapRun.none")} />}
        testid="iterations"
      />
    </SpaceBetween>
  );
}

/** How many iterations the list has in all, as far as its first page tells. */
function matching({ counts, groups }: IterationPage, status: string, error: string): number | undefined {
  if (error) return groups.find((group) => group.error === error)?.count;
  return status ? ofStatus(counts)[status as IterationStatus] : counts.started;
}

function ofStatus(counts: IterationPage["counts"]): Record<IterationStatus, number> {
  return { RUNNING: counts.running, SUCCEEDED: counts.succeeded, FAILED: counts.failed, TIMED_OUT: counts.timedOut, ABORTED: counts.aborted };
}

interface StatusFilterProps {
  counts: IterationPage["counts"];
  value: string;
  onChange: (status: string) => void;
}

function StatusFilter({ counts, value, onChange }: StatusFilterProps) {
  const { t } = useTranslation();
  const of = ofStatus(counts);
  const options = [
    { value: "", label: t("mapRun.all", { count: counts.total, shown: count(counts.total) }) },
    ...STATUSES.map((status) => ({ value: status as string, label: `${t(`ui.status.${status}`)} (${count(of[status])})` })),
  ];
  return (
    <Select
      options={options}
      selectedOption={options.find((option) => option.value === value) ?? null}
      onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
      ariaLabel={t("mapRun.filter")}
      expandToViewport
      data-testid="iterations-status"
    />
  );
}

function columnsOf(t: TFunction): GridColumn<IterationRow>[] {
  return [
    { id: "index", header: "#", width: "60px", end: true, cell: (row: IterationRow) => row.index },
    { id: "status", header: t("executions.column.status"), width: "118px", cell: (row) => <Status status={row.status} /> },
    { id: "at", header: t("executions.column.stateOrError"), width: "minmax(110px, 1fr)", cell: (row) => <span title={row.cause ?? row.error ?? ""}>{row.error ?? row.state ?? "–"}</span> },
    { id: "duration", header: t("executions.column.duration"), width: "84px", end: true, cell: (row) => <Lasting fromMs={row.startedMs} toMs={row.stoppedMs} /> },
  ];
}
