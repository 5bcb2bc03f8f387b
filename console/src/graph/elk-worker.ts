/**
 * The worker in which ELK runs, asked by its own messages: each question has a number, and its answer bears the same.
 *
 * elkjs brings a client for them, which knows of no faults in loading and is as large as a tenth of the graph.
 */
import type { ElkNode } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";

interface Waiting {
  resolve: (placed: ElkNode | undefined) => void;
  reject: (fault: Error) => void;
}

interface Answer {
  id: number;
  data?: ElkNode;
  error?: unknown;
}

export class ElkWorker {
  private readonly worker = new Worker(workerUrl);
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  /** Rejects if the worker cannot be loaded, or does not take our algorithm. */
  readonly ready: Promise<unknown>;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.take(data);
    this.worker.onerror = () => this.fail();
    this.ready = this.ask({ cmd: "register", algorithms: ["layered"] });
    this.ready.catch(() => undefined); // whoever asks for a layout is told
  }

  async layout(graph: ElkNode): Promise<ElkNode> {
    const placed = await this.ask({ cmd: "layout", graph, layoutOptions: {}, options: {} });
    if (!placed) throw new Error("ELK answered nothing");
    return placed;
  }

  terminate(): void {
    this.worker.terminate();
  }

  private ask(question: object): Promise<ElkNode | undefined> {
    const id = this.asked++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...question });
    });
  }

  private take({ id, data, error }: Answer): void {
    const answer = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) answer?.resolve(data);
    else answer?.reject(new Error("ELK could not lay the graph out", { cause: error }));
  }

  private fail(): void {
    for (const answer of this.waiting.values()) answer.reject(new Error("the worker of the layout failed"));
    this.waiting.clear();
  }
}

/** A worker that is started once, and again after it got stuck. */
export class KeptWorker {
  private kept: ElkWorker | undefined;

  get(): ElkWorker {
    return (this.kept ??= new ElkWorker());
  }

  replace(stuck: ElkWorker): void {
    stuck.terminate();
    if (this.kept === stuck) this.kept = undefined;
  }
}

/** The one of this page. */
export const shared = new KeptWorker();

/** Start it, if it does not run yet: best before there is anything to lay out, since it takes longer to come up than to lay most graphs out. */
export function startLayout(): void {
  shared.get();
}
