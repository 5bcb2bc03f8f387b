/** The picture when no layout can be had: the nodes below each other in written order, containers around their states. */
import type { Flow, Graph, GraphNode } from "./asl";
import { HEADER, MARK, NODE, type Placed, type Point, type Rect } from "./elk";

const GAP = 16;
const INDENT = 24;

/** A graph as a plain list from top to bottom, without the ways between the nodes. */
export function asList(graph: Graph, folded: ReadonlySet<string>): Placed {
  const placed: Placed = { boxes: new Map(), routes: new Map(), x: 0, y: 0, width: 0, height: 0, plain: true };
  const frame = listFlow(placed, graph.flow, { x: 0, y: 0 }, 0, folded);
  return { ...placed, width: frame.width, height: frame.height };
}

function listFlow(placed: Placed, flow: Flow, at: Point, depth: number, folded: ReadonlySet<string>): Rect {
  let { y } = at;
  let width = NODE.width;
  for (const node of flow.nodes) {
    const rect = listNode(placed, node, { x: at.x, y }, depth, folded);
    y += rect.height + GAP;
    width = Math.max(width, rect.width);
  }
  return { ...at, width, height: Math.max(y - GAP - at.y, 0) };
}

function listNode(placed: Placed, node: GraphNode, at: Point, depth: number, folded: ReadonlySet<string>): Rect {
  const isMark = node.mark === "start" || node.mark === "end";
  const isOpen = node.lanes.length > 0 && !folded.has(node.id);
  const rect: Rect = { ...at, ...(isMark ? MARK : NODE) };
  const lanes: Rect[] = [];
  placed.boxes.set(node.id, { ...rect, node, depth, folded: node.lanes.length > 0 && !isOpen, lanes });
  if (!isOpen) return rect;
  let y = at.y + HEADER;
  for (const lane of node.lanes) {
    const inside = listFlow(placed, lane, { x: at.x + INDENT, y: y + GAP }, depth + 1, folded);
    lanes.push({ x: at.x + INDENT / 2, y, width: inside.width + INDENT, height: inside.height + 2 * GAP });
    y += inside.height + 3 * GAP;
  }
  const whole = { ...at, width: Math.max(...lanes.map((lane) => lane.width)) + INDENT, height: y - at.y };
  placed.boxes.set(node.id, { ...whole, node, depth, folded: false, lanes });
  return whole;
}
