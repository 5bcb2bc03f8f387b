import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { follow } from "@/api/live";
import { read, type MachineRow } from "@/api/reads";
import { Badge, Box, Button, Pagination, SpaceBetween, Table, TextFilter, useCollection, type TableProps } from "@/ui/cloudscape";
import { count } from "@/ui/format";
import { Link } from "@/ui/link";
import { Page } from "@/ui/page";
import { Nothing, Skeleton, Trouble } from "@/ui/pane";
import { address, type ScreenProps } from "@/ui/screen";
import { Status } from "@/ui/status";
import { Ago } from "@/ui/time";

import { DeleteMachines } from "./delete-machines";
import type { MachinesSearch } from "./search";

const PAGE = 100;
const SHOWN = 50;
const EACH_MS = 10_000;

interface MachinePage {
  rows: MachineRow[];
  cursor: string | null;
}

/** All state machines: those that the page shows come first, the rest follow while it is read. */
function useMachines() {
  const client = useQueryClient();
  const found = useInfiniteQuery({
    queryKey: ["machines"],
    queryFn: ({ pageParam, signal }) => read<MachinePage>("machines", { cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.cursor,
    refetchInterval: EACH_MS,
  });
  useEffect(() => {
    if (found.hasNextPage && !found.isFetching) void found.fetchNextPage();
  }, [found]);
  useEffect(
    () =>
      follow("machines", (event) => {
        if (event.name === "machines" || event.name === "gap") void client.invalidateQueries({ queryKey: ["machines"] });
      }),
    [client],
  );
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.rows) ?? [], [found.data]);
  return { found, rows };
}

function holds(row: MachineRow, text: string): boolean {
  const tags = Object.entries(row.tags).map(([key, value]) => `${key}=${value}`);
  return [row.name, row.comment ?? "", ...tags].some((part) => part.toLowerCase().includes(text.toLowerCase()));
}

export default function MachinesScreen({ search, onSearch, onGo }: ScreenProps<MachinesSearch>) {
  const { t } = useTranslation();
  const { found, rows } = useMachines();
  const [selected, setSelected] = useState<readonly MachineRow[]>([]);
  const [deleting, setDeleting] = useState(false);
  const chosen = rows.filter((row) => selected.some(({ arn }) => arn === row.arn));
  return (
    <Page
      title={t("machines.title")}
      crumbs={[{ text: t("machines.title"), to: "/machines" }]}
      counter={rows.length ? `(${count(rows.length)})` : ""}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={chosen.length === 0} onClick={() => setDeleting(true)} data-testid="machines-delete">
            {t("machines.delete.button")}
          </Button>
          <Button variant="primary" onClick={() => onGo("/create")} data-testid="machines-create">
            {t("machines.create")}
          </Button>
        </SpaceBetween>
      }
      testid="machines-screen"
    >
      {found.isError && <Trouble error={found.error} onRetry={() => void found.refetch()} />}
      {found.data === undefined ? (
        !found.isError && <Skeleton lines={8} height={24} />
      ) : (
        <MachinesTable rows={rows} search={search} onSearch={onSearch} onGo={onGo} selected={chosen} onSelect={setSelected} />
      )}
      {deleting && <DeleteMachines machines={chosen} onClose={() => setDeleting(false)} />}
    </Page>
  );
}

interface MachinesTableProps extends Omit<ScreenProps<MachinesSearch>, "arn"> {
  rows: readonly MachineRow[];
  selected: readonly MachineRow[];
  onSelect: (rows: readonly MachineRow[]) => void;
}

function MachinesTable({ rows, search, onSearch, onGo, selected, onSelect }: MachinesTableProps) {
  const { t } = useTranslation();
  const columns = useColumns();
  const { items, collectionProps, paginationProps, filteredItemsCount } = useCollection(rows, {
    filtering: { filteringFunction: (row) => holds(row, search.find ?? "") },
    sorting: { defaultState: { sortingColumn: columns[0] as TableProps.SortingColumn<MachineRow> } },
    pagination: { pageSize: SHOWN },
  });
  const wanted = items.length > 0 || !search.find;
  return (
    <Table
      {...collectionProps}
      data-testid="machines"
      variant="container"
      wrapLines
      items={items}
      trackBy="arn"
      columnDefinitions={columns}
      selectionType="multi"
      selectedItems={selected}
      onSelectionChange={({ detail }) => onSelect(detail.selectedItems)}
      ariaLabels={{
        tableLabel: t("machines.title"),
        selectionGroupLabel: t("ui.table.selectAll"),
        allItemsSelectionLabel: () => t("ui.table.selectAll"),
        itemSelectionLabel: (_, row) => t("ui.table.select", { name: row.name }),
      }}
      filter={
        <div data-search>
          <TextFilter
            filteringText={search.find ?? ""}
            filteringPlaceholder={t("machines.find")}
            filteringAriaLabel={t("machines.find")}
            countText={search.find ? t("ui.table.matches", { count: filteredItemsCount ?? 0 }) : ""}
            onChange={({ detail }) => onSearch({ find: detail.filteringText || undefined })}
          />
        </div>
      }
      pagination={rows.length > SHOWN && <Pagination {...paginationProps} />}
      empty={
        wanted ? (
          <Nothing title={t("machines.none")} action={<Button onClick={() => onGo("/create")}>{t("machines.create")}</Button>}>
            {t("machines.noneHint")}
          </Nothing>
        ) : (
          <Nothing title={t("ui.table.noMatch")} action={<Button onClick={() => onSearch({ find: undefined })}>{t("ui.table.clear")}</Button>} />
        )
      }
    />
  );
}

function useColumns(): TableProps.ColumnDefinition<MachineRow>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("machines.column.name"),
        isRowHeader: true,
        sortingField: "name",
        minWidth: 180,
        cell: (row) => (
          <>
            <Link to={address(["machines", row.arn])}>{row.name}</Link>
            {row.comment && (
              <Box variant="small" display="block">
                {row.comment}
              </Box>
            )}
            <Tags tags={row.tags} />
          </>
        ),
      },
      { id: "type", header: t("machines.column.type"), sortingField: "type", cell: (row) => t(`machines.type.${row.type}`) },
      { id: "status", header: t("machines.column.status"), sortingField: "status", cell: (row) => <Status status={row.status} /> },
      { id: "executions", header: t("machines.column.executions"), minWidth: 210, cell: (row) => <Day row={row} /> },
      {
        id: "lastFailure",
        header: t("machines.column.lastFailure"),
        sortingComparator: (a, b) => (a.lastFailureMs ?? 0) - (b.lastFailureMs ?? 0),
        cell: (row) => <Ago ms={row.lastFailureMs} />,
      },
      {
        id: "updated",
        header: t("machines.column.updated"),
        sortingComparator: (a, b) => (a.updatedMs ?? a.createdMs) - (b.updatedMs ?? b.createdMs),
        cell: (row) => <Ago ms={row.updatedMs ?? row.createdMs} />,
      },
    ],
    [t],
  );
}

function Tags({ tags }: { tags: MachineRow["tags"] }) {
  const entries = Object.entries(tags);
  if (entries.length === 0) return null;
  return (
    <SpaceBetween direction="horizontal" size="xxs">
      {entries.map(([key, value]) => (
        <Badge key={key}>{value ? `${key}: ${value}` : key}</Badge>
      ))}
    </SpaceBetween>
  );
}

const OF_A_DAY = [
  ["running", "RUNNING"],
  ["succeeded", "SUCCEEDED"],
  ["failed", "FAILED"],
  ["timedOut", "TIMED_OUT"],
  ["aborted", "ABORTED"],
] as const;

/** Executions of the last 24 hours by status; each figure leads to them. */
function Day({ row }: { row: MachineRow }) {
  const { t } = useTranslation();
  const there = OF_A_DAY.filter(([member]) => row[member] > 0);
  if (there.length === 0) return <>–</>;
  return (
    <SpaceBetween direction="horizontal" size="s">
      {there.map(([member, status]) => {
        const shown = count(row[member]) + (row.countsAreMore ? "+" : "");
        const query = status === "RUNNING" ? `status=${status}` : `status=${status} started>-24h`;
        return (
          <Link key={member} to={address(["executions"], { machine: row.arn, query })} label={`${t(`ui.status.${status}`)}: ${shown}`} variant="secondary">
            <span style={{ color: `var(--sw-${member === "timedOut" ? "timed-out" : member})` }}>
              {t(`ui.status.${status}`)} {shown}
            </span>
          </Link>
        );
      })}
    </SpaceBetween>
  );
}
