import { expect, test } from "vitest";

import { grown, left, paceOf } from "./now";

test.each([
  [0, 1_000],
  [9_999, 1_000],
  [10_000, 10_000],
  [59_999, 10_000],
  [60_000, 30_000],
  [599_999, 30_000],
  [600_000, 60_000],
  [86_400_000, 60_000],
])("%d ms are told each %d ms", (lengthMs, paceMs) => expect(paceOf(lengthMs)).toBe(paceMs));

test.each([
  [0, 0],
  [3_900, 3_000],
  [14_999, 10_000],
  [59_500, 50_000],
  [119_000, 90_000],
  [659_000, 600_000],
])("%d ms that grow are told as %d", (lengthMs, toldMs) => expect(grown(lengthMs)).toBe(toldMs));

test.each([
  [659_000, 660_000],
  [75_500, 90_000],
  [13_000, 20_000],
  [8_200, 9_000],
  [0, 0],
])("%d ms that shrink are told as %d", (lengthMs, toldMs) => expect(left(lengthMs)).toBe(toldMs));
