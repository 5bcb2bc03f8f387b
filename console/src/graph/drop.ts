/** Where something lands that is dropped on the canvas. */
import type { Graph, GraphEdge } from "./asl";
import { distance } from "./path";
import type { Placed, Point, Rect, Route } from "./elk";

/**
 * On an edge, into a flow without states, or elsewhere in a flow, which is named by its JSON pointer ("" is the outermost) and has the
 * point in it.
 */
export type DropPlace =
  | { kind: "edge"; edge: GraphEdge }
  | { kind: "empty"; flow: string }
  | { kind: "flow"; flow: string; at: Point };

const REACH = 44;

/** The place under a point: the edge nearest to it if one is near, of the innermost flow there. */
export function dropPlace(graph: Graph, placed: Placed, at: Point): DropPlace {
  const flow = innermostFlow(graph, placed, at);
  if (flow.isEmpty && flow.pointer !== "") return { kind: "empty", flow: flow.pointer };
  const near = nearestRoute(placed, at, flow.depth);
  return near ? { kind: "edge", edge: near.edge } : { kind: "flow", flow: flow.pointer, at };
}

function innermostFlow(graph: Graph, placed: Placed, at: Point): { pointer: string; depth: number; isEmpty: boolean } {
  let found = { pointer: "", depth: 0, isEmpty: graph.flow.nodes.every((node) => node.mark) };
  for (const { lanes, node, depth } of placed.boxes.values()) {
    lanes.forEach((lane, index) => {
      const flow = node.lanes[index];
      if (flow && depth >= found.depth && contains(lane, at)) {
        found = { pointer: flow.pointer, depth: depth + 1, isEmpty: flow.nodes.length === 0 };
      }
    });
  }
  return found;
}

function contains({ x, y, width, height }: Rect, at: Point): boolean {
  return at.x >= x && at.x <= x + width && at.y >= y && at.y <= y + height;
}

function nearestRoute(placed: Placed, at: Point, depth: number): Route | undefined {
  let nearest: { route: Route; far: number } | undefined;
  for (const route of placed.routes.values()) {
    if (route.depth !== depth) continue;
    const far = Math.min(...route.points.slice(1).map((point, index) => fromLeg(at, route.points[index] ?? point, point)));
    if (far <= REACH && (!nearest || far < nearest.far)) nearest = { route, far };
  }
  return nearest?.route;
}

/** How far a point is from a leg, which is upright or level. */
function fromLeg(at: Point, from: Point, to: Point): number {
  const x = Math.min(Math.max(at.x, Math.min(from.x, to.x)), Math.max(from.x, to.x));
  const y = Math.min(Math.max(at.y, Math.min(from.y, to.y)), Math.max(from.y, to.y));
  return distance(at, { x, y });
}
