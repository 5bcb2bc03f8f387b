/** How states stand, as the canvas is told: a store to which each node and each edge listens for itself alone. */
import type { GraphEdge, GraphNode } from "./asl";

export const STATUS_WORDS = ["notReached", "running", "waiting", "succeeded", "caught", "failed", "aborted", "timedOut"] as const;
export type StatusWord = (typeof STATUS_WORDS)[number];

export interface StateStatus {
  status: StatusWord;
  /** How often the state was entered. */
  count?: number;
  /** How many attempts were retries. */
  retries?: number;
  /** While waiting: when the wait ends, in milliseconds since 1970. */
  until?: number;
  /** Of a Map: its iterations. */
  iterations?: { total: number; succeeded: number; failed: number };
}

/** A way that was taken, by the names of its states; "" is the start as a source, and the end as a target. */
export function transitionKey(source: string, target: string, caught: boolean): string {
  return JSON.stringify([source, target, caught]);
}

type Listener = () => void;

export interface StatusSource {
  statusOf(node: Pick<GraphNode, "id" | "name">): StateStatus | undefined;
  isTaken(key: string): boolean;
  /** Calls back when the status under one id or name, or one transition, changes. Answers how to stop. */
  subscribe(keys: readonly string[], listener: Listener): () => void;
  /** Calls back on every change. */
  subscribeAll(listener: Listener): () => void;
}

export class StatusStore implements StatusSource {
  private statuses: ReadonlyMap<string, StateStatus> = new Map();
  private taken: ReadonlySet<string> = new Set();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly toAll = new Set<Listener>();

  statusOf(node: Pick<GraphNode, "id" | "name">): StateStatus | undefined {
    return this.statuses.get(node.id) ?? this.statuses.get(node.name);
  }

  isTaken(key: string): boolean {
    return this.taken.has(key);
  }

  /**
   * What holds from now on: statuses by JSON pointer or by name, and the keys of the transitions that were taken. A status that
   * says the same as before is kept as it was, so that nobody draws anew.
   */
  set(statuses: ReadonlyMap<string, StateStatus>, taken: ReadonlySet<string> = this.taken): void {
    const changed = new Set<string>();
    const next = new Map<string, StateStatus>();
    for (const [key, status] of statuses) {
      const before = this.statuses.get(key);
      const same = before !== undefined && isSame(before, status);
      next.set(key, same ? before : status);
      if (!same) changed.add(key);
    }
    for (const key of this.statuses.keys()) if (!next.has(key)) changed.add(key);
    for (const key of taken) if (!this.taken.has(key)) changed.add(key);
    for (const key of this.taken) if (!taken.has(key)) changed.add(key);
    this.statuses = next;
    this.taken = taken;
    this.tell(changed);
  }

  subscribe(keys: readonly string[], listener: Listener): () => void {
    for (const key of keys) {
      const told = this.listeners.get(key) ?? new Set();
      this.listeners.set(key, told.add(listener));
    }
    return () => {
      for (const key of keys) this.listeners.get(key)?.delete(listener);
    };
  }

  subscribeAll(listener: Listener): () => void {
    this.toAll.add(listener);
    return () => this.toAll.delete(listener);
  }

  private tell(changed: ReadonlySet<string>): void {
    if (changed.size === 0) return;
    const listeners = new Set<Listener>(this.toAll);
    for (const key of changed) for (const listener of this.listeners.get(key) ?? []) listeners.add(listener);
    for (const listener of listeners) listener();
  }
}

function isSame(one: StateStatus, other: StateStatus): boolean {
  return (
    one.status === other.status &&
    one.count === other.count &&
    one.retries === other.retries &&
    one.until === other.until &&
    one.iterations?.total === other.iterations?.total &&
    one.iterations?.succeeded === other.iterations?.succeeded &&
    one.iterations?.failed === other.iterations?.failed
  );
}

/** The key of the transition that an edge stands for. */
export function edgeKey(edge: GraphEdge, names: ReadonlyMap<string, Pick<GraphNode, "name" | "mark">>): string {
  const name = (id: string) => {
    const node = names.get(id);
    return node?.mark === "start" || node?.mark === "end" ? "" : (node?.name ?? "");
  };
  return transitionKey(name(edge.source), name(edge.target), edge.way === "catch");
}
