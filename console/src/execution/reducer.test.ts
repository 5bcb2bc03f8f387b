import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { apply, emptyModel, fork, type HistoryEvent, type Model, statusOf } from "./reducer";

interface Recorded {
  name: string;
  events: HistoryEvent[];
  words: string[];
  models: Record<string, unknown>;
}

/** Written by the Python side, which holds its own reducer to the same table. */
const file = fileURLToPath(new URL("./histories.json", import.meta.url));
const histories = JSON.parse(readFileSync(file, "utf-8")) as Recorded[];

function words(model: Model): string {
  const parts = Object.entries(model.states).map(([name, state]) => `${name}:${state.status}${state.entered > 1 ? `x${state.entered}` : ""}`);
  return [...parts, model.status].join(" ");
}

describe.each(histories)("$name", ({ events, words: expected, models }) => {
  test("has the words of the table after each event", () => {
    const model = emptyModel();
    const seen = events.map((event) => {
      apply(model, event);
      return words(model);
    });
    expect(seen).toEqual(expected);
  });

  test("has the models of the table", () => {
    const model = emptyModel();
    for (const event of events) {
      apply(model, event);
      if (String(event.id) in models) expect(JSON.parse(JSON.stringify(model))).toEqual(models[String(event.id)]);
    }
  });

  test("goes on from a model that came from the server", () => {
    const [middle = 0] = Object.keys(models).map(Number);
    const model = fork(JSON.parse(JSON.stringify(models[String(middle)])) as Model);
    for (const event of events.slice(middle)) apply(model, event);
    expect(words(model)).toBe(expected.at(-1));
  });
});

describe("a model", () => {
  const { events = [] } = histories.find(({ name }) => name === "map_timeouts") ?? {};

  test("shares what did not change, and replaces what did", () => {
    const before = emptyModel();
    for (const event of events.slice(0, 8)) apply(before, event);
    const after = fork(before);
    apply(after, events[8] as HistoryEvent); // TaskScheduled in Call
    expect(after.states["Each"]).toBe(before.states["Each"]);
    expect(after.states["Call"]).not.toBe(before.states["Call"]);
    expect(before.last).toBe(8);
  });

  test("has states of any name", () => {
    const model = fork(emptyModel());
    const entered = { ...(events[1] as HistoryEvent), type: "PassStateEntered", details: { name: "__proto__" }, state: "__proto__" };
    apply(model, entered);
    expect(statusOf(model, "__proto__")).toBe("running");
    expect(statusOf(model, "toString")).toBe("notReached");
  });
});
