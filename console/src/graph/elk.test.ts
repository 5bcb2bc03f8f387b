import ELK from "elkjs/lib/elk.bundled.js";
import { describe, expect, test, vi } from "vitest";

import { readGraph, walk, walkEdges } from "./asl";
import { fromElk, toElk, type Box, type Placed, type Rect } from "./elk";
import { asList } from "./list";
import { definition, NAMES } from "./testing/definitions";
import { largeDefinition } from "./testing/large";

const elk = new ELK();
vi.setConfig({ testTimeout: 120_000 }); // the first layouts are slow on a busy machine

async function placed(text: string, folded: ReadonlySet<string> = new Set()): Promise<Placed> {
  const graph = readGraph(text);
  return fromElk(graph, folded, await elk.layout(toElk(graph, folded)));
}

function isInside(inner: Rect, outer: Rect): boolean {
  const right = inner.x + inner.width <= outer.x + outer.width + 0.1;
  const bottom = inner.y + inner.height <= outer.y + outer.height + 0.1;
  return inner.x >= outer.x - 0.1 && inner.y >= outer.y - 0.1 && right && bottom;
}

function overlap(one: Rect, other: Rect): boolean {
  const across = one.x + one.width > other.x + 0.1 && other.x + other.width > one.x + 0.1;
  return across && one.y + one.height > other.y + 0.1 && other.y + other.height > one.y + 0.1;
}

function flowOf({ node }: Box): string {
  return node.id.startsWith("missing:") ? node.id.slice(8, node.id.lastIndexOf("/")) : node.id.slice(0, Math.max(node.id.lastIndexOf("/States/"), 0));
}

/** Nothing lies on anything else, what is inside is inside, and every edge has its way. */
function check(text: string, result: Placed, folded: ReadonlySet<string> = new Set()): void {
  const { flow } = readGraph(text);
  const boxes = [...result.boxes.values()];
  const whole = { x: 0, y: 0, width: result.width, height: result.height };
  if (folded.size === 0) {
    expect([...result.boxes.keys()]).toEqual([...walk(flow)].map(({ id }) => id));
    if (!result.plain) expect([...result.routes.keys()].sort()).toEqual([...walkEdges(flow)].map(({ id }) => id).sort());
  }
  for (const box of boxes) {
    const around = box.node.parent === undefined ? whole : result.boxes.get(box.node.parent);
    expect([box.node.name, around && isInside(box, around)]).toEqual([box.node.name, true]);
    for (const other of boxes) {
      if (other !== box && flowOf(other) === flowOf(box)) expect([box.node.name, other.node.name, overlap(box, other)]).toEqual([box.node.name, other.node.name, false]);
    }
  }
  for (const { points, edge, label } of result.routes.values()) {
    expect(points.length).toBeGreaterThanOrEqual(2);
    for (const [index, point] of points.slice(1).entries()) {
      const before = points[index];
      expect(before && (Math.abs(before.x - point.x) < 0.1 || Math.abs(before.y - point.y) < 0.1)).toBe(true);
    }
    expect(label !== undefined).toBe(edge.label !== "");
  }
}

describe("the layout", () => {
  test.each(NAMES)("of %s", async (name) => check(definition(name), await placed(definition(name))));

  test("of 100 states", async () => check(largeDefinition(100), await placed(largeDefinition(100))));

  test("of what is missing or not reached", async () => {
    const text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Parallel", "Branches": [{}, 7]}}}';
    check(text, await placed(text));
  });

  test("puts lanes side by side in written order, with equal tops", async () => {
    const lanes = (await placed(definition("lanes"))).boxes.get("/States/All at once")?.lanes ?? [];
    expect(lanes).toHaveLength(3);
    expect(new Set(lanes.map(({ y }) => y)).size).toBe(1);
    expect(lanes.map(({ x }) => x)).toEqual(lanes.map(({ x }) => x).sort((one, other) => one - other));
  });

  test("puts Start first and End last", async () => {
    const { boxes } = await placed(definition("itself"));
    const tops = [...boxes.values()].map(({ y }) => y);
    expect(boxes.get("start")?.y).toBe(Math.min(...tops));
    expect(boxes.get("end")?.y).toBe(Math.max(...tops));
  });

  test("shows nothing of what is inside a folded container", async () => {
    const folded = new Set(["/States/Each region"]);
    const result = await placed(definition("map-in-parallel-in-map"), folded);
    check(definition("map-in-parallel-in-map"), result, folded);
    expect([...result.boxes.values()].map(({ node }) => node.name)).toEqual(["", "Each region", "Sum", ""]);
    expect(result.boxes.get("/States/Each region")?.folded).toBe(true);
  });
});

describe("the plain list", () => {
  test.each(NAMES)("of %s", (name) => {
    const result = asList(readGraph(definition(name)), new Set());
    check(definition(name), result);
    expect([result.plain, result.routes.size]).toEqual([true, 0]);
  });
});
