import type { HistoryEvent, Model, Outcome, Path } from "./reducer";

export type BarPhase = "scheduled" | "running" | "waiting" | "retry";

/** A part of a visit in which one thing went on. */
export interface Bar {
  phase: BarPhase;
  fromMs: number;
  /** `null` while it goes on. */
  toMs: number | null;
}

export interface Attempt {
  /** The event that began it. */
  eventId: number;
  fromMs: number;
  toMs: number | null;
  error: string | null;
  cause: string | null;
  resource: string | null;
}

/** One passing through a state, as the table and the timeline show it. */
export interface Visit {
  id: number;
  state: string;
  type: string;
  path: Path;
  within: number;
  depth: number;
  enteredMs: number;
  exitId: number | null;
  exitedMs: number | null;
  caught: boolean;
  error: string | null;
  cause: string | null;
  attempts: Attempt[];
  bars: Bar[];
}

const WAITS_FOR_TOKEN = ".waitForTaskToken";

/** Visits, in the order in which they began, kept as events come. */
export class VisitLog {
  readonly visits: Visit[] = [];
  private readonly byId = new Map<number, Visit>();
  private taken = 0;
  private redrivenMs = -Infinity;

  get(id: number): Visit | undefined {
    return this.byId.get(id);
  }

  /** Take in the events that were added since the last time. */
  follow(events: readonly HistoryEvent[]): void {
    for (; this.taken < events.length; this.taken += 1) this.take(events[this.taken] as HistoryEvent);
  }

  private take(event: HistoryEvent): void {
    if (event.type.endsWith("StateEntered")) return this.enter(event);
    if (event.type.startsWith("Execution")) return this.ofExecution(event);
    const visit = this.byId.get(event.visit);
    if (!visit) return;
    this.reopen(visit, event);
    ofVisit(visit, event);
  }

  /** A redrive takes up visits that had ended badly, and those around them, without entering them anew. */
  private reopen(visit: Visit, event: HistoryEvent): void {
    for (let here: Visit | undefined = visit; here; here = this.byId.get(here.within)) {
      if (here.exitedMs === null || here.exitId !== null || this.redrivenMs < here.exitedMs) continue;
      if (here === visit && event.type.endsWith("StateAborted")) continue;
      here.exitedMs = null;
      here.bars.push({ phase: "running", fromMs: this.redrivenMs, toMs: null });
    }
  }

  private enter(event: HistoryEvent): void {
    const type = event.type.slice(0, -"StateEntered".length);
    const visit: Visit = {
      id: event.id,
      state: event.state ?? "",
      type,
      path: event.path,
      within: event.within,
      depth: event.within ? (this.byId.get(event.within)?.depth ?? 0) + 1 : 0,
      enteredMs: event.atMs,
      exitId: null,
      exitedMs: null,
      caught: false,
      error: null,
      cause: null,
      attempts: [],
      bars: [{ phase: type === "Wait" ? "waiting" : "running", fromMs: event.atMs, toMs: null }],
    };
    if (type === "Fail") close(visit, event);
    this.byId.set(visit.id, visit);
    this.visits.push(visit);
  }

  /** What was under way ends with the execution. */
  private ofExecution(event: HistoryEvent): void {
    if (event.type === "ExecutionRedriven") this.redrivenMs = event.atMs;
    if (event.type === "ExecutionRedriven" || event.type === "ExecutionStarted") return;
    for (const visit of this.visits) if (visit.exitedMs === null) close(visit, event);
  }
}

function close(visit: Visit, event: HistoryEvent): void {
  visit.exitedMs = event.atMs;
  endBar(visit, event.atMs);
  const attempt = visit.attempts.at(-1);
  if (attempt) attempt.toMs ??= event.atMs;
}

function endBar(visit: Visit, atMs: number): void {
  const bar = visit.bars.at(-1);
  if (bar) bar.toMs ??= atMs;
}

/** From here on something else goes on in the visit. */
function turn(visit: Visit, phase: BarPhase, atMs: number): void {
  endBar(visit, atMs);
  visit.bars.push({ phase, fromMs: atMs, toMs: null });
}

function text(event: HistoryEvent, name: string): string | null {
  const value = event.details[name];
  return typeof value === "string" ? value : null;
}

function ofVisit(visit: Visit, event: HistoryEvent): void {
  const { type, atMs } = event;
  if (type.endsWith("StateExited")) {
    close(visit, event);
    visit.exitId = event.id;
    visit.caught = event.caught;
  } else if (type.endsWith("StateAborted")) {
    close(visit, event);
  } else if (/(Scheduled|StateStarted)$/.test(type)) {
    begin(visit, event);
  } else if (/(Failed|TimedOut)$/.test(type) && !type.startsWith("MapIteration")) {
    fail(visit, event);
  } else if (type === "TaskSubmitted" && (text(event, "resource") ?? "").endsWith(WAITS_FOR_TOKEN)) {
    turn(visit, "waiting", atMs);
  } else if (/Started$/.test(type) && visit.bars.at(-1)?.phase === "scheduled") {
    turn(visit, "running", atMs);
  } else if (/Succeeded$/.test(type) && !type.startsWith("MapIteration")) {
    const attempt = visit.attempts.at(-1);
    if (attempt) attempt.toMs ??= atMs;
  }
}

function begin(visit: Visit, event: HistoryEvent): void {
  const resource = [text(event, "resourceType"), text(event, "resource")].filter((part) => part !== null).join(":");
  visit.attempts.push({ eventId: event.id, fromMs: event.atMs, toMs: null, error: null, cause: null, resource: resource || null });
  turn(visit, event.type.endsWith("Scheduled") ? "scheduled" : "running", event.atMs);
}

function fail(visit: Visit, event: HistoryEvent): void {
  visit.error = text(event, "error") ?? visit.error;
  visit.cause = text(event, "cause") ?? visit.cause;
  const attempt = visit.attempts.at(-1);
  if (attempt && attempt.toMs === null) Object.assign(attempt, { toMs: event.atMs, error: visit.error, cause: visit.cause });
  turn(visit, "retry", event.atMs);
}

/** How a visit stands in a picture: `null` while it is under way. */
export function outcomeOf(visit: Visit, model: Model): Outcome | null {
  if (visit.exitId !== null && visit.exitId <= model.last) return visit.caught ? "caught" : "succeeded";
  const open = model.visits[visit.id];
  if (open) return open.outcome;
  return visit.error !== null || visit.type === "Fail" ? "failed" : "aborted";
}

/** The variables that a visit could read when it was entered: what its way here assigned, in its own scope and those around. */
export function variablesAt(events: readonly HistoryEvent[], log: VisitLog, entered: number): Record<string, string> {
  const scopes = new Set<number>([0]);
  for (let id = log.get(entered)?.within ?? 0; id; id = log.get(id)?.within ?? 0) scopes.add(id);
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let event = events[(events[entered - 1]?.previous ?? 0) - 1]; event; event = events[event.previous - 1]) {
    if (!event.type.endsWith("StateExited") || !scopes.has(event.within)) continue;
    const assigned = event.details["assignedVariables"] as Record<string, string> | undefined;
    for (const [name, value] of Object.entries(assigned ?? {})) found[name] ??= value;
  }
  return found;
}
