import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { ExecutionRow } from "@/api/reads";
import { Box, Button, Header, SpaceBetween } from "@/ui/cloudscape";
import { count } from "@/ui/format";
import { Link } from "@/ui/link";
import { Nothing, Skeleton, Trouble } from "@/ui/pane";
import { address } from "@/ui/screen";
import { Status } from "@/ui/status";
import { Lasting, Moment } from "@/ui/time";
import { VirtualGrid, type GridColumn } from "@/ui/virtual-grid";

import { BulkActions } from "./bulk";
import { Filter } from "./filter";
import { Range } from "./range";
import { useExecutions } from "./rows";
import { SavedFilters } from "./saved-filters";
import "./executions.css";

interface ListProps {
  query: string;
  machine?: string | undefined;
  onQuery: (query: string) => void;
  onGo: (to: string) => void;
  /** What to do where there are no executions at all. */
  emptyAction?: React.ReactNode;
  heading?: "h2";
}

/** A searchable list of executions, of one machine or of all. */
export function ExecutionsList({ query, machine, onQuery, onGo, emptyAction, heading }: ListProps) {
  const { t } = useTranslation();
  const { found, rows } = useExecutions(query, machine);
  const first = found.data?.pages[0];
  const total = first?.total ?? null;
  const countText = total === null ? "" : t(first?.totalIsMore ? "executions.more" : "executions.count", { count: total, shown: count(total) });
  const more = useCallback(() => {
    if (found.hasNextPage && !found.isFetching) void found.fetchNextPage();
  }, [found]);
  return (
    <SpaceBetween size="s">
      {heading && (
        <Header variant="h2" actions={<BulkActions query={query} machine={machine} />}>
          {t("executions.title")}
        </Header>
      )}
      <div className="sw-executions__tools">
        <div className="sw-executions__filter">
          <Filter query={query} onQuery={onQuery} countText={countText} loading={found.isFetching} hidden={machine ? ["machine"] : []} />
        </div>
        <Range query={query} onQuery={onQuery} />
        <SavedFilters query={query} onQuery={onQuery} />
      </div>
      {found.isError && <Trouble error={found.error} onRetry={() => void found.refetch()} />}
      {found.data === undefined ? (
        !found.isError && <Skeleton lines={10} height={22} />
      ) : (
        <Rows rows={rows} machine={machine} onMore={more} onGo={onGo} inTab={heading !== undefined} empty={<Empty query={query} onQuery={onQuery} action={emptyAction} />} />
      )}
      <SearchedBack page={found.data?.pages.at(-1)} onMore={() => void found.fetchNextPage()} loading={found.isFetching} />
    </SpaceBetween>
  );
}

interface RowsProps {
  rows: readonly ExecutionRow[];
  machine: string | undefined;
  onMore: () => void;
  onGo: (to: string) => void;
  /** Under a page's tabs there is less room. */
  inTab: boolean;
  empty: React.ReactNode;
}

function Rows({ rows, machine, onMore, onGo, inTab, empty }: RowsProps) {
  const { t } = useTranslation();
  const columns = useColumns(machine !== undefined);
  return (
    <VirtualGrid
      label={t("executions.title")}
      columns={columns}
      count={rows.length}
      row={(index) => rows[index]}
      rowKey={(row) => row.arn}
      onOpen={(row) => onGo(address(["executions", row.arn]))}
      onEnd={onMore}
      height={rows.length === 0 ? "auto" : `max(320px, calc(100vh - ${inTab ? 372 : 270}px))`}
      empty={empty}
      testid="executions"
    />
  );
}

function useColumns(ofOneMachine: boolean): GridColumn<ExecutionRow>[] {
  const { t } = useTranslation();
  return useMemo(() => {
    const machine: GridColumn<ExecutionRow> = {
      id: "machine",
      header: t("executions.column.machine"),
      width: "minmax(110px, 1fr)",
      cell: (row) => <Link to={address(["machines", row.machineArn])}>{row.machineName}</Link>,
    };
    return [
      { id: "status", header: t("executions.column.status"), width: "118px", cell: (row) => <Status status={row.status} /> },
      {
        id: "name",
        header: t("executions.column.name"),
        width: "minmax(150px, 2.4fr)",
        cell: (row) => <Link to={address(["executions", row.arn])}>{row.name}</Link>,
      },
      ...(ofOneMachine ? [] : [machine]),
      {
        id: "at",
        header: t("executions.column.stateOrError"),
        width: "minmax(110px, 1.2fr)",
        cell: (row) => <At row={row} />,
      },
      { id: "started", header: t("executions.column.started"), width: "188px", cell: (row) => <Moment ms={row.startedMs} /> },
      { id: "duration", header: t("executions.column.duration"), width: "72px", end: true, cell: (row) => <Lasting fromMs={row.startedMs} toMs={row.stoppedMs} /> },
      { id: "version", header: t("executions.column.version"), width: "60px", end: true, cell: (row) => row.alias ?? row.version ?? "–" },
      { id: "redrives", header: t("executions.column.redrives"), width: "70px", end: true, cell: (row) => row.redrives || "–" },
    ];
  }, [t, ofOneMachine]);
}

function At({ row }: { row: ExecutionRow }) {
  if (row.error) return <span className="sw-executions__error" title={row.error}>{row.error}</span>;
  return <span title={row.state ?? ""}>{row.state ?? "–"}</span>;
}

function Empty({ query, onQuery, action }: { query: string; onQuery: (query: string) => void; action: React.ReactNode }) {
  const { t } = useTranslation();
  if (query) {
    return (
      <Nothing title={t("ui.table.noMatch")} action={<Button onClick={() => onQuery("")}>{t("ui.table.clear")}</Button>}>
        {t("ui.table.noMatchHint")}
      </Nothing>
    );
  }
  return (
    <Nothing title={t("executions.none")} action={action}>
      {t("executions.noneHint")}
    </Nothing>
  );
}

interface SearchedBackProps {
  page: { searchedBackToMs: number | null; cursor: string | null } | undefined;
  onMore: () => void;
  loading: boolean;
}

/** A search that looks into executions ends when its budget is spent, and says how far it came. */
function SearchedBack({ page, onMore, loading }: SearchedBackProps) {
  const { t } = useTranslation();
  if (!page?.searchedBackToMs || !page.cursor) return null;
  return (
    <Box color="text-body-secondary">
      {t("executions.searchedBack")} <Moment ms={page.searchedBackToMs} />{" "}
      <Button variant="inline-link" onClick={onMore} loading={loading}>
        {t("executions.searchOn")}
      </Button>
    </Box>
  );
}
