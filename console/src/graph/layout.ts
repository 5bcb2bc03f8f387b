/**
 * Layouts, made in a worker so that the page never waits.
 *
 * An answer that a newer question has overtaken is dropped; after `PATIENCE_MS`, or when ELK fails, the answer is a plain list that
 * says so, and a stuck worker is replaced.
 */
import type { Graph } from "./asl";
import { fromElk, toElk, type Placed } from "./elk";
import { shared, type KeptWorker } from "./elk-worker";
import { asList } from "./list";

export const PATIENCE_MS = 5_000;
/** A slow line may have to bring the worker first. */
export const START_PATIENCE_MS = 20_000;

/** Lay a graph out. Never rejects. */
export async function layOut(graph: Graph, folded: ReadonlySet<string>, worker: KeptWorker = shared): Promise<Placed> {
  const elk = worker.get();
  try {
    await within(START_PATIENCE_MS, elk.ready);
  } catch {
    worker.replace(elk);
    return asList(graph, folded);
  }
  try {
    return fromElk(graph, folded, await within(PATIENCE_MS, elk.layout(toElk(graph, folded))));
  } catch (error) {
    if (error instanceof TooLate) worker.replace(elk);
    return asList(graph, folded);
  }
}

class TooLate extends Error {}

/** An answer, if it comes in time. */
async function within<T>(patience: number, answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLate()), patience);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks for layouts one after the other; only the answer to the latest question is handed on. */
export class LatestLayout {
  private asked = 0;

  constructor(private readonly answer: (placed: Placed) => void, private readonly layout: (graph: Graph, folded: ReadonlySet<string>) => Promise<Placed> = layOut) {}

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
