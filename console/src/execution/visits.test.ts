import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { applyAll, emptyModel, type HistoryEvent } from "./reducer";
import { outcomeOf, variablesAt, VisitLog } from "./visits";

interface Recorded {
  name: string;
  events: HistoryEvent[];
}

const histories = JSON.parse(readFileSync(fileURLToPath(new URL("./histories.json", import.meta.url)), "utf-8")) as Recorded[];

function logOf(events: readonly HistoryEvent[]): VisitLog {
  const log = new VisitLog();
  log.follow(events);
  return log;
}

describe.each(histories)("$name", ({ events }) => {
  const model = applyAll(emptyModel(), events);
  const log = logOf(events);
  const redrives = events.filter((event) => event.type === "ExecutionRedriven").map((event) => event.atMs);

  test("has a row for each visit, and as many of each outcome as the picture counts", () => {
    for (const [name, state] of Object.entries(model.states)) {
      const rows = log.visits.filter((visit) => visit.state === name);
      expect(rows).toHaveLength(state.entered);
      const under = rows.filter((visit) => outcomeOf(visit, model) === null);
      expect([name, under.length]).toEqual([name, state.running]);
      expect([name, rows.filter((visit) => outcomeOf(visit, model) === "succeeded").length]).toEqual([name, state.succeeded]);
      expect([name, rows.filter((visit) => outcomeOf(visit, model) === "caught").length]).toEqual([name, state.caught]);
    }
  });

  test("has bars that follow each other without a gap, and end with the visit", () => {
    for (const visit of log.visits) {
      visit.bars.forEach((bar, at) => {
        const before = at === 0 ? visit.enteredMs : visit.bars[at - 1]?.toMs;
        expect([before, ...redrives]).toContain(bar.fromMs);
        if (bar.toMs !== null) expect(bar.toMs).toBeGreaterThanOrEqual(bar.fromMs);
      });
      if (visit.exitId !== null) expect(visit.bars.at(-1)?.toMs).toBe(visit.exitedMs);
    }
  });

  test("is the same whether events come one by one or at once", () => {
    const slow = new VisitLog();
    events.forEach((_, index) => slow.follow(events.slice(0, index + 1)));
    expect(slow.visits).toEqual(log.visits);
  });
});

describe("variables", () => {
  const common = { previous: 0, path: [], caught: false, cut: [], from: null, atMs: 0 };
  const event = (id: number, previous: number, type: string, visit: number, within: number, details: object = {}): HistoryEvent => ({
    ...common,
    id,
    previous,
    type,
    state: `S${visit}`,
    visit,
    within,
    details: { name: `S${visit}`, ...details },
  });
  const events = [
    event(1, 0, "ExecutionStarted", 0, 0),
    event(2, 1, "PassStateEntered", 2, 0),
    event(3, 2, "PassStateExited", 2, 0, { assignedVariables: { a: "1", b: "1" } }),
    event(4, 3, "ParallelStateEntered", 4, 0),
    event(5, 4, "ParallelStateStarted", 4, 0),
    event(6, 5, "PassStateEntered", 6, 4),
    event(7, 6, "PassStateExited", 6, 4, { assignedVariables: { inner: "7", a: "2" } }),
    event(8, 7, "PassStateEntered", 8, 4),
    event(9, 8, "PassStateExited", 8, 4),
    event(10, 9, "ParallelStateExited", 4, 0, { assignedVariables: { b: "10" } }),
    event(11, 10, "PassStateEntered", 11, 0),
  ];

  test("are those of the way here, the latest of each", () => {
    expect({ ...variablesAt(events, logOf(events), 2) }).toEqual({});
    expect({ ...variablesAt(events, logOf(events), 8) }).toEqual({ a: "2", b: "1", inner: "7" });
  });

  test("of an inner scope are not seen outside", () => {
    expect({ ...variablesAt(events, logOf(events), 11) }).toEqual({ a: "1", b: "10" });
  });
});
