import { useMemo, useRef, useState, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import { paceOf, useNow } from "@/clock/now";
import type { Model } from "@/execution/reducer";
import { momentAt, placeOf, scaleOver, type Scale } from "@/execution/scale";
import type { Visit } from "@/execution/visits";
import { Button, Checkbox } from "@/ui/cloudscape";
import { duration } from "@/ui/format";
import { VirtualGrid, type GridColumn } from "@/ui/virtual-grid";

import { StepStatus } from "./step-status";
import { endIn, statusIn, type RowsProps } from "./table-view";
import "./timeline.css";

const PLAIN = new Set(["Pass", "Wait", "Choice"]);
const TICKS = 5;

type Range = [fromMs: number, toMs: number];

/** One row a visit, with bars of what went on in it when. */
export function TimelineView({ visits, model, startMs, selected, onSelect }: RowsProps) {
  const { t } = useTranslation();
  const running = model.stoppedMs === null;
  const now = useNow(running, paceOf(Date.now() - startMs));
  const [folding, setFolding] = useState(false);
  const [hiding, setHiding] = useState(false);
  const [zoom, setZoom] = useState<Range | null>(null);
  const rows = useMemo(() => (hiding ? visits.filter((visit) => !PLAIN.has(visit.type)) : visits), [visits, hiding]);
  const endMs = running ? Math.max(now, model.atMs) : model.atMs;
  const scale = useMemo(() => {
    const [from, to] = zoom ?? [startMs, endMs];
    return scaleOver(from, to, momentsOf(visits), folding);
  }, [zoom, startMs, endMs, visits, folding]);
  const columns = useColumns(scale, startMs, model, running ? endMs : null, setZoom);
  return (
    <div className="sw-timeline">
      <div className="sw-row">
        <Checkbox checked={folding} onChange={({ detail }) => setFolding(detail.checked)}>
          {t("execution.timeline.fold")}
        </Checkbox>
        <Checkbox checked={hiding} onChange={({ detail }) => setHiding(detail.checked)}>
          {t("execution.timeline.hide")}
        </Checkbox>
        <Zoom scale={scale} whole={[startMs, endMs]} zoomed={zoom !== null} onZoom={setZoom} />
      </div>
      <VirtualGrid
        label={t("execution.view.timeline")}
        columns={columns}
        count={rows.length}
        row={(index) => rows[index]}
        rowKey={(visit) => String(visit.id)}
        selected={selected === undefined ? null : String(selected)}
        showing={selected === undefined ? undefined : rows.findIndex((visit) => visit.id === selected)}
        onOpen={onSelect}
        rowHeight={30}
        testid="timeline"
      />
    </div>
  );
}

function momentsOf(visits: readonly Visit[]): number[] {
  const moments = visits.flatMap((visit) => visit.bars.flatMap((bar) => (bar.toMs === null ? [bar.fromMs] : [bar.fromMs, bar.toMs])));
  return moments.sort((a, b) => a - b);
}

function useColumns(scale: Scale, startMs: number, model: Model, nowMs: number | null, onZoom: (range: Range) => void): GridColumn<Visit>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "state",
        header: t("execution.column.state"),
        width: "minmax(120px, 220px)",
        cell: (visit) => (
          <span style={{ paddingInlineStart: visit.depth * 14 }} title={visit.state}>
            {visit.state}
            {visit.path.length > 0 && <span className="sw-muted"> #{visit.path.at(-1)?.[1]}</span>}
          </span>
        ),
      },
      { id: "status", header: t("execution.column.status"), width: "120px", cell: (visit) => <StepStatus status={statusIn(visit, model)} /> },
      {
        id: "bars",
        header: <Axis scale={scale} startMs={startMs} onZoom={onZoom} />,
        width: "minmax(240px, 1fr)",
        cell: (visit) => <Bars visit={visit} scale={scale} model={model} nowMs={nowMs} />,
      },
    ],
    [t, scale, startMs, model, nowMs, onZoom],
  );
}

interface BarsProps {
  visit: Visit;
  scale: Scale;
  model: Model;
  nowMs: number | null;
}

function Bars({ visit, scale, model, nowMs }: BarsProps) {
  const { t } = useTranslation();
  const status = statusIn(visit, model);
  const ends = endIn(visit, model) ?? nowMs ?? model.atMs;
  return (
    <div className="sw-bars">
      {scale.pieces.map((piece) => piece.folded && <span key={piece.fromMs} className="sw-bars__fold" style={{ insetInlineStart: `${piece.from * 100}%`, width: `${(piece.to - piece.from) * 100}%` }} />)}
      {visit.bars.map((bar, index) => {
        const to = Math.min(bar.toMs ?? ends, Math.max(ends, bar.fromMs));
        const left = placeOf(scale, bar.fromMs);
        const width = placeOf(scale, to) - left;
        if (to < scale.fromMs || bar.fromMs > scale.toMs) return null;
        const tried = visit.bars[index + 1]?.phase === "retry";
        return (
          <span
            key={index}
            className="sw-bars__bar"
            data-phase={bar.phase}
            data-status={tried ? "failed" : status}
            style={{ insetInlineStart: `min(${left * 100}%, 100% - 3px)`, width: `max(3px, ${width * 100}%)` }}
            title={`${t(`execution.timeline.phase.${bar.phase}`)} · ${duration(to - bar.fromMs)}`}
          />
        );
      })}
      {nowMs !== null && nowMs <= scale.toMs && <span className="sw-bars__now" style={{ insetInlineStart: `${placeOf(scale, nowMs) * 100}%` }} />}
    </div>
  );
}

/** The line of times; drag over it to look closer. The buttons above do the same without a pointer. */
function Axis({ scale, startMs, onZoom }: { scale: Scale; startMs: number; onZoom: (range: Range) => void }) {
  const line = useRef<HTMLDivElement>(null);
  const [brush, setBrush] = useState<[number, number] | null>(null);
  const placeIn = (event: PointerEvent) => {
    const box = line.current?.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0;
  };
  const finish = () => {
    const [from, to] = (brush ?? [0, 0]).toSorted((a, b) => a - b) as [number, number];
    if (to - from > 0.01) onZoom([momentAt(scale, from), momentAt(scale, to)]);
    setBrush(null);
  };
  return (
    <div
      ref={line}
      className="sw-axis"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setBrush([placeIn(event), placeIn(event)]);
      }}
      onPointerMove={(event) => brush && setBrush([brush[0], placeIn(event)])}
      onPointerUp={finish}
    >
      {ticksOf(scale, startMs).map(([place, text]) => (
        <span key={place} className="sw-axis__tick sw-number" style={{ insetInlineStart: `${place * 100}%` }}>
          {text}
        </span>
      ))}
      {brush && <span className="sw-axis__brush" style={{ insetInlineStart: `${Math.min(...brush) * 100}%`, width: `${Math.abs(brush[1] - brush[0]) * 100}%` }} />}
    </div>
  );
}

/** Where ticks are and what they say; of those that say the same, the first. */
function ticksOf(scale: Scale, startMs: number): [number, string][] {
  const places = Array.from({ length: TICKS }, (_, tick) => tick / TICKS);
  const ticks = places.map((place): [number, string] => [place, duration(momentAt(scale, place) - startMs)]);
  return ticks.filter(([, text], index) => text !== ticks[index - 1]?.[1]);
}

interface ZoomProps {
  scale: Scale;
  whole: Range;
  zoomed: boolean;
  onZoom: (range: Range | null) => void;
}

function Zoom({ scale, whole, zoomed, onZoom }: ZoomProps) {
  const { t } = useTranslation();
  const span = scale.toMs - scale.fromMs;
  const shift = (by: number) => {
    const from = Math.min(Math.max(whole[0], scale.fromMs + by * span), whole[1] - span);
    onZoom([from, from + span]);
  };
  return (
    <span className="sw-row">
      <Button iconName="zoom-in" variant="icon" ariaLabel={t("execution.timeline.in")} onClick={() => onZoom([scale.fromMs + span / 4, scale.toMs - span / 4])} />
      <Button iconName="angle-left" variant="icon" ariaLabel={t("execution.timeline.earlier")} disabled={!zoomed} onClick={() => shift(-0.5)} />
      <Button iconName="angle-right" variant="icon" ariaLabel={t("execution.timeline.later")} disabled={!zoomed} onClick={() => shift(0.5)} />
      <Button iconName="zoom-to-fit" variant="icon" ariaLabel={t("execution.timeline.whole")} disabled={!zoomed} onClick={() => onZoom(null)} />
    </span>
  );
}
