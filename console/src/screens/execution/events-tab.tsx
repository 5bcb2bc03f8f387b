import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { executionPath, read } from "@/api/reads";
import type { HistoryEvent } from "@/execution/reducer";
import { duration } from "@/ui/format";
import { JsonView } from "@/ui/json-view";
import { Pane } from "@/ui/pane";
import { VirtualGrid, type GridColumn } from "@/ui/virtual-grid";

import type { StepProps } from "./step";

interface EventsTabProps extends StepProps {
  selected: number | undefined;
  onSelect: (event: number) => void;
}

/** The events of one visit, and the payload of the one that is chosen. */
export function EventsTab({ execution, model, visit, selected, onSelect }: EventsTabProps) {
  const { t } = useTranslation();
  const { events } = execution.following.recording;
  const own = useMemo(() => (visit ? events.filter((event) => event.visit === visit.id && event.id <= model.last) : []), [events, visit, model.last]);
  const first = own[0]?.atMs ?? 0;
  const columns: GridColumn<HistoryEvent>[] = [
    { id: "id", header: t("execution.column.id"), width: "56px", end: true, cell: (event) => event.id },
    { id: "type", header: t("execution.column.type"), width: "minmax(160px, 1fr)", cell: (event) => event.type },
    { id: "after", header: t("execution.column.afterEntry"), width: "100px", end: true, cell: (event) => duration(event.atMs - first) },
  ];
  const chosen = own.find((event) => event.id === selected) ?? own.at(-1);
  return (
    <div className="sw-step__events">
      <VirtualGrid
        label={t("execution.tab.events")}
        columns={columns}
        count={own.length}
        row={(index) => own[index]}
        rowKey={(event) => String(event.id)}
        selected={String(chosen?.id)}
        onOpen={(event) => onSelect(event.id)}
        rowHeight={30}
        height={Math.min(220, 38 + own.length * 30)}
      />
      {chosen && <Details arn={execution.arn} event={chosen} />}
    </div>
  );
}

/** An event as it is, whole. */
function Details({ arn, event }: { arn: string; event: HistoryEvent }) {
  const { t } = useTranslation();
  const whole = useQuery({
    queryKey: ["execution", arn, "event", event.id],
    queryFn: async ({ signal }) => (event.cut.length ? (await read<{ event: HistoryEvent }>(`${executionPath(arn)}/events/${event.id}`, {}, signal)).event : event),
    staleTime: Infinity,
  });
  return (
    <Pane query={whole}>
      {({ details, previous, type }) => (
        <JsonView
          text={JSON.stringify({ id: event.id, type, previousEventId: previous, timestamp: new Date(event.atMs).toISOString(), ...unpacked(details) })}
          label={t("execution.oneEvent", { id: event.id })}
          file={`event-${event.id}.json`}
          testid="event-details"
        />
      )}
    </Pane>
  );
}

/** Details with the JSON texts in them as JSON. */
function unpacked(details: HistoryEvent["details"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, typeof value === "string" && /^[[{]/.test(value) ? parsed(value) : value]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

EventsTab.Details = Details;
