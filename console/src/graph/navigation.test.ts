import { describe, expect, test } from "vitest";

import { readGraph } from "./asl";
import { asList } from "./list";
import { around, neighbour, nextWith } from "./navigation";
import { StatusStore } from "./status";
import { definition } from "./testing/definitions";
import type { Placed } from "./elk";

const graph = readGraph(definition("map-in-parallel-in-map"));
const list = asList(graph, new Set());
const INNER = "/States/Each region/ItemProcessor/States/Stock and prices";
const PRICES = `${INNER}/Branches/1/States`;

function walkOf(placed: Placed, from: string, steps: number): string[] {
  const found: string[] = [];
  for (let at: string | undefined = from; at !== undefined && found.length < steps; ) {
    at = neighbour(graph, placed, at, "down");
    if (at !== undefined) found.push(placed.boxes.get(at)?.node.name ?? "");
  }
  return found;
}

describe("the keyboard", () => {
  test("goes down into containers, along the edges, and out again", () => {
    expect(walkOf(list, "start", 9)).toEqual(["Each region", "Stock and prices", "Each shelf", "Count", "Count by hand", "Sum of region", "Sum", ""]);
  });

  test("passes by what is folded", () => {
    const folded = new Set(["/States/Each region"]);
    expect(walkOf(asList(graph, folded), "start", 9)).toEqual(["Each region", "Sum", ""]);
  });

  test("goes up along the edges, and from the first state to its container", () => {
    expect(neighbour(graph, list, `${PRICES}/Keep`, "up")).toBe(`${PRICES}/Changed?`);
    expect(neighbour(graph, list, `${PRICES}/Read prices`, "up")).toBe(INNER);
  });

  test("goes sideways to what stands beside", () => {
    const boxes = new Map([...list.boxes].map(([id, box]) => [id, id.startsWith(PRICES) ? { ...box, x: box.x + 400, y: 100 } : box]));
    const beside = { ...list, boxes };
    expect(neighbour(graph, beside, `${INNER}/Branches/0/States/Each shelf`, "right")).toContain(PRICES);
    expect(neighbour(graph, beside, `${PRICES}/Keep`, "left")).toBe(`${INNER}/Branches/0/States/Each shelf`);
  });

  test("finds the next failed state, in written order and round again", () => {
    const store = new StatusStore();
    store.set(new Map([["Count", { status: "failed" }], ["Sum", { status: "timedOut" }]]));
    const next = (id?: string) => nextWith(graph, store, ["failed", "timedOut"], id)?.name;
    expect([next(), next(`${INNER}/Branches/0/States/Each shelf/ItemProcessor/States/Count`), next("/States/Sum")]).toEqual(["Count", "Sum", "Count"]);
    expect(nextWith(graph, store, ["running"])).toBeUndefined();
  });
});

test("the containers around a state are known from inside out", () => {
  expect(around(graph, `${PRICES}/Keep`)).toEqual([INNER, "/States/Each region"]);
  expect(around(graph, "/States/Sum")).toEqual([]);
});
