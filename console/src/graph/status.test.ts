import { expect, test, vi } from "vitest";

import { readGraph, walk } from "./asl";
import { edgeKey, StatusStore, transitionKey, type StateStatus } from "./status";
import { definition } from "./testing/definitions";

const running: StateStatus = { status: "running", count: 1 };

test("a status is found by pointer, or else by name", () => {
  const store = new StatusStore();
  store.set(new Map([["/States/A", running], ["A", { status: "failed" }], ["B", { status: "caught" }]]));
  expect(store.statusOf({ id: "/States/A", name: "A" })).toEqual(running);
  expect(store.statusOf({ id: "/States/M/Iterator/States/B", name: "B" })?.status).toBe("caught");
  expect(store.statusOf({ id: "/States/C", name: "C" })).toBeUndefined();
});

test("only those whose status changed are told", () => {
  const store = new StatusStore();
  const [a, b, all] = [vi.fn(), vi.fn(), vi.fn()];
  store.subscribe(["/States/A", "A"], a);
  const stop = store.subscribe(["/States/B", "B"], b);
  store.subscribeAll(all);
  store.set(new Map([["A", running], ["B", running]]));
  store.set(new Map([["A", { ...running }], ["B", { ...running, retries: 1 }]]));
  expect([a, b, all].map((told) => told.mock.calls.length)).toEqual([1, 2, 2]);
  stop();
  store.set(new Map());
  expect([a, b].map((told) => told.mock.calls.length)).toEqual([2, 2]);
});

test("a status that says the same is the same object", () => {
  const store = new StatusStore();
  const status = () => ({ status: "running", iterations: { total: 3, succeeded: 1, failed: 0 } }) as StateStatus;
  store.set(new Map([["A", status()]]));
  const before = store.statusOf({ id: "", name: "A" });
  store.set(new Map([["A", status()]]));
  expect(store.statusOf({ id: "", name: "A" })).toBe(before);
});

test("a way is told once, when it is taken", () => {
  const store = new StatusStore();
  const told = vi.fn();
  const key = transitionKey("A", "B", false);
  store.subscribe([key], told);
  store.set(new Map(), new Set([key]));
  store.set(new Map([["A", running]]), new Set([key, transitionKey("B", "C", false)]));
  expect([store.isTaken(key), told.mock.calls.length]).toEqual([true, 1]);
});

test("edges are known by the names of their states, and by whether an error went along them", () => {
  const { flow } = readGraph(definition("saga"));
  const names = new Map([...walk(flow)].map((node) => [node.id, node]));
  const keys = flow.edges.map((edge) => edgeKey(edge, names));
  expect(keys).toContain(transitionKey("", "Book flight", false));
  expect(keys).toContain(transitionKey("Book flight", "Cancel flight", true));
  expect(keys).toContain(transitionKey("Booked", "", false));
});
