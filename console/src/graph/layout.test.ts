import { describe, expect, test, vi } from "vitest";

import { readGraph, type Graph } from "./asl";
import type { Placed } from "./elk";
import { asList } from "./list";
import { definition } from "./testing/definitions";

const workers: StuckWorker[] = [];

/** A worker that never answers. */
class StuckWorker {
  onmessage?: (message: unknown) => void;
  isOver = false;
  constructor() {
    workers.push(this);
  }
  postMessage(): void {}
  terminate(): void {
    this.isOver = true;
  }
}
vi.stubGlobal("Worker", StuckWorker);

const { LatestLayout, layOut, PATIENCE_MS } = await import("./layout");

describe("a layout that does not come", () => {
  test("is a plain list after a while, and its worker is replaced", async () => {
    vi.useFakeTimers();
    const graph = readGraph(definition("straight"));
    const answer = layOut(graph, new Set());
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    expect(await answer).toEqual(asList(graph, new Set()));
    expect(workers.map(({ isOver }) => isOver)).toEqual([true]);
    void layOut(graph, new Set());
    expect(workers).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    vi.useRealTimers();
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
