import ELK from "elkjs/lib/elk.bundled.js";
import { expect, test } from "vitest";

import { readGraph } from "./asl";
import { dropPlace } from "./drop";
import { fromElk, toElk, type Placed } from "./elk";

const text = JSON.stringify({
  StartAt: "A",
  States: { A: { Type: "Pass", Next: "P" }, P: { Type: "Parallel", Branches: [{ StartAt: "B", States: { B: { Type: "Pass", Next: "C" }, C: { Type: "Pass", End: true } } }, {}], End: true } },
});
const graph = readGraph(text);
const placed: Placed = fromElk(graph, new Set(), await new ELK().layout(toElk(graph, new Set())));

function middleOf(id: string): { x: number; y: number } {
  const [from = { x: 0, y: 0 }, to = from] = placed.routes.get(id)?.points ?? [];
  return { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
}

test("near an edge, it is that edge", () => {
  const { x, y } = middleOf("/States/A/Next");
  expect(dropPlace(graph, placed, { x: x + 20, y })).toMatchObject({ kind: "edge", edge: { id: "/States/A/Next" } });
});

test("inside a lane, it is the lane's own edge", () => {
  const inner = "/States/P/Branches/0/States/B/Next";
  expect(dropPlace(graph, placed, middleOf(inner))).toMatchObject({ kind: "edge", edge: { id: inner } });
});

test("a lane without states takes it whole", () => {
  const lane = placed.boxes.get("/States/P")?.lanes[1];
  expect(lane && dropPlace(graph, placed, { x: lane.x + 5, y: lane.y + 5 })).toEqual({ kind: "empty", flow: "/States/P/Branches/1" });
});

test("elsewhere it is the flow, with the point", () => {
  const at = { x: -500, y: 10 };
  expect(dropPlace(graph, placed, at)).toEqual({ kind: "flow", flow: "", at });
});

test("in an empty definition it is the edge from Start to End", () => {
  const empty = readGraph("{}");
  const between = { boxes: new Map(), x: 0, y: 0, width: 0, height: 0, plain: false, routes: new Map(empty.flow.edges.map((edge) => [edge.id, { edge, depth: 0, points: [{ x: 0, y: 0 }, { x: 0, y: 40 }] }])) };
  expect(dropPlace(empty, between, { x: 9, y: 9 })).toMatchObject({ kind: "edge", edge: { id: "/StartAt" } });
});
