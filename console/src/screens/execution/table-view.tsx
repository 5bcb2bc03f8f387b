import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Model } from "@/execution/reducer";
import { outcomeOf, type Visit } from "@/execution/visits";
import { duration } from "@/ui/format";
import { Lasting } from "@/ui/time";
import { VirtualGrid, type GridColumn } from "@/ui/virtual-grid";

import { StepStatus } from "./step-status";

export interface RowsProps {
  visits: readonly Visit[];
  model: Model;
  startMs: number;
  selected: number | undefined;
  onSelect: (visit: Visit) => void;
}

/** One row a visit. */
export function TableView({ visits, model, startMs, selected, onSelect }: RowsProps) {
  const { t } = useTranslation();
  const columns = useMemo((): GridColumn<Visit>[] => {
    return [
      {
        id: "state",
        header: t("execution.column.state"),
        width: "minmax(120px, 2fr)",
        cell: (visit) => (
          <span style={{ paddingInlineStart: visit.depth * 14 }} title={visit.state}>
            {visit.state}
            {visit.path.length > 0 && <span className="sw-muted"> #{visit.path.at(-1)?.[1]}</span>}
          </span>
        ),
      },
      { id: "type", header: t("execution.column.type"), width: "72px", cell: (visit) => visit.type },
      { id: "status", header: t("execution.column.status"), width: "118px", cell: (visit) => <StepStatus status={statusIn(visit, model)} /> },
      { id: "attempt", header: t("execution.column.attempt"), width: "76px", end: true, cell: (visit) => visit.attempts.length || "–" },
      { id: "after", header: t("execution.column.after"), width: "70px", end: true, cell: (visit) => duration(visit.enteredMs - startMs) },
      {
        id: "duration",
        header: t("execution.column.duration"),
        width: "70px",
        end: true,
        cell: (visit) => <Lasting fromMs={visit.enteredMs} toMs={endIn(visit, model)} />,
      },
      { id: "resource", header: t("execution.column.resource"), width: "minmax(90px, 1.4fr)", cell: (visit) => visit.attempts.at(-1)?.resource ?? "–" },
    ];
  }, [t, model, startMs]);
  return (
    <VirtualGrid
      label={t("execution.view.table")}
      columns={columns}
      count={visits.length}
      row={(index) => visits[index]}
      rowKey={(visit) => String(visit.id)}
      selected={selected === undefined ? null : String(selected)}
      showing={selected === undefined ? undefined : visits.findIndex((visit) => visit.id === selected)}
      onOpen={onSelect}
      testid="visits"
    />
  );
}

/** When a visit ended, as far as the picture knows. */
export function endIn(visit: Visit, model: Model): number | null {
  return visit.exitedMs !== null && visit.exitedMs <= model.atMs && outcomeOf(visit, model) !== null ? visit.exitedMs : null;
}

export function statusIn(visit: Visit, model: Model) {
  const open = model.visits[visit.id];
  return outcomeOf(visit, model) ?? (open && ["retry", "timer", "token", "worker"].includes(open.phase) ? "waiting" : "running");
}
