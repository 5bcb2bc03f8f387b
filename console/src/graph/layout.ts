/**
 * Layouts, made in a worker so that the page never waits.
 *
 * The worker is ELK's own file, shipped unmodified. It starts with `startLayout`, best when the app starts: the first layout then
 * finds it warm. An answer that a newer question has overtaken is dropped; after `PATIENCE_MS`, or when ELK fails, the answer is a plain list
 * that says so, and a stuck worker is replaced.
 */
import ELK, { type ELK as Elk } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";

import type { Graph } from "./asl";
import { fromElk, toElk, type Placed } from "./elk";
import { asList } from "./list";

export const PATIENCE_MS = 5_000;

let shared: Elk | undefined;

/** Start the worker, if it does not run yet. */
export function startLayout(): Elk {
  shared ??= new ELK({ workerFactory: () => new Worker(workerUrl) });
  return shared;
}

function replaceWorker(stuck: Elk): void {
  stuck.terminateWorker();
  if (shared === stuck) shared = undefined;
}

/** Lay a graph out. Never rejects. */
export async function layOut(graph: Graph, folded: ReadonlySet<string>): Promise<Placed> {
  const elk = startLayout();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      replaceWorker(elk);
      reject(new Error("the layout took too long"));
    }, PATIENCE_MS);
  });
  try {
    return fromElk(graph, folded, await Promise.race([elk.layout(toElk(graph, folded)), patience]));
  } catch {
    return asList(graph, folded);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks for layouts one after the other; only the answer to the latest question is handed on. */
export class LatestLayout {
  private asked = 0;

  constructor(private readonly answer: (placed: Placed) => void, private readonly layout = layOut) {}

  ask(graph: Graph, folded: ReadonlySet<string>): void {
    const number = ++this.asked;
    void this.layout(graph, folded).then((placed) => {
      if (number === this.asked) this.answer(placed);
    });
  }

  /** Whatever is still under way is answered to nobody. */
  stop(): void {
    this.asked += 1;
  }
}
