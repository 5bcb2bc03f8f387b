import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { transitionKey } from "../graph/status";
import { applyAll, emptyModel, type HistoryEvent } from "./reducer";
import { modelWithin, statusesOf, takenIn } from "./statuses";

interface Recorded {
  name: string;
  events: HistoryEvent[];
}

const histories = JSON.parse(readFileSync(fileURLToPath(new URL("./histories.json", import.meta.url)), "utf-8")) as Recorded[];

describe.each(histories)("$name", ({ events }) => {
  const model = applyAll(emptyModel(), events);

  test("has a status for each state that was reached, and a transition for each entry", () => {
    const statuses = statusesOf(model, {});
    expect([...statuses.keys()]).toEqual(Object.keys(model.states));
    const taken = takenIn(model, events.find((event) => event.type.endsWith("StateEntered"))?.state ?? undefined);
    for (const event of events) {
      if (event.type.endsWith("StateEntered") && event.from !== null) {
        const ways = [false, true].map((caught) => transitionKey(event.from ?? "", event.state ?? "", caught));
        expect(ways.some((way) => taken.has(way))).toBe(true);
      }
    }
  });

  test("an iteration's picture has nothing of its neighbours", () => {
    const paths = new Set(events.filter((event) => event.path.length > 0).map((event) => JSON.stringify(event.path)));
    for (const text of paths) {
      const path = JSON.parse(text) as HistoryEvent["path"];
      const inner = modelWithin(events, Infinity, path);
      const own = events.filter((event) => event.type.endsWith("StateEntered") && JSON.stringify(event.path) === text);
      for (const name of new Set(own.map((event) => event.state ?? ""))) {
        expect(inner.states[name]?.entered).toBe(own.filter((event) => event.state === name).length);
      }
    }
  });
});

test("the earliest end of its waits is a state's", () => {
  const { events } = histories[0] as Recorded;
  const model = applyAll(emptyModel(), events.slice(0, 3));
  expect(statusesOf(model, { "2": { phase: "worker", untilMs: 7 } }).get("Work")).toEqual({ status: "waiting", count: 1, retries: 0, until: 7 });
});
