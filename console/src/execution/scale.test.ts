import { describe, expect, test } from "vitest";

import { momentAt, placeOf, scaleOver } from "./scale";

describe("a scale of time", () => {
  test("is even where nothing is folded", () => {
    const scale = scaleOver(1_000, 2_000, [1_100], false);
    expect([900, 1_000, 1_250, 2_000, 9_000].map((ms) => placeOf(scale, ms))).toEqual([0, 0, 0.25, 1, 1]);
  });

  test("gives a long idle time little room", () => {
    const week = 604_800_000;
    const scale = scaleOver(0, week + 2_000, [1_000, week + 1_000, week + 1_500], true);
    expect(placeOf(scale, 1_000)).toBeCloseTo(0.49, 2);
    expect(placeOf(scale, week + 1_000) - placeOf(scale, 1_000)).toBeCloseTo(0.02, 5);
    expect(scale.pieces.filter((piece) => piece.folded)).toHaveLength(1);
  });

  test("leads back to the moment that a place stands for", () => {
    const scale = scaleOver(0, 100_000, [1, 2, 3, 60_000, 60_001], true);
    for (const ms of [0, 2, 30_000, 60_000.5, 99_999]) expect(momentAt(scale, placeOf(scale, ms))).toBeCloseTo(ms, 3);
  });

  test("rises everywhere, and fills the line", () => {
    const scale = scaleOver(0, 1_000, [5, 10, 15, 400, 410, 900], true);
    const places = Array.from({ length: 101 }, (_, index) => placeOf(scale, index * 10));
    expect(places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0))).toBe(true);
    expect([places[0], places.at(-1)]).toEqual([0, 1]);
  });

  test("of no time at all has a place for its moment", () => {
    expect(placeOf(scaleOver(5, 5, [5], true), 5)).toBe(0);
  });
});
