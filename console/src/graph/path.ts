/** Ways at right angles, as the paths of SVG. */
import type { Point, Route } from "./elk";

const BEND = 7;

/** A path through points, its corners rounded. `shorten` is how far before the last point it ends. */
export function roundedPath(points: readonly Point[], shorten = 0): string {
  const first = points[0];
  const end = points.at(-1);
  if (!first || !end) return "";
  const before = points.at(-2) ?? first;
  const whole = [...points.slice(0, -1), towards(end, before, Math.min(shorten, distance(before, end)))];
  const parts = [`M${place(first)}`];
  for (let at = 1; at < whole.length - 1; at += 1) {
    const [from, corner, to] = whole.slice(at - 1, at + 2) as [Point, Point, Point];
    const radius = Math.min(BEND, distance(from, corner) / 2, distance(corner, to) / 2);
    parts.push(`L${place(towards(corner, from, radius))}Q${place(corner)} ${place(towards(corner, to, radius))}`);
  }
  return `${parts.join("")}L${place(whole.at(-1) ?? end)}`;
}

/** The head of the arrow at the end of a way, which always comes from above. */
export function arrowHead({ x, y }: Point): string {
  return `M${round(x - 4.5)} ${round(y - 8)}h9L${round(x)} ${round(y)}Z`;
}

/** Where the "+" of an edge stands: on its last leg, above the arrow. */
export function insertPoint(route: Route): Point {
  const end = route.points.at(-1) ?? { x: 0, y: 0 };
  const before = route.points.at(-2) ?? end;
  return route.points.length > 2 || route.label ? { x: end.x, y: Math.max((before.y + end.y) / 2 - 4, end.y - 20) } : middle(before, end);
}

function middle(one: Point, other: Point): Point {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}

export function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function towards(start: Point, goal: Point, length: number): Point {
  const whole = distance(start, goal) || 1;
  return { x: start.x + ((goal.x - start.x) * length) / whole, y: start.y + ((goal.y - start.y) * length) / whole };
}

function place({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
