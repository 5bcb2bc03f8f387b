import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { lastEventAt, Recording } from "./recording";
import { applyAll, emptyModel, type HistoryEvent } from "./reducer";

interface Recorded {
  name: string;
  events: HistoryEvent[];
}

const histories = JSON.parse(readFileSync(fileURLToPath(new URL("./histories.json", import.meta.url)), "utf-8")) as Recorded[];

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function longHistory(count: number): HistoryEvent[] {
  const common = { visit: 0, within: 0, path: [], caught: false, cut: [] };
  const started: HistoryEvent = { ...common, id: 1, type: "ExecutionStarted", atMs: 0, previous: 0, state: null, from: null, details: {} };
  const rest = Array.from({ length: count - 1 }, (_, index): HistoryEvent => {
    const id = index + 2;
    const entered = index % 2 === 0;
    const visit = entered ? id : id - 1;
    const from = entered && id > 2 ? "Loop" : null;
    return { ...common, id, type: entered ? "ChoiceStateEntered" : "ChoiceStateExited", atMs: id, previous: id - 1, state: "Loop", visit, from, details: { name: "Loop" } };
  });
  return [started, ...rest];
}

describe.each(histories)("$name", ({ events }) => {
  test("has at each event the picture that the reducer makes", () => {
    const recording = new Recording();
    recording.add(events);
    expect(recording.isWhole).toBe(true);
    for (const n of [events.length, 1, Math.floor(events.length / 2), 0]) {
      expect(plain(recording.at(n))).toEqual(plain(applyAll(emptyModel(), events.slice(0, n))));
    }
  });
});

describe("a long execution", () => {
  const events = longHistory(2_345);
  const whole = applyAll(emptyModel(), events);

  test("opens with the server's picture, and its events follow in any order", () => {
    const recording = new Recording();
    recording.begin(applyAll(emptyModel(), events.slice(0, 2_000)));
    recording.add(events.slice(2_000));
    expect(plain(recording.live)).toEqual(plain(whole));
    expect(recording.at(1_500)).toBeNull();
    recording.add(events.slice(1_000, 2_000));
    recording.add(events.slice(0, 1_100));
    expect(recording.isWhole).toBe(true);
    expect(recording.events.map((event) => event.id)).toEqual(events.map((event) => event.id));
    expect(plain(recording.at(1_501))).toEqual(plain(applyAll(emptyModel(), events.slice(0, 1_501))));
  });

  test("takes what it is told twice once", () => {
    const recording = new Recording();
    recording.add(events);
    recording.add(events.slice(2_000));
    recording.begin(applyAll(emptyModel(), events.slice(0, 10)));
    expect(plain(recording.live)).toEqual(plain(whole));
    expect(recording.events).toHaveLength(2_345);
  });

  test("is the same picture whether one seeks on, back, or from nowhere", () => {
    const recording = new Recording();
    recording.add(events);
    for (const n of [10, 11, 12, 499, 500, 501, 2_344, 7, 1_000]) {
      expect(plain(recording.at(n))).toEqual(plain(applyAll(emptyModel(), events.slice(0, n))));
    }
  });

  test("knows which event is the last of a moment", () => {
    expect(lastEventAt(events, -1)).toBe(0);
    expect(lastEventAt(events, 0)).toBe(1);
    expect(lastEventAt(events, 700.5)).toBe(700);
    expect(lastEventAt(events, 1e9)).toBe(2_345);
  });
});
