import { describe, expect, test } from "vitest";

import { applyAll, emptyModel, type HistoryEvent } from "@/execution/reducer";

import { differencesOf, outputsOf } from "./compare";

function run(states: [name: string, lastsMs: number, output: string][]): HistoryEvent[] {
  let atMs = 0;
  const common = { previous: 0, path: [], within: 0, caught: false, cut: [] };
  return states.flatMap(([state, lasts, output], index): HistoryEvent[] => {
    const visit = 1 + 2 * index;
    const from = states[index - 1]?.[0] ?? null;
    const entered = { ...common, id: visit, type: "PassStateEntered", atMs, state, visit, from, details: { name: state } };
    atMs += lasts;
    return [entered, { ...common, id: visit + 1, type: "PassStateExited", atMs, state, visit, from: null, details: { name: state, output } }];
  });
}

function compare(one: HistoryEvent[], two: HistoryEvent[]) {
  return differencesOf(applyAll(emptyModel(), one), outputsOf(one), { model: applyAll(emptyModel(), two), outputs: outputsOf(two) });
}

describe("two executions", () => {
  test("that did the same do not differ", () => {
    const events = run([["A", 10, "1"], ["B", 1_000, "2"]]);
    expect(compare(events, events)).toEqual([]);
  });

  test("differ by way, time and output", () => {
    expect(compare(run([["A", 10, "1"], ["B", 1_000, "2"]]), run([["A", 60, "9"], ["C", 5, "2"], ["B", 2_000, "2"]]))).toEqual([
      { state: "A", kinds: ["output"] },
      { state: "B", kinds: ["duration"] },
      { state: "C", kinds: ["path"] },
    ]);
  });
});
