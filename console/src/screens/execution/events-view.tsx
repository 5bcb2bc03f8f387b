import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { BAD } from "@/execution/recording";
import type { HistoryEvent } from "@/execution/reducer";
import { Checkbox, Select } from "@/ui/cloudscape";
import { count, duration } from "@/ui/format";
import { VirtualGrid, type GridColumn } from "@/ui/virtual-grid";

interface EventsProps {
  events: readonly HistoryEvent[];
  /** Up to which event they are shown. */
  last: number;
  step: string | null;
  selected: number | undefined;
  following: boolean;
  onSelect: (event: HistoryEvent) => void;
}

/** Every event, with what passed since the one before. */
export function EventsView({ events, last, step, selected, following, onSelect }: EventsProps) {
  const { t } = useTranslation();
  const [type, setType] = useState<string | null>(null);
  const [failedOnly, setFailedOnly] = useState(false);
  const [stepOnly, setStepOnly] = useState(false);
  const filtering = type !== null || failedOnly || (stepOnly && step !== null);
  const length = Math.min(events.length, last);
  const shown = useMemo(() => {
    if (!filtering) return null;
    return events.slice(0, length).filter((event) => (!type || event.type === type) && (!failedOnly || BAD.test(event.type)) && (!stepOnly || event.state === step));
  }, [events, length, filtering, type, failedOnly, stepOnly, step]);
  const rows = shown ?? events;
  const size = shown ? shown.length : length;
  const types = useMemo(() => [...new Set(events.slice(0, length).map((event) => event.type))].sort(), [events, length]);
  const columns = useColumns(events);
  const options = [{ value: "", label: t("execution.events.allTypes") }, ...types.map((value) => ({ value, label: value }))];
  return (
    <div className="sw-timeline">
      <div className="sw-row">
        <Select
          options={options}
          selectedOption={options.find((option) => option.value === (type ?? "")) ?? null}
          onChange={({ detail }) => setType(detail.selectedOption.value || null)}
          ariaLabel={t("execution.events.type")}
          filteringType="auto"
          expandToViewport
        />
        <Checkbox checked={failedOnly} onChange={({ detail }) => setFailedOnly(detail.checked)}>
          {t("execution.events.failedOnly")}
        </Checkbox>
        <Checkbox checked={stepOnly} disabled={step === null} onChange={({ detail }) => setStepOnly(detail.checked)}>
          {step === null ? t("execution.events.stepOnly") : t("execution.events.ofStep", { step })}
        </Checkbox>
        <span className="sw-muted sw-number" data-testid="events-count">
          {t("execution.events.count", { count: size, shown: count(size) })}
        </span>
      </div>
      <VirtualGrid
        label={t("execution.view.events")}
        columns={columns}
        count={size}
        row={(index) => rows[index]}
        rowKey={(event) => String(event.id)}
        selected={selected === undefined ? null : String(selected)}
        showing={selected === undefined ? undefined : shown ? shown.findIndex((event) => event.id === selected) : selected - 1}
        following={following}
        onOpen={onSelect}
        rowHeight={30}
        testid="events"
      />
    </div>
  );
}

function useColumns(events: readonly HistoryEvent[]): GridColumn<HistoryEvent>[] {
  const { t } = useTranslation();
  return useMemo(() => {
    const start = () => events[0]?.atMs ?? 0;
    const before = (event: HistoryEvent) => events[event.id - 2]?.atMs ?? event.atMs;
    return [
      { id: "id", header: t("execution.column.id"), width: "56px", end: true, cell: (event) => event.id },
      {
        id: "type",
        header: t("execution.column.type"),
        width: "minmax(170px, 1.2fr)",
        cell: (event) => <span style={BAD.test(event.type) ? { color: "var(--sw-failed)" } : undefined}>{event.type}</span>,
      },
      {
        id: "step",
        header: t("execution.column.step"),
        width: "minmax(120px, 1fr)",
        cell: (event) => (
          <span title={event.state ?? ""}>
            {event.state ?? "–"}
            {event.path.length > 0 && <span className="sw-muted"> #{event.path.at(-1)?.[1]}</span>}
          </span>
        ),
      },
      { id: "since", header: t("execution.column.after"), width: "84px", end: true, cell: (event) => duration(event.atMs - start()) },
      { id: "gap", header: t("execution.column.gap"), width: "76px", end: true, cell: (event) => `+${duration(event.atMs - before(event))}` },
    ];
  }, [t, events]);
}
