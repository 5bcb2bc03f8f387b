/**
 * What a person has moved, over the automatic layout.
 *
 * A node stands where it was put in its flow, and what is inside of it goes along. Ways to and from a moved node are drawn anew, by
 * three legs, or around where the target is not below; all others stay as they are. What did not change keeps its object.
 */
import type { Flow, Graph, GraphEdge, GraphNode } from "./asl";
import type { Box, Placed, Point, Rect, Route } from "./elk";

/** Upper left corners by the node's id, from the upper left of the flow that the node is in. */
export type Arrangement = ReadonlyMap<string, Point>;

const LEG = 18;
const SIDE = 28;
const INSET = 4; // from the frame of a lane, which nothing leaves

export function arranged(graph: Graph, automatic: Placed, moved: Arrangement): Placed {
  if (moved.size === 0 || automatic.plain) return automatic;
  const arranging = new Arranging(automatic, moved);
  arranging.flow(graph.flow, ORIGIN, ORIGIN);
  return arranging.placed();
}

/** Where the flow begins that a node is in. */
export function originOf(placed: Placed, node: GraphNode): Point {
  const around = node.parent === undefined ? undefined : placed.boxes.get(node.parent);
  const lane = around?.node.lanes.findIndex((flow) => flow.nodes.some(({ id }) => id === node.id)) ?? -1;
  return around?.lanes[lane] ?? ORIGIN;
}

const ORIGIN: Point = { x: 0, y: 0 };
const plus = (one: Point, other: Point): Point => ({ x: one.x + other.x, y: one.y + other.y });
const minus = (one: Point, other: Point): Point => ({ x: one.x - other.x, y: one.y - other.y });
const isStill = ({ x, y }: Point): boolean => x === 0 && y === 0;
const by = <Place extends Point>(place: Place, shift: Point): Place => ({ ...place, ...plus(place, shift) });

class Arranging {
  private readonly boxes = new Map<string, Box>();
  private readonly routes = new Map<string, Route>();

  constructor(private readonly automatic: Placed, private readonly moved: Arrangement) {}

  /** A flow whose lane stood at `from` and now stands at `to`; nothing leaves the frame of an inner one. */
  flow(flow: Flow, from: Point, to: Point, frame?: Rect): void {
    const shift = minus(to, from);
    for (const { id } of flow.nodes) {
      const box = this.automatic.boxes.get(id);
      if (box) this.node(id, box, from, to, frame);
    }
    for (const edge of flow.edges) {
      const route = this.automatic.routes.get(edge.id);
      if (route) this.routes.set(edge.id, this.route(edge, route, shift));
    }
  }

  private node(id: string, box: Box, from: Point, to: Point, frame: Rect | undefined): void {
    const own = this.moved.get(id);
    const place = own ? within(own, box, frame) : minus(box, from);
    const shift = minus(plus(to, place), box);
    this.boxes.set(id, isStill(shift) ? box : { ...by(box, shift), lanes: box.lanes.map((lane) => by(lane, shift)) });
    box.node.lanes.forEach((lane, index) => {
      const inner = box.lanes[index];
      if (inner) this.flow(lane, inner, plus(inner, shift), inner);
    });
  }

  private route({ source, target }: GraphEdge, route: Route, shift: Point): Route {
    const [start, end] = [this.shiftOf(source), this.shiftOf(target)];
    const isAlone = [start, end].some((own) => own.x !== shift.x || own.y !== shift.y);
    if (isAlone) return drawnAnew(route, start, end, this.edgeOf([source, target]));
    if (isStill(shift)) return route;
    return { ...route, points: route.points.map((point) => by(point, shift)), ...(route.label && { label: by(route.label, shift) }) };
  }

  private shiftOf(id: string): Point {
    const [before, now] = [this.automatic.boxes.get(id), this.boxes.get(id)];
    return before && now ? minus(now, before) : ORIGIN;
  }

  /** The right edge of some nodes. */
  private edgeOf(ids: readonly string[]): number {
    return Math.max(...ids.map((id) => this.boxes.get(id)).map((box) => (box ? box.x + box.width : 0)));
  }

  placed(): Placed {
    const rects: Rect[] = [...this.boxes.values(), ...[...this.routes.values()].flatMap((route) => route.points.map((point) => ({ ...point, width: 0, height: 0 })))];
    const [x, y] = [Math.min(...rects.map((rect) => rect.x)), Math.min(...rects.map((rect) => rect.y))];
    const width = Math.max(...rects.map((rect) => rect.x + rect.width)) - x;
    const height = Math.max(...rects.map((rect) => rect.y + rect.height)) - y;
    return { ...this.automatic, boxes: this.boxes, routes: this.routes, x, y, width, height };
  }
}

function within(at: Point, box: Rect, frame: Rect | undefined): Point {
  if (!frame) return at;
  const bounded = (value: number, most: number) => Math.max(INSET, Math.min(value, most - INSET));
  return { x: bounded(at.x, frame.width - box.width), y: bounded(at.y, frame.height - box.height) };
}

/** From the same places of its nodes' walls, wherever these are now. */
function drawnAnew(route: Route, startShift: Point, endShift: Point, right: number): Route {
  const start = plus(route.points[0] ?? ORIGIN, startShift);
  const end = plus(route.points.at(-1) ?? ORIGIN, endShift);
  const { legs, label } = end.y >= start.y + 2 * LEG ? down(start, end) : around(start, end, right + SIDE);
  const { label: was, ...rest } = route;
  return { ...rest, points: [start, ...legs, end], ...(was && { label: { ...was, x: label.x - was.width / 2, y: label.y - was.height / 2 } }) };
}

function down(start: Point, end: Point): { legs: Point[]; label: Point } {
  const y = (start.y + end.y) / 2;
  const label = { x: (start.x + end.x) / 2, y };
  return { legs: start.x === end.x ? [] : [{ x: start.x, y }, { x: end.x, y }], label };
}

function around(start: Point, end: Point, side: number): { legs: Point[]; label: Point } {
  const [low, high] = [start.y + LEG, end.y - LEG];
  const legs = [{ x: start.x, y: low }, { x: side, y: low }, { x: side, y: high }, { x: end.x, y: high }];
  return { legs, label: { x: side, y: (low + high) / 2 } };
}
