import { afterAll, describe, expect, test, vi } from "vitest";

import { readGraph, type Graph } from "./asl";
import type { Placed } from "./elk";
import { asList } from "./list";
import { definition } from "./testing/definitions";

const workers: FakeWorker[] = [];
let behaviour: "answers nothing" | "starts only" | "fails" | "refuses" = "starts only";

/** ELK's messages without ELK. */
class FakeWorker {
  onmessage?: (message: { data: object }) => void;
  onerror?: () => void;
  isOver = false;
  constructor() {
    workers.push(this);
    if (behaviour === "fails") queueMicrotask(() => this.onerror?.());
  }
  postMessage({ id, cmd }: { id: number; cmd: string }): void {
    const answer = (data: object) => queueMicrotask(() => this.onmessage?.({ data: { id, ...data } }));
    if (cmd === "register" && (behaviour === "starts only" || behaviour === "refuses")) answer({});
    if (cmd === "layout" && behaviour === "refuses") answer({ error: { message: "no such option" } });
  }
  terminate(): void {
    this.isOver = true;
  }
}
vi.stubGlobal("Worker", FakeWorker);
afterAll(() => void vi.unstubAllGlobals());

const { KeptWorker } = await import("./elk-worker");
const { LatestLayout, layOut, PATIENCE_MS, START_PATIENCE_MS } = await import("./layout");

describe("a layout that cannot be had", () => {
  const graph = readGraph(definition("straight"));
  const list = asList(graph, new Set());

  test.each([
    ["starts only", PATIENCE_MS],
    ["answers nothing", START_PATIENCE_MS],
  ] as const)("of a worker that %s is a plain list after a while, and the worker is replaced", async (how, patience) => {
    behaviour = how;
    vi.useFakeTimers();
    const before = workers.length;
    const answer = layOut(graph, new Set(), new KeptWorker());
    await vi.advanceTimersByTimeAsync(patience - 1);
    expect(workers[before]?.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toEqual(list);
    expect(workers.slice(before).map(({ isOver }) => isOver)).toEqual([true]);
    vi.useRealTimers();
  });

  test("of a worker that cannot be loaded is a plain list at once, and the next one gets a new worker", async () => {
    behaviour = "fails";
    const before = workers.length;
    const kept = new KeptWorker();
    for (const _ of [1, 2]) expect(await layOut(graph, new Set(), kept)).toEqual(list);
    expect(workers.slice(before).map(({ isOver }) => isOver)).toEqual([true, true]);
  });

  test("of an ELK that refuses is a plain list, and the worker stays", async () => {
    behaviour = "refuses";
    const before = workers.length;
    const kept = new KeptWorker();
    for (const _ of [1, 2]) expect(await layOut(graph, new Set(), kept)).toEqual(list);
    expect(workers.slice(before).map(({ isOver }) => isOver)).toEqual([false]);
  });
});

describe("layouts in a row", () => {
  const graphs = ["straight", "saga", "lanes"].map((name) => readGraph(definition(name)));

  /** Layouts that are answered when the test says so. */
  function later() {
    const answers: (() => void)[] = [];
    const layout = (graph: Graph) => new Promise<Placed>((resolve) => answers.push(() => resolve(asList(graph, new Set()))));
    return { answers, layout };
  }

  test("answer only the latest question, whatever the order of answers", async () => {
    const { answers, layout } = later();
    const seen: Placed[] = [];
    const latest = new LatestLayout((placed) => seen.push(placed), layout);
    for (const graph of graphs) latest.ask(graph, new Set());
    for (const at of [1, 2, 0]) answers[at]?.();
    await new Promise((resolve) => setTimeout(resolve));
    expect(seen).toEqual([asList(graphs[2] as Graph, new Set())]);
  });

  test("answer nobody once they are stopped", async () => {
    const { answers, layout } = later();
    const seen: Placed[] = [];
    const latest = new LatestLayout((placed) => seen.push(placed), layout);
    latest.ask(graphs[0] as Graph, new Set());
    latest.stop();
    answers[0]?.();
    await new Promise((resolve) => setTimeout(resolve));
    expect(seen).toEqual([]);
  });
});
