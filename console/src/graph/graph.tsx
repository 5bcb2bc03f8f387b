/** The graph of a definition: as a picture or as an outline, coloured by an execution, to look at or to edit. */
import "@xyflow/react/dist/base.css";
import "./graph.css";

import { ReactFlowProvider } from "@xyflow/react";
import { lazy, Suspense, useCallback, useEffect, useId, useImperativeHandle, useMemo, useRef, useState, type ReactNode, type Ref } from "react";
import { useTranslation } from "react-i18next";

import { readGraph, START_ID, walk, type Graph as Read } from "./asl";
import { arranged, type Arrangement } from "./arrangement";
import { Canvas, type Dragged } from "./canvas";
import { Controls } from "./controls";
import type { Editing } from "./editing";
import type { Placed } from "./elk";
import { LatestLayout } from "./layout";
import { MiniMap } from "./mini-map";
import type { CanvasHandle } from "./moves";
import { around, nextWith } from "./navigation";
import type { StatusSource } from "./status";
import { NO_STATUSES, SurroundingsContext, type NodeMark, type Surroundings } from "./surroundings";

/** Definitions with more states than this begin with their containers folded. */
export const OPEN_STATES_MAX = 150;

export interface GraphHandle extends CanvasHandle {
  /** What is drawn now; undefined before the first layout. */
  drawn(): { graph: Read; placed: Placed } | undefined;
}

export interface GraphProps {
  /** The text of a definition, as it stands. While it is no JSON, the last picture stays, greyed. */
  definition: string;
  /** How its states stand; without it, the definition is shown alone. */
  statuses?: StatusSource;
  /** The id of the selected state or edge: its JSON pointer. */
  selected?: string | undefined;
  onSelect?: (id: string | undefined) => void;
  /** The ids of the folded containers; without it, the graph keeps them itself. */
  folded?: ReadonlySet<string>;
  onFoldedChange?: (folded: ReadonlySet<string>) => void;
  /** Remarks on states, by id. */
  marks?: ReadonlyMap<string, NodeMark>;
  /** What was moved by hand. */
  arrangement?: Arrangement;
  /** What an editor wants to hear; without it, the graph is only to look at. */
  editing?: Editing;
  view?: "picture" | "outline";
  ref?: Ref<GraphHandle>;
}

const Outline = lazy(async () => ({ default: (await import("./outline")).Outline }));
const NOTHING = () => undefined;
const NO_MARKS: ReadonlyMap<string, NodeMark> = new Map();
const NOTHING_MOVED: Arrangement = new Map();

export function Graph(props: GraphProps): ReactNode {
  const { definition, statuses = NO_STATUSES, selected, onSelect = NOTHING, marks = NO_MARKS, editing, view = "picture", arrangement = NOTHING_MOVED } = props;
  const { t } = useTranslation();
  const { graph, isStale } = useLastGood(definition);
  const [folded, setFolded] = useFolded(graph, props);
  const [dragged, setDragged] = useState<Dragged>();
  const drawn = useArranged(useLayout(graph, folded), arrangement, dragged);
  const canvas = useRef<CanvasHandle>(null);
  useRevealed(graph, selected, folded, setFolded);
  useImperativeHandle(props.ref, () => handleOf(canvas, () => drawn), [drawn]);
  const surroundings = useSurroundingsOf(drawn?.graph ?? graph, props, statuses, marks, folded, setFolded);
  const focusIds = useMemo(() => {
    const of = (...wanted: Parameters<typeof nextWith>[2]) => nextWith(graph, statuses, wanted)?.id;
    return [selected, of("failed", "timedOut"), of("running", "waiting"), START_ID];
  }, [graph, statuses, selected]);
  return (
    <div className="sw-graph" data-testid="graph" data-stale={isStale ? "true" : undefined} data-nodes={[...walk(graph.flow)].length}>
      <SurroundingsContext value={surroundings}>
        {view === "outline" && (
          <Suspense>
            <Outline graph={graph} folded={folded} selected={selected} onSelect={onSelect} />
          </Suspense>
        )}
        {view === "picture" && drawn && (
          <ReactFlowProvider>
            <Canvas {...drawn} selected={selected} onSelect={onSelect} focusIds={focusIds} editing={editing} onDrag={setDragged} handle={canvas} />
            <Controls canvas={canvas} />
            <MiniMap placed={drawn.placed} canvas={canvas} />
          </ReactFlowProvider>
        )}
      </SurroundingsContext>
      {isStale && <p className="sw-notice">{t("graph.stale")}</p>}
      {!isStale && drawn?.placed.plain && <p className="sw-notice">{t("graph.plain")}</p>}
    </div>
  );
}

/** The graph of the text, or that of the last text that was JSON. */
function useLastGood(definition: string): { graph: Read; isStale: boolean } {
  const read = useMemo(() => readGraph(definition), [definition]);
  const good = useRef(read);
  if (!read.fault) good.current = read;
  return { graph: read.fault ? good.current : read, isStale: read.fault !== undefined };
}

function useFolded(graph: Read, { folded, onFoldedChange }: GraphProps): [ReadonlySet<string>, (folded: ReadonlySet<string>) => void] {
  const [own, setOwn] = useState(() => foldedAtFirst(graph));
  const set = useCallback(
    (next: ReadonlySet<string>) => {
      setOwn(next);
      onFoldedChange?.(next);
    },
    [onFoldedChange],
  );
  return [folded ?? own, set];
}

/** Every container of a large definition, and none of a small one. */
export function foldedAtFirst(graph: Read): ReadonlySet<string> {
  const nodes = [...walk(graph.flow)];
  if (nodes.length <= OPEN_STATES_MAX) return new Set();
  return new Set(nodes.filter((node) => node.lanes.length > 0).map((node) => node.id));
}

/** The latest layout, with the graph that it is of. */
function useLayout(graph: Read, folded: ReadonlySet<string>): { graph: Read; placed: Placed } | undefined {
  const [drawn, setDrawn] = useState<{ graph: Read; placed: Placed }>();
  const asked = useRef(graph);
  const layout = useRef<LatestLayout>(null);
  useEffect(() => {
    const latest = new LatestLayout((placed) => setDrawn({ graph: asked.current, placed }));
    layout.current = latest;
    return () => latest.stop();
  }, []);
  useEffect(() => {
    asked.current = graph;
    layout.current?.ask(graph, folded);
  }, [graph, folded]);
  return drawn;
}

/** With what was moved by hand, and what is being dragged, in its place. */
function useArranged(drawn: ReturnType<typeof useLayout>, arrangement: Arrangement, dragged: Dragged | undefined): ReturnType<typeof useLayout> {
  return useMemo(() => {
    const moved = dragged ? new Map(arrangement).set(dragged.id, dragged.at) : arrangement;
    return drawn && { graph: drawn.graph, placed: arranged(drawn.graph, drawn.placed, moved) };
  }, [drawn, arrangement, dragged]);
}

/** A state that is selected is shown: the containers around it unfold. */
function useRevealed(graph: Read, selected: string | undefined, folded: ReadonlySet<string>, setFolded: (folded: ReadonlySet<string>) => void): void {
  const shown = useRef<string>(undefined);
  useEffect(() => {
    if (selected === undefined || selected === shown.current) return;
    shown.current = selected;
    const closed = around(graph, selected).filter((id) => folded.has(id));
    if (closed.length > 0) setFolded(new Set([...folded].filter((id) => !closed.includes(id))));
  }, [graph, selected, folded, setFolded]);
}

function useSurroundingsOf(
  graph: Read,
  { editing, statuses: given }: GraphProps,
  statuses: StatusSource,
  marks: ReadonlyMap<string, NodeMark>,
  folded: ReadonlySet<string>,
  setFolded: (folded: ReadonlySet<string>) => void,
): Surroundings {
  const prefix = `sw-node-${useId()}-`;
  const onInsert = editing?.onInsert;
  const isLive = given !== undefined;
  const now = useRef(folded);
  now.current = folded;
  const onFold = useCallback(
    (id: string) => {
      const next = new Set(now.current);
      if (!next.delete(id)) next.add(id);
      setFolded(next);
    },
    [setFolded],
  );
  return useMemo(() => {
    const names = new Map([...walk(graph.flow)].map((node) => [node.id, node]));
    const around = { statuses, names, marks, isLive, prefix, onFold };
    return onInsert ? { ...around, onInsert } : around;
  }, [graph, statuses, marks, isLive, prefix, onFold, onInsert]);
}

function handleOf(canvas: { readonly current: CanvasHandle | null }, drawn: GraphHandle["drawn"]): GraphHandle {
  return {
    drawn,
    fit: () => canvas.current?.fit(),
    zoomTo: (zoom) => canvas.current?.zoomTo(zoom),
    zoomBy: (factor) => canvas.current?.zoomBy(factor),
    reveal: (id) => canvas.current?.reveal(id),
    centreOn: (at) => canvas.current?.centreOn(at),
    focus: () => canvas.current?.focus(),
  };
}
