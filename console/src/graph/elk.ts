/**
 * From a graph to what ELK lays out, and back to places on the canvas.
 *
 * Every container is laid out by itself (`SEPARATE_CHILDREN`): edges never cross a container's wall, and elkjs 0.12 fails when
 * one pass over containers meets model order. Each flow of a container is a lane, a group without edges between groups, so that lanes
 * stand side by side in written order.
 */
import type { ElkExtendedEdge, ElkNode, LayoutOptions } from "elkjs/lib/elk-api";

import type { Flow, Graph, GraphEdge, GraphNode } from "./asl";
import { widthOf } from "./letters";

export interface Point {
  x: number;
  y: number;
}

export interface Rect extends Point {
  width: number;
  height: number;
}

/** A node in its place, from the upper left of the whole. `lanes` are the frames of its flows; a folded container has none. */
export interface Box extends Rect {
  node: GraphNode;
  depth: number;
  folded: boolean;
  lanes: Rect[];
}

/** An edge in its place: from source to target at right angles, with the place of its label. */
export interface Route {
  edge: GraphEdge;
  depth: number;
  points: Point[];
  label?: Rect;
}

/** A graph in its place, which begins at the origin unless something was moved by hand. `plain` tells that it is only a list, since no layout came in time. */
export interface Placed extends Rect {
  boxes: Map<string, Box>;
  routes: Map<string, Route>;
  plain: boolean;
}

export const NODE = { width: 216, height: 50 };
export const MARK = { width: 72, height: 28 };
export const HEADER = 44; // of a container, above its lanes
export const LABEL_FONT = 11;
const LABEL_HEIGHT = 16;
const LANE_PADDING = 18;
const CONTAINER_PADDING = 12;
const EMPTY_LANE = { width: 160, height: 64 };

/**
 * The narrowest of the four alignments, straightened, and not their mean: catchers on one side would pull the main way aside at
 * each step. Of the main ways of 71 definitions 43 bend so, 100 with the mean; it takes no longer.
 */
const STRAIGHT: LayoutOptions = {
  "elk.layered.nodePlacement.favorStraightEdges": "true",
  "elk.layered.nodePlacement.bk.edgeStraightening": "IMPROVE_STRAIGHTNESS",
  "elk.layered.nodePlacement.bk.fixedAlignment": "NONE",
};

const COMMON: LayoutOptions = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.hierarchyHandling": "SEPARATE_CHILDREN",
  "elk.separateConnectedComponents": "false",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  ...STRAIGHT,
};
/** Edges leave a wide container near its middle, not spread over its width. */
const PORT_OPTIONS: LayoutOptions = { "elk.portAlignment.default": "CENTER" };
const FLOW_OPTIONS: LayoutOptions = {
  ...COMMON,
  "elk.spacing.nodeNode": "36",
  "elk.spacing.portPort": "24",
  "elk.spacing.edgeNode": "20",
  "elk.spacing.edgeEdge": "12",
  "elk.spacing.edgeLabel": "4",
  "elk.layered.spacing.nodeNodeBetweenLayers": "34",
  "elk.layered.spacing.edgeNodeBetweenLayers": "16",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "10",
};
const ROOT_OPTIONS: LayoutOptions = { ...FLOW_OPTIONS, "elk.padding": padding(0) };
const LANE_OPTIONS: LayoutOptions = { ...FLOW_OPTIONS, "elk.padding": padding(LANE_PADDING), "elk.alignment": "TOP" };
const CONTAINER_OPTIONS: LayoutOptions = {
  ...COMMON,
  ...PORT_OPTIONS,
  "elk.padding": padding(CONTAINER_PADDING, HEADER),
  "elk.spacing.nodeNode": "12",
  "elk.nodeSize.constraints": "MINIMUM_SIZE",
  "elk.nodeSize.minimum": `(${NODE.width},${NODE.height})`,
};

function padding(around: number, top = around): string {
  return `[top=${top},left=${around},bottom=${around},right=${around}]`;
}

/** What ELK is asked to lay out. `folded` holds the ids of the containers whose inside is not shown. */
export function toElk(graph: Graph, folded: ReadonlySet<string>): ElkNode {
  return { id: "root", layoutOptions: ROOT_OPTIONS, ...flowToElk(graph.flow, folded) };
}

function flowToElk(flow: Flow, folded: ReadonlySet<string>): Pick<ElkNode, "children" | "edges"> {
  return { children: flow.nodes.map((node) => nodeToElk(node, folded)), edges: flow.edges.map(edgeToElk) };
}

function nodeToElk(node: GraphNode, folded: ReadonlySet<string>): ElkNode {
  if (node.mark === "start") return { id: node.id, ...MARK, layoutOptions: { "elk.layered.layering.layerConstraint": "FIRST" } };
  if (node.mark === "end") return { id: node.id, ...MARK, layoutOptions: { "elk.layered.layering.layerConstraint": "LAST" } };
  if (node.lanes.length === 0 || folded.has(node.id)) return { id: node.id, ...NODE, layoutOptions: PORT_OPTIONS };
  const children = node.lanes.map((lane) => laneToElk(lane, folded));
  return { id: node.id, layoutOptions: CONTAINER_OPTIONS, children };
}

function laneToElk(lane: Flow, folded: ReadonlySet<string>): ElkNode {
  const id = `lane:${lane.pointer}`;
  if (lane.nodes.length === 0) return { id, ...EMPTY_LANE, layoutOptions: { "elk.alignment": "TOP" } };
  return { id, layoutOptions: LANE_OPTIONS, ...flowToElk(lane, folded) };
}

function edgeToElk(edge: GraphEdge): ElkExtendedEdge {
  const made: ElkExtendedEdge = { id: edge.id, sources: [edge.source], targets: [edge.target] };
  if (edge.label) {
    const label = { text: edge.label, width: widthOf(edge.label, LABEL_FONT) + 12, height: LABEL_HEIGHT };
    made.labels = [{ ...label, layoutOptions: { "elk.edgeLabels.inline": "true" } }];
  }
  return made;
}

/** Where ELK put everything. Throws if a node or an edge of the graph has no place in the answer. */
export function fromElk(graph: Graph, folded: ReadonlySet<string>, root: ElkNode): Placed {
  const placed: Placed = { boxes: new Map(), routes: new Map(), x: 0, y: 0, width: root.width ?? 0, height: root.height ?? 0, plain: false };
  placeFlow(placed, graph.flow, root, { x: 0, y: 0 }, 0, folded);
  return placed;
}

function placeFlow(placed: Placed, flow: Flow, from: ElkNode, at: Point, depth: number, folded: ReadonlySet<string>): void {
  const found = new Map(from.children?.map((child) => [child.id, child]));
  const ways = new Map(from.edges?.map((edge) => [edge.id, edge]));
  for (const node of flow.nodes) placeNode(placed, node, known(found.get(node.id), node.id), at, depth, folded);
  for (const edge of flow.edges) placed.routes.set(edge.id, routed(edge, known(ways.get(edge.id), edge.id), at, depth));
}

function placeNode(placed: Placed, node: GraphNode, from: ElkNode, at: Point, depth: number, folded: ReadonlySet<string>): void {
  const rect = rectOf(from, at);
  const box: Box = { ...rect, node, depth, folded: node.lanes.length > 0 && folded.has(node.id), lanes: [] };
  placed.boxes.set(node.id, box);
  if (box.folded || node.lanes.length === 0) return;
  const lanes = new Map(from.children?.map((child) => [child.id, child]));
  const frames = node.lanes.map((lane) => known(lanes.get(`lane:${lane.pointer}`), lane.pointer));
  const height = Math.max(...frames.map((frame) => frame.height ?? 0));
  node.lanes.forEach((lane, index) => {
    const frame = known(frames[index], lane.pointer);
    const place = rectOf(frame, rect);
    box.lanes.push({ ...place, height });
    placeFlow(placed, lane, frame, place, depth + 1, folded);
  });
}

function routed(edge: GraphEdge, from: ElkExtendedEdge, at: Point, depth: number): Route {
  const section = known(from.sections?.[0], edge.id);
  const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
  const route: Route = { edge, depth, points: points.map(({ x, y }) => ({ x: x + at.x, y: y + at.y })) };
  const label = from.labels?.[0];
  if (label) route.label = rectOf(label, at);
  return route;
}

function rectOf(from: Partial<Rect>, at: Point): Rect {
  const { x = 0, y = 0, width = 0, height = 0 } = from;
  return { x: x + at.x, y: y + at.y, width, height };
}

function known<T>(found: T | undefined, id: string): T {
  if (found === undefined) throw new Error(`no place for ${id}`);
  return found;
}
