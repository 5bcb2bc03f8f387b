/** The picture that can be moved: nodes and edges on React Flow, the keyboard, and while editing what can be dropped and drawn. */
import { ReactFlow, useStore, type Connection, type NodeMouseHandler } from "@xyflow/react";
import { useCallback, useEffect, useImperativeHandle, useRef, useState, type DragEvent, type ReactNode, type Ref } from "react";
import { useTranslation } from "react-i18next";

import { originOf } from "./arrangement";
import type { Graph } from "./asl";
import { dropPlace, type DropPlace } from "./drop";
import { EdgeView, type CanvasEdge } from "./edge-view";
import type { Editing } from "./editing";
import type { Placed, Point } from "./elk";
import { useEdges, useNodes } from "./items";
import { useGraphKeys } from "./keys";
import { useView, type CanvasHandle, type ViewControls } from "./moves";
import { ContainerView, domId, MarkView, StateView, type CanvasNode } from "./node-view";
import { useSurroundings } from "./surroundings";
import { LABEL_ZOOM_MIN, ZOOM_MAX, ZOOM_MIN } from "./view";

export interface Dragged {
  id: string;
  at: Point;
}

export interface CanvasProps {
  graph: Graph;
  placed: Placed;
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  /** What the opening view should show, the most wanted first. */
  focusIds: readonly (string | undefined)[];
  editing: Editing | undefined;
  /** A node is being dragged, or no longer; `at` as in `onMove`. */
  onDrag: (dragged: Dragged | undefined) => void;
  handle: Ref<CanvasHandle>;
}

const NODE_TYPES = { state: StateView, container: ContainerView, mark: MarkView };
const EDGE_TYPES = { route: EdgeView };
/** The canvas is one tab stop with keys of its own, so React Flow's are off; selecting is the page's. */
const SETTINGS = {
  minZoom: ZOOM_MIN,
  maxZoom: ZOOM_MAX,
  onlyRenderVisibleElements: true,
  nodeDragThreshold: 4,
  nodesFocusable: false,
  edgesFocusable: false,
  elementsSelectable: false,
  elevateNodesOnSelect: false,
  elevateEdgesOnSelect: false,
  zoomOnDoubleClick: false,
  disableKeyboardA11y: true,
  deleteKeyCode: null,
  selectionKeyCode: null,
  multiSelectionKeyCode: null,
  panActivationKeyCode: null,
  zoomActivationKeyCode: null,
} as const;

export function Canvas({ graph, placed, selected, onSelect, focusIds, editing, onDrag, handle }: CanvasProps): ReactNode {
  const { t } = useTranslation();
  const { prefix, onFold, statuses } = useSurroundings();
  const [active, setActive] = useState<string>();
  const pointer = useRef({ x: 0, y: 0 });
  const view = useView(placed, focusIds);
  const root = useRef<HTMLDivElement>(null);
  useImperativeHandle(handle, () => ({ ...view, focus: () => root.current?.focus() }), [view]);

  const dropping = useDropping(graph, placed, view, editing);
  const nodes = useNodes(placed, active, selected, editing !== undefined);
  const edges = useEdges(placed, dropping.target, selected);
  const isFar = useStore((state) => state.transform[2] < LABEL_ZOOM_MIN);

  const go = useCallback(
    (id: string) => {
      setActive(id);
      view.reveal(id);
      if (editing) onSelect(id);
    },
    [view, editing, onSelect],
  );
  const isDragging = useRef(false);
  useEffect(() => {
    if (selected === undefined || isDragging.current || !placed.boxes.has(selected)) return;
    setActive(selected);
    view.reveal(selected);
  }, [selected, placed, view]);
  const onKeyDown = useGraphKeys({ graph, placed, active: active ?? selected, statuses, go, onSelect, onFold, view, selected, editing });

  const onConnect = ({ source, target: end }: Connection) => editing?.onConnect(source, end, pointer.current);
  const onNodeClick: NodeMouseHandler<CanvasNode> = (_, { id, data }) => {
    setActive(id);
    if (data.box.node.mark !== "start" && data.box.node.mark !== "end") onSelect(id);
  };

  const whereTo = ({ data: { box }, position }: CanvasNode): Dragged => {
    const from = originOf(placed, box.node);
    return { id: box.node.id, at: { x: position.x - from.x, y: position.y - from.y } };
  };
  const onNodeDrag = (_: unknown, node: CanvasNode) => {
    isDragging.current = true;
    onDrag(whereTo(node));
  };
  const onNodeDragStop = (_: unknown, node: CanvasNode) => {
    const { id, at } = whereTo(node);
    editing?.onMove(id, at);
    onDrag(undefined);
    isDragging.current = false;
  };

  return (
    <ReactFlow<CanvasNode, CanvasEdge>
      ref={root}
      className={`sw-canvas${isFar ? " sw-far" : ""}${editing ? " sw-editing" : ""}`}
      data-testid="graph-canvas"
      data-layout={placed.plain ? "list" : "layered"}
      data-drop={dropping.target?.kind}
      tabIndex={0}
      aria-label={t("graph.canvas")}
      aria-roledescription={t("graph.roledescription")}
      aria-description={t("graph.keys")}
      aria-activedescendant={active !== undefined && placed.boxes.has(active) ? domId(prefix, active) : undefined}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodeClick={onNodeClick}
      onEdgeClick={editing && ((_, edge) => onSelect(edge.id))}
      onPaneClick={() => onSelect(undefined)}
      onKeyDown={onKeyDown}
      onMoveStart={(event) => event && view.interrupt()}
      {...dropping.handlers}
      onPointerUpCapture={(event) => (pointer.current = { x: event.clientX, y: event.clientY })}
      nodesDraggable={editing !== undefined}
      onNodeDrag={onNodeDrag}
      onNodeDragStop={onNodeDragStop}
      onConnect={onConnect}
      isValidConnection={({ source, target: end }) => mayConnect(placed, source, end)}
      nodesConnectable={editing !== undefined}
      {...SETTINGS}
    />
  );
}

/** Where something that is dragged would land, and what is told when it does. */
function useDropping(graph: Graph, placed: Placed, view: ViewControls, editing: Editing | undefined) {
  const [target, setTarget] = useState<DropPlace>();
  const place = (event: DragEvent) => dropPlace(graph, placed, view.toCanvas({ x: event.clientX, y: event.clientY }));
  const isMine = (event: DragEvent) => editing?.accepts(event.dataTransfer.types) === true;
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!isMine(event)) return;
      event.preventDefault();
      setTarget(place(event));
    },
    onDragLeave: () => setTarget(undefined),
    onDrop: (event: DragEvent) => {
      setTarget(undefined);
      if (!isMine(event)) return;
      event.preventDefault();
      editing?.onDrop(place(event), event.dataTransfer);
    },
  };
  return { target, handlers };
}

/** States of one flow may lead to each other, and to the end. */
function mayConnect(placed: Placed, source: string, target: string): boolean {
  const [from, to] = [placed.boxes.get(source)?.node, placed.boxes.get(target)?.node];
  if (!from || !to || to.mark === "start" || from.mark === "end" || from.mark === "missing") return false;
  const flowOf = (id: string) => id.slice(0, id.lastIndexOf("/States/"));
  if (to.mark === "end" || from.mark === "start") return from.parent === to.parent;
  return from.parent === to.parent && flowOf(source) === flowOf(target.replace(/^missing:/, ""));
}
