import { expect, test } from "vitest";

import { insertPoint, roundedPath } from "./path";

const CORNER = [{ x: 0, y: 0 }, { x: 0, y: 20 }, { x: 30, y: 20 }, { x: 30, y: 60 }];

test("corners are rounded, and the end leaves room for the arrow", () => {
  expect(roundedPath(CORNER, 7)).toBe("M0 0L0 13Q0 20 7 20L23 20Q30 20 30 27L30 53");
});

test("legs that are short have small corners", () => {
  expect(roundedPath([{ x: 0, y: 0 }, { x: 0, y: 4 }, { x: 2, y: 4 }])).toBe("M0 0L0 3Q0 4 1 4L2 4");
});

test("a straight way is a line, and none is nothing", () => {
  expect(roundedPath([{ x: 5, y: 0 }, { x: 5, y: 30 }], 7)).toBe("M5 0L5 23");
  expect(roundedPath([])).toBe("");
});

test("the plus of an edge stands on its last leg, above the arrow", () => {
  const edge = { id: "", source: "", target: "", way: "next", label: "" } as const;
  expect(insertPoint({ edge, depth: 0, points: CORNER })).toEqual({ x: 30, y: 40 });
  expect(insertPoint({ edge, depth: 0, points: CORNER.slice(2) })).toEqual({ x: 30, y: 40 });
});
