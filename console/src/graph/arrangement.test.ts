import ELK from "elkjs/lib/elk.bundled.js";
import { expect, test } from "vitest";

import { arranged, originOf } from "./arrangement";
import { readGraph } from "./asl";
import { fromElk, toElk, type Placed } from "./elk";

const inner = (name: string) => ({ StartAt: name, States: { [name]: { Type: "Pass", End: true } } });
const graph = readGraph(
  JSON.stringify({
    StartAt: "A",
    States: { A: { Type: "Pass", Next: "P" }, P: { Type: "Parallel", Branches: [inner("L"), inner("R")], Next: "Z" }, Z: { Type: "Succeed" } },
  }),
);
const automatic = fromElk(graph, new Set(), await new ELK().layout(toElk(graph, new Set())));
const [A, P, Z] = ["/States/A", "/States/P", "/States/Z"];
const L = "/States/P/Branches/0/States/L";
const box = (placed: Placed, id: string) => placed.boxes.get(id) as NonNullable<ReturnType<Placed["boxes"]["get"]>>;
const put = (id: string, x: number, y: number) => arranged(graph, automatic, new Map([[id, { x, y }]]));

test("nothing moved is the automatic layout itself", () => expect(arranged(graph, automatic, new Map())).toBe(automatic));

test("a moved node stands where it was put, its ways go to it, and all else keeps its object", () => {
  const placed = put(Z, 400, 300);
  expect(box(placed, Z)).toMatchObject({ x: 400, y: 300 });
  expect(box(placed, A)).toBe(box(automatic, A));
  expect(placed.routes.get("/StartAt")).toBe(automatic.routes.get("/StartAt"));
  const way = placed.routes.get("/States/P/Next")?.points ?? [];
  expect(way.at(-1)?.y).toBe(300);
  for (const [at, point] of way.slice(1).entries()) expect([point.x, point.y].some((part) => part === way[at]?.x || part === way[at]?.y)).toBe(true);
});

test("what is inside of a container goes along, with its ways", () => {
  const [was, placed] = [box(automatic, P), put(P, box(automatic, P).x + 50, box(automatic, P).y + 70)];
  expect(box(placed, L)).toMatchObject({ x: box(automatic, L).x + 50, y: box(automatic, L).y + 70 });
  expect(box(placed, P).lanes[1]).toMatchObject({ x: (was.lanes[1]?.x ?? 0) + 50 });
  const [before, now] = [automatic, placed].map(({ routes }) => routes.get("/States/P/Branches/0/StartAt"));
  expect(now?.points.map(({ x }) => x - 50)).toEqual(before?.points.map(({ x }) => x));
});

test("nothing leaves its lane", () => {
  const placed = put(L, 5_000, -5_000);
  const [frame, state] = [box(placed, P).lanes[0], box(placed, L)];
  expect(frame && state.x + state.width).toBeLessThanOrEqual((frame?.x ?? 0) + (frame?.width ?? 0));
  expect(state.y).toBeGreaterThanOrEqual(frame?.y ?? 0);
  expect(originOf(placed, state.node)).toMatchObject({ x: frame?.x, y: frame?.y });
});

test("a way to what stands above goes around", () => {
  const placed = put(Z, box(automatic, A).x, -200);
  const way = placed.routes.get("/States/P/Next")?.points ?? [];
  expect(Math.max(...way.map(({ x }) => x))).toBeGreaterThan(box(placed, P).x + box(placed, P).width);
  expect(placed.y).toBeLessThan(0);
  expect(placed.y + placed.height).toBeGreaterThanOrEqual(box(placed, P).y + box(placed, P).height);
});
