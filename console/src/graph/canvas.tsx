/** The picture that can be moved: nodes and edges on React Flow, the keyboard, and while editing what can be dropped and drawn. */
import { ReactFlow, useStore, useStoreApi, type Connection, type NodeMouseHandler } from "@xyflow/react";
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type DragEvent, type ReactNode, type Ref } from "react";
import { useTranslation } from "react-i18next";

import type { Graph, GraphEdge } from "./asl";
import { dropPlace, type DropPlace } from "./drop";
import { EdgeView, type CanvasEdge } from "./edge-view";
import type { Placed } from "./elk";
import { useGraphKeys } from "./keys";
import { ContainerView, domId, MarkView, StateView, type CanvasNode } from "./node-view";
import { useSurroundings } from "./surroundings";
import { fittingView, focusOf, LABEL_ZOOM_MIN, openingView, viewShowing, ZOOM_MAX, ZOOM_MIN, zoomed, type Extent, type View } from "./view";

/** What an editor is told. All of it is by ids, which are JSON pointers into the definition. */
export interface Editing {
  /** The "+" of an edge was pressed; `at` is in the page. */
  onInsert: (edge: GraphEdge, at: { x: number; y: number }) => void;
  /** Whether what is being dragged may be dropped here, by the types of its data. */
  accepts: (types: readonly string[]) => boolean;
  onDrop: (place: DropPlace, data: DataTransfer) => void;
  /** A way was drawn from one state to another; `at` is in the page, for a menu. */
  onConnect: (source: string, target: string, at: { x: number; y: number }) => void;
  /** Delete was pressed on a state, or on an edge. */
  onDelete: (what: { kind: "state" | "edge"; id: string }) => void;
}

/** What can be asked of a canvas. */
export interface CanvasHandle {
  fit(): void;
  zoomTo(zoom: number): void;
  zoomBy(factor: number): void;
  /** Bring a node into sight. */
  reveal(id: string): void;
  focus(): void;
}

export interface CanvasProps {
  graph: Graph;
  placed: Placed;
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  /** What the opening view should show, the most wanted first. */
  focusIds: readonly (string | undefined)[];
  editing: Editing | undefined;
  handle: Ref<CanvasHandle>;
}

const NODE_TYPES = { state: StateView, container: ContainerView, mark: MarkView };
const EDGE_TYPES = { route: EdgeView };
const GLIDE_MS = 180;

export function Canvas({ graph, placed, selected, onSelect, focusIds, editing, handle }: CanvasProps): ReactNode {
  const { t } = useTranslation();
  const { prefix, onFold, statuses } = useSurroundings();
  const [active, setActive] = useState<string>();
  const [target, setTarget] = useState<DropPlace>();
  const pointer = useRef({ x: 0, y: 0 });
  const view = useView(placed, focusIds);
  const root = useRef<HTMLDivElement>(null);
  useImperativeHandle(handle, () => ({ ...view, focus: () => root.current?.focus() }), [view]);

  const nodes = useNodes(placed, active, selected, editing !== undefined);
  const edges = useEdges(placed, target, selected);
  const isFar = useStore((state) => state.transform[2] < LABEL_ZOOM_MIN);

  const go = useCallback(
    (id: string) => {
      setActive(id);
      view.reveal(id);
      if (editing) onSelect(id);
    },
    [view, editing, onSelect],
  );
  useEffect(() => {
    if (selected === undefined || !placed.boxes.has(selected)) return;
    setActive(selected);
    view.reveal(selected);
  }, [selected, placed, view]);
  const onKeyDown = useGraphKeys({ graph, placed, active: active ?? selected, statuses, go, onSelect, onFold, view, selected, editing });

  const place = (event: DragEvent) => dropPlace(graph, placed, view.toCanvas({ x: event.clientX, y: event.clientY }));
  const onDragOver = (event: DragEvent) => {
    if (!editing?.accepts(event.dataTransfer.types)) return;
    event.preventDefault();
    setTarget(place(event));
  };
  const onDrop = (event: DragEvent) => {
    setTarget(undefined);
    if (!editing?.accepts(event.dataTransfer.types)) return;
    event.preventDefault();
    editing.onDrop(place(event), event.dataTransfer);
  };
  const onConnect = ({ source, target: end }: Connection) => editing?.onConnect(source, end, pointer.current);
  const onNodeClick: NodeMouseHandler<CanvasNode> = (_, { id, data }) => {
    setActive(id);
    if (data.box.node.mark !== "start" && data.box.node.mark !== "end") onSelect(id);
  };

  return (
    <ReactFlow<CanvasNode, CanvasEdge>
      ref={root}
      className={`sw-canvas${isFar ? " sw-far" : ""}${editing ? " sw-editing" : ""}`}
      data-testid="graph-canvas"
      data-layout={placed.plain ? "list" : "layered"}
      data-drop={target?.kind}
      tabIndex={0}
      aria-label={t("graph.canvas")}
      aria-roledescription={t("graph.roledescription")}
      aria-activedescendant={active !== undefined && placed.boxes.has(active) ? domId(prefix, active) : undefined}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodeClick={onNodeClick}
      onEdgeClick={editing && ((_, edge) => onSelect(edge.id))}
      onPaneClick={() => onSelect(undefined)}
      onKeyDown={onKeyDown}
      onDragOver={onDragOver}
      onDragLeave={() => setTarget(undefined)}
      onDrop={onDrop}
      onPointerUpCapture={(event) => (pointer.current = { x: event.clientX, y: event.clientY })}
      onConnect={onConnect}
      isValidConnection={({ source, target: end }) => mayConnect(placed, source, end)}
      minZoom={ZOOM_MIN}
      maxZoom={ZOOM_MAX}
      onlyRenderVisibleElements
      nodesDraggable={false}
      nodesConnectable={editing !== undefined}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      elevateNodesOnSelect={false}
      elevateEdgesOnSelect={false}
      zoomOnDoubleClick={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode={null}
      multiSelectionKeyCode={null}
      panActivationKeyCode={null}
      zoomActivationKeyCode={null}
    />
  );
}

/** States of one flow may lead to each other, and to the end. */
function mayConnect(placed: Placed, source: string, target: string): boolean {
  const [from, to] = [placed.boxes.get(source)?.node, placed.boxes.get(target)?.node];
  if (!from || !to || to.mark === "start" || from.mark === "end" || from.mark === "missing") return false;
  const flowOf = (id: string) => id.slice(0, id.lastIndexOf("/States/"));
  if (to.mark === "end" || from.mark === "start") return from.parent === to.parent;
  return from.parent === to.parent && flowOf(source) === flowOf(target.replace(/^missing:/, ""));
}

function useNodes(placed: Placed, active: string | undefined, selected: string | undefined, isOpenToLinks: boolean): CanvasNode[] {
  const plain = useMemo(() => [...placed.boxes.values()].map((box) => toNode(box, isOpenToLinks)), [placed, isOpenToLinks]);
  return useMemo(
    () =>
      plain.map((node) => {
        const [isActive, isPicked] = [node.id === active, node.id === selected];
        return isActive || isPicked ? { ...node, data: { ...node.data, isActive, isPicked } } : node;
      }),
    [plain, active, selected],
  );
}

function toNode(box: Placed["boxes"] extends Map<string, infer B> ? B : never, isOpenToLinks: boolean): CanvasNode {
  const { node, x, y, width, height, depth, folded } = box;
  const isMark = node.mark === "start" || node.mark === "end";
  const type = isMark ? "mark" : node.lanes.length > 0 && !folded ? "container" : "state";
  const size = { width, height };
  return {
    id: node.id,
    type,
    position: { x, y },
    ...size,
    measured: size,
    handles: [
      { type: "target", position: "top" as never, x: width / 2, y: 0, width: 1, height: 1 },
      { type: "source", position: "bottom" as never, x: width / 2, y: height, width: 1, height: 1 },
    ],
    data: { box, isActive: false, isPicked: false, isOpenToLinks },
    zIndex: depth * 10,
    focusable: false,
  };
}

function useEdges(placed: Placed, target: DropPlace | undefined, selected: string | undefined): CanvasEdge[] {
  const plain = useMemo(
    () =>
      [...placed.routes.values()].map((route): CanvasEdge => {
        const { id, source, target: end } = route.edge;
        const data = { route, isTarget: false, isPicked: false };
        return { id, source, target: end, type: "route", data, zIndex: route.depth * 10 + 1, focusable: false };
      }),
    [placed],
  );
  const over = target?.kind === "edge" ? target.edge.id : undefined;
  return useMemo(
    () =>
      plain.map((edge) => {
        if (!edge.data || (edge.id !== over && edge.id !== selected)) return edge;
        return { ...edge, data: { ...edge.data, isTarget: edge.id === over, isPicked: edge.id === selected } };
      }),
    [plain, over, selected],
  );
}

interface ViewControls extends Omit<CanvasHandle, "focus"> {
  toCanvas(at: { x: number; y: number }): { x: number; y: number };
}

/** The view and its moves. A picture of other states opens where it matters most; one of the same stays where the eye is. */
function useView(placed: Placed, focusIds: readonly (string | undefined)[]): ViewControls {
  const store = useStoreApi();
  const isReady = useStore((state) => state.panZoom !== null && state.width > 0 && state.height > 0);
  const latest = useRef(placed);
  latest.current = placed;
  const before = useRef<Placed>(undefined);
  useLayoutEffect(() => {
    if (!isReady) return;
    const isKnown = before.current !== undefined && haveStatesInCommon(before.current, placed);
    before.current = placed;
    if (isKnown) return;
    const { panZoom, width, height } = store.getState();
    void panZoom?.setViewport(openingView(placed, { width, height }, focusOf(placed, focusIds)));
  }, [isReady, placed, focusIds, store]);
  return useMemo(() => {
    const pane = (): Extent => ({ width: store.getState().width, height: store.getState().height });
    const now = (): View => {
      const [x, y, zoom] = store.getState().transform;
      return { x, y, zoom };
    };
    const move = (view: View) => {
      const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : GLIDE_MS;
      void store.getState().panZoom?.setViewport(view, { duration });
    };
    return {
      fit: () => move(fittingView(latest.current, pane())),
      zoomTo: (zoom) => move(zoomed(now(), pane(), zoom)),
      zoomBy: (factor) => move(zoomed(now(), pane(), now().zoom * factor)),
      reveal: (id) => {
        const box = latest.current.boxes.get(id);
        if (!box || pane().width === 0) return;
        const view = viewShowing(box, pane(), now());
        if (view.x !== now().x || view.y !== now().y || view.zoom !== now().zoom) move(view);
      },
      toCanvas: ({ x, y }) => {
        const frame = store.getState().domNode?.getBoundingClientRect();
        const view = now();
        return { x: (x - (frame?.left ?? 0) - view.x) / view.zoom, y: (y - (frame?.top ?? 0) - view.y) / view.zoom };
      },
    };
  }, [store]);
}

function haveStatesInCommon(one: Placed, other: Placed): boolean {
  return [...one.boxes].some(([id, { node }]) => node.mark === undefined && other.boxes.has(id));
}
