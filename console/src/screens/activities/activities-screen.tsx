import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

import { read, type ActivityRow } from "@/api/reads";
import { Box, SpaceBetween, StatusIndicator, Table, TextFilter, useCollection, type TableProps } from "@/ui/cloudscape";
import { Copy } from "@/ui/copy";
import { count, duration } from "@/ui/format";
import { Page } from "@/ui/page";
import { Nothing, Pane } from "@/ui/pane";
import type { ScreenProps } from "@/ui/screen";
import { Ago } from "@/ui/time";

const EACH_MS = 3_000;

export default function ActivitiesScreen(_: ScreenProps) {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["activities"],
    queryFn: ({ signal }) => read<{ rows: ActivityRow[] }>("activities", {}, signal),
    refetchInterval: EACH_MS,
  });
  return (
    <Page
      title={t("activities.title")}
      crumbs={[{ text: t("activities.title"), to: "/activities" }]}
      description={t("activities.what")}
      counter={found.data ? `(${count(found.data.rows.length)})` : ""}
      testid="activities-screen"
    >
      <Pane query={found}>{({ rows }) => <Activities rows={rows} />}</Pane>
    </Page>
  );
}

function Activities({ rows }: { rows: readonly ActivityRow[] }) {
  const { t } = useTranslation();
  const { items, collectionProps, filterProps, filteredItemsCount } = useCollection(rows, {
    filtering: { fields: ["name"] },
    sorting: {},
    selection: {},
  });
  return (
    <Table
      {...collectionProps}
      data-testid="activities"
      items={items}
      trackBy="arn"
      wrapLines
      columnDefinitions={columnsOf(t)}
      ariaLabels={{ tableLabel: t("activities.title") }}
      filter={
        <div data-search>
          <TextFilter
            {...filterProps}
            filteringPlaceholder={t("ui.table.filter")}
            filteringAriaLabel={t("ui.table.filter")}
            countText={filterProps.filteringText ? t("ui.table.matches", { count: filteredItemsCount ?? 0 }) : ""}
          />
        </div>
      }
      empty={<Nothing title={t(rows.length ? "ui.table.noMatch" : "activities.none")}>{rows.length ? null : t("activities.noneHint")}</Nothing>}
    />
  );
}

function columnsOf(t: TFunction): TableProps.ColumnDefinition<ActivityRow>[] {
  return [
    {
      id: "name",
      header: t("activities.column.name"),
      isRowHeader: true,
      sortingField: "name",
      minWidth: 160,
      cell: (row) => (
        <span className="sw-copy-line">
          {row.name}
          <Copy text={row.arn} label={t("ui.copyArn")} />
        </span>
      ),
    },
    {
      id: "pollers",
      header: t("activities.column.pollers"),
      sortingField: "pollers",
      cell: (row) => (
        <StatusIndicator type={row.pollers ? "success" : row.waiting ? "warning" : "stopped"}>
          {t("activities.polling", { count: row.pollers })}
        </StatusIndicator>
      ),
    },
    { id: "waiting", header: t("activities.column.waiting"), sortingField: "waiting", cell: (row) => <span className="sw-number">{count(row.waiting)}</span> },
    {
      id: "oldest",
      header: t("activities.column.oldest"),
      sortingField: "oldestWaitMs",
      cell: (row) => <span className="sw-number">{row.oldestWaitMs === null ? "–" : duration(row.oldestWaitMs)}</span>,
    },
    { id: "workers", header: t("activities.column.workers"), minWidth: 180, cell: (row) => <Workers row={row} /> },
    { id: "created", header: t("activities.column.created"), sortingField: "createdMs", cell: (row) => <Ago ms={row.createdMs} /> },
  ];
}

function Workers({ row }: { row: ActivityRow }) {
  const { t } = useTranslation();
  if (row.workers.length === 0) return <>–</>;
  return (
    <SpaceBetween size="xxs">
      {row.workers.map((worker) => (
        <div key={worker.name}>
          <StatusIndicator type={worker.polling ? "success" : "stopped"}>{worker.name || t("activities.unnamed")}</StatusIndicator>{" "}
          <Box variant="small" display="inline">
            {t("activities.taken", { count: worker.tasks })} · <Ago ms={worker.seenMs} />
          </Box>
        </div>
      ))}
    </SpaceBetween>
  );
}
