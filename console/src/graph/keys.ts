/** The keyboard of the canvas. It is one tab stop; what it does to the definition is the editor's. */
import { useCallback, type KeyboardEvent } from "react";

import { originOf } from "./arrangement";
import type { Graph } from "./asl";
import type { Editing } from "./editing";
import type { Placed } from "./elk";
import type { CanvasHandle } from "./moves";
import { neighbour, nextWith, type Direction } from "./navigation";
import type { StatusSource } from "./status";

const ARROWS: Record<string, Direction> = { ArrowDown: "down", ArrowUp: "up", ArrowLeft: "left", ArrowRight: "right" };
const ZOOM_STEP = 1.2;
const MOVES: Record<string, [number, number]> = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const MOVE_STEP = 16;

interface Around {
  graph: Graph;
  placed: Placed;
  active: string | undefined;
  selected: string | undefined;
  statuses: StatusSource;
  go: (id: string) => void;
  onSelect: (id: string | undefined) => void;
  onFold: (id: string) => void;
  view: Omit<CanvasHandle, "focus">;
  editing: Editing | undefined;
}

/** Whether a key was for the canvas; then nobody else should have it. */
type Act = (around: Around) => boolean;

const did = (act: (around: Around) => void): Act => (around) => {
  act(around);
  return true;
};

const KEYS: Record<string, Act> = {
  Enter: ({ active, onSelect }) => {
    if (active !== undefined) onSelect(active);
    return active !== undefined;
  },
  " ": ({ active, placed, onFold }) => {
    const folds = active !== undefined && (placed.boxes.get(active)?.node.lanes.length ?? 0) > 0;
    if (folds) onFold(active);
    return true;
  },
  "+": did(({ view }) => view.zoomBy(ZOOM_STEP)),
  "=": did(({ view }) => view.zoomBy(ZOOM_STEP)),
  "-": did(({ view }) => view.zoomBy(1 / ZOOM_STEP)),
  "0": did(({ view }) => view.fit()),
  "1": did(({ view }) => view.zoomTo(1)),
  f: (around) => goToNext(around, ["failed", "timedOut"]),
  r: (around) => goToNext(around, ["running", "waiting"]),
  Delete: deletePicked,
  Backspace: deletePicked,
};

function goToNext({ graph, statuses, active, go }: Around, wanted: Parameters<typeof nextWith>[2]): boolean {
  const found = nextWith(graph, statuses, wanted, active);
  if (found) go(found.id);
  return found !== undefined;
}

function deletePicked({ editing, selected, placed }: Around): boolean {
  if (!editing || selected === undefined) return false;
  const isEdge = placed.routes.has(selected);
  if (!isEdge && placed.boxes.get(selected)?.node.mark !== undefined) return false;
  editing.onDelete({ kind: isEdge ? "edge" : "state", id: selected });
  return true;
}

function walkTo(around: Around, direction: Direction): boolean {
  const { graph, placed, active, go } = around;
  const id = active === undefined || !placed.boxes.has(active) ? graph.flow.start : neighbour(graph, placed, active, direction);
  if (id !== undefined && placed.boxes.has(id)) go(id);
  return true;
}

/** With Alt, an arrow moves the node itself. */
function moveBy(key: string, { editing, placed, active }: Around): boolean {
  const [box, way] = [placed.boxes.get(active ?? ""), MOVES[key]];
  if (!editing || !box || !way) return false;
  const from = originOf(placed, box.node);
  editing.onMove(box.node.id, { x: box.x - from.x + way[0] * MOVE_STEP, y: box.y - from.y + way[1] * MOVE_STEP });
  return true;
}

export function useGraphKeys(around: Around): (event: KeyboardEvent) => void {
  return useCallback(
    (event) => {
      if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey) return;
      if (event.altKey && !moveBy(event.key, around)) return;
      const direction = ARROWS[event.key];
      const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      const isMine = event.altKey || (direction ? walkTo(around, direction) : (act?.(around) ?? false));
      if (!isMine) return;
      event.preventDefault();
      event.stopPropagation();
    },
    [around],
  );
}
