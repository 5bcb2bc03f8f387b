import type { FailureModel, HistoryEvent, Iterations, Model, StateModel, VisitModel } from "../api/generated/history";

export type { FailureModel, HistoryEvent, Iterations, Model, StateModel, VisitModel };
export type Outcome = NonNullable<VisitModel["outcome"]>;
export type Phase = VisitModel["phase"];
export type Path = HistoryEvent["path"];
export type StateStatus = "notReached" | StateModel["status"];

const WAITING: ReadonlySet<Phase> = new Set(["retry", "timer", "token", "worker"]);
const WORST_FIRST: readonly Outcome[] = ["failed", "timedOut", "aborted", "caught", "succeeded"];

/** The picture before the first event. */
export function emptyModel(): Model {
  return {
    last: 0,
    atMs: 0,
    status: "RUNNING",
    startedMs: 0,
    stoppedMs: null,
    redrives: 0,
    failure: null,
    states: Object.create(null) as Model["states"],
    visits: {},
  };
}

/** A picture that may be taken on while the given one stays as it is. Also takes in one that came from the server. */
export function fork(model: Model): Model {
  const states = Object.assign(Object.create(null) as Model["states"], model.states); // a state may be called __proto__
  return { ...model, states, visits: { ...model.visits } };
}

/**
 * Takes the picture on by the event that follows its last one.
 *
 * The same function as `apply` in `stepwell/engine/reducer.py`. `model` is changed; the objects of its states and visits never
 * are: those that change are replaced, so that who looks at one state can tell by identity.
 */
export function apply(model: Model, event: HistoryEvent): void {
  model.last = event.id;
  model.atMs = event.atMs;
  const kind = event.type;
  if (kind.startsWith("Execution")) ofExecution(model, event);
  else if (kind.endsWith("StateEntered")) entered(model, event);
  else if (kind.endsWith("StateExited")) close(model, event.visit, event.caught ? "caught" : "succeeded", event.atMs);
  else if (kind.startsWith("MapIteration")) ofIteration(model, event);
  else if (event.visit in model.visits) ofVisit(model, event);
}

/** The picture after these events. */
export function applyAll(model: Model, events: Iterable<HistoryEvent>): Model {
  for (const event of events) apply(model, event);
  return model;
}

export function statusOf(model: Model, state: string): StateStatus {
  return model.states[state]?.status ?? "notReached";
}

// Copies

function stateOf(model: Model, name: string): StateModel {
  const known = model.states[name];
  if (!known) throw new Error(`state ${name} was not entered`);
  return (model.states[name] = { ...known });
}

function visitOf(model: Model, id: number): VisitModel {
  const known = model.visits[id];
  if (!known) throw new Error(`visit ${id} is over`);
  return (model.visits[id] = { ...known });
}

/** Ids of visits in the order in which they began. */
function ids(model: Model): number[] {
  return Object.keys(model.visits).map(Number);
}

// The execution as a whole

function ofExecution(model: Model, event: HistoryEvent): void {
  if (event.type === "ExecutionStarted") model.startedMs = event.atMs;
  else if (event.type === "ExecutionRedriven") redriven(model, event);
  else ended(model, event);
}

function ended(model: Model, event: HistoryEvent): void {
  model.stoppedMs = event.atMs;
  if (event.type === "ExecutionSucceeded") {
    model.status = "SUCCEEDED";
  } else if (event.type === "ExecutionFailed") {
    model.status = "FAILED";
    failed(model, event);
  } else {
    const timedOut = event.type === "ExecutionTimedOut";
    model.status = timedOut ? "TIMED_OUT" : "ABORTED";
    model.failure = { ...why(event), state: null, path: [], eventId: event.id };
    closeAll(model, ids(model), () => (timedOut ? "timedOut" : "aborted"), event.atMs);
  }
}

/** The visits from the failing one outwards failed; what else was under way is aborted. */
function failed(model: Model, event: HistoryEvent): void {
  let inner = event.visit || openFail(model);
  const chain = chainOf(model, inner);
  for (let blame = model.visits[inner]?.blame; blame; blame = model.visits[inner]?.blame) inner = blame;
  const blamed = model.visits[inner];
  model.failure = { ...why(event), state: blamed?.state ?? null, path: blamed?.path ?? [], eventId: event.id };
  const names = new Set([...chain].map((id) => model.visits[id]?.state));
  for (const name of names.add(blamed?.state)) {
    if (name !== undefined && model.states[name]?.error === null) Object.assign(stateOf(model, name), why(event));
  }
  for (const id of ids(model)) {
    const visit = model.visits[id];
    if (visit) close(model, id, chain.has(id) ? outcomeOf(visit) : "aborted", event.atMs);
  }
}

/** A Fail state that fails once more after a redrive: the event points at ExecutionRedriven, not at its visit. */
function openFail(model: Model): number {
  return ids(model).find((id) => model.visits[id]?.type === "Fail" && !model.visits[id]?.outcome) ?? 0;
}

/** A visit and those around it. */
function chainOf(model: Model, id: number): Set<number> {
  const found = new Set<number>();
  for (let visit = model.visits[id]; visit; visit = model.visits[id]) {
    found.add(id);
    id = visit.within;
  }
  return found;
}

/** What ended badly goes on. */
function redriven(model: Model, event: HistoryEvent): void {
  model.status = "RUNNING";
  model.stoppedMs = null;
  model.failure = null;
  model.redrives = event.details["redriveCount"] as number;
  for (const id of ids(model)) {
    if (model.visits[id]?.outcome) reopen(model, id);
  }
}

function reopen(model: Model, id: number): void {
  const visit = visitOf(model, id);
  const state = stateOf(model, visit.state);
  if (visit.outcome) state[visit.outcome] -= 1;
  const phase = isContainer(visit) ? "branches" : firstPhase(visit.type);
  Object.assign(visit, { outcome: null, error: null, cause: null, untilMs: null, timedOut: false, blame: 0, attempt: 0, phase });
  if (state.iterations) state.iterations = { ...state.iterations, failed: 0, aborted: 0 };
  state.running += 1;
  state.waiting += weight(phase);
  state.outcome = null;
  state.exitedMs = null;
  settle(state);
}

// Visits

function entered(model: Model, event: HistoryEvent): void {
  const name = event.details["name"] as string;
  const type = event.type.slice(0, -"StateEntered".length);
  const state = name in model.states ? stateOf(model, name) : (model.states[name] = newState(type));
  if (event.from !== null) {
    const before = stateOf(model, event.from);
    before.next = Object.assign(Object.create(null) as StateModel["next"], before.next);
    before.next[name] = (before.next[name] ?? 0) + 1;
  }
  const latest = event.from === name ? stateOf(model, name) : state; // a state may lead to itself
  if (latest.running === 0) latest.outcome = null;
  const phase = firstPhase(type);
  latest.entered += 1;
  latest.running += 1;
  latest.waiting += weight(phase);
  Object.assign(latest, { visit: event.id, enteredMs: event.atMs, exitedMs: null });
  settle(latest);
  model.visits[event.id] = newVisit(event, name, type, phase);
  if (type === "Fail") close(model, event.id, "failed", event.atMs);
}

function newState(type: string): StateModel {
  const counters = { entered: 0, running: 0, waiting: 0, succeeded: 0, caught: 0, failed: 0, aborted: 0, timedOut: 0, retries: 0 };
  const latest = { visit: 0, enteredMs: 0, exitedMs: null, outcome: null, error: null, cause: null };
  return { type, status: "running", ...counters, ...latest, next: Object.create(null) as StateModel["next"], iterations: null };
}

function newVisit(event: HistoryEvent, state: string, type: string, phase: Phase): VisitModel {
  const place = { state, type, path: event.path, within: event.within, enteredMs: event.atMs };
  return { ...place, phase, attempt: 0, untilMs: null, error: null, cause: null, timedOut: false, outcome: null, blame: 0 };
}

function firstPhase(type: string): Phase {
  return type === "Wait" ? "timer" : "running";
}

function isContainer(visit: VisitModel): boolean {
  return visit.type === "Map" || visit.type === "Parallel";
}

/** Ends a visit, unless it has ended. One that ended well is forgotten; a bad end is remembered for a redrive. */
function close(model: Model, id: number, outcome: Outcome, atMs: number): void {
  const known = model.visits[id];
  if (!known || known.outcome) return;
  const state = stateOf(model, known.state);
  state.running -= 1;
  state.waiting -= weight(known.phase);
  state[outcome] += 1;
  if (state.visit === id) state.exitedMs = atMs;
  if (!state.outcome || WORST_FIRST.indexOf(outcome) < WORST_FIRST.indexOf(state.outcome)) state.outcome = outcome;
  settle(state);
  if (outcome === "succeeded" || outcome === "caught") {
    forgetBelow(model, id);
    delete model.visits[id];
    return;
  }
  visitOf(model, id).outcome = outcome;
  const around = model.visits[known.within];
  if (outcome !== "aborted" && around && !around.outcome && !around.blame) {
    visitOf(model, known.within).blame = id;
    turn(model, known.within, "retry");
  }
}

function below(model: Model, id: number): number[] {
  const visit = model.visits[id];
  return visit && isContainer(visit) ? ids(model).filter((inner) => inner !== id && chainOf(model, inner).has(id)) : [];
}

/** What ended badly inside a visit is over for good: it was left, or tries again. */
function forgetBelow(model: Model, id: number): void {
  for (const inner of below(model, id)) delete model.visits[inner];
}

/** Ends visits, inner ones first. */
function closeAll(model: Model, which: number[], outcomeFor: (visit: VisitModel) => Outcome, atMs: number): void {
  for (const id of which.sort((a, b) => b - a)) {
    const visit = model.visits[id];
    if (visit) close(model, id, outcomeFor(visit), atMs);
  }
}

function outcomeOf(visit: VisitModel): Outcome {
  return visit.timedOut ? "timedOut" : "failed";
}

function abortedOrFailed(visit: VisitModel): Outcome {
  return visit.error === null && !visit.blame && !visit.timedOut ? "aborted" : outcomeOf(visit);
}

function weight(phase: Phase): number {
  return WAITING.has(phase) ? 1 : 0;
}

function turn(model: Model, id: number, phase: Phase): void {
  const visit = visitOf(model, id);
  const state = stateOf(model, visit.state);
  state.waiting += weight(phase) - weight(visit.phase);
  visit.phase = phase;
  visit.untilMs = null;
  settle(state);
}

function settle(state: StateModel): void {
  if (state.running) state.status = state.waiting === state.running ? "waiting" : "running";
  else if (state.outcome) state.status = state.outcome;
}

// Events inside a visit

function ofVisit(model: Model, event: HistoryEvent): void {
  const kind = event.type;
  const id = event.visit;
  if (kind.endsWith("StateAborted")) {
    closeBelow(model, id, event.atMs);
    const visit = model.visits[id];
    if (visit) close(model, id, abortedOrFailed(visit), event.atMs);
  } else if (kind.endsWith("Scheduled") || kind === "ParallelStateStarted" || kind === "MapStateStarted") {
    began(model, event);
  } else if (kind === "ActivityStarted") {
    turn(model, id, "task");
  } else if (kind === "TaskSubmitted") {
    turn(model, id, String(event.details["resource"] ?? "").endsWith(".waitForTaskToken") ? "token" : "task");
  } else if (kind.startsWith("MapRun") && /(Started|Redriven)$/.test(kind)) {
    iterationsOf(model, id).mapRunArn = event.details["mapRunArn"] as string;
  } else if (kind === "ParallelStateFailed" || kind === "MapStateFailed") {
    closeBelow(model, id, event.atMs);
    metFailure(model, id, blamed(model, id));
  } else if (/(Failed|TimedOut)$/.test(kind)) {
    visitOf(model, id).timedOut = kind.endsWith("TimedOut");
    metFailure(model, id, why(event));
  }
}

/** An attempt begins: the first, or a retry. */
function began(model: Model, event: HistoryEvent): void {
  const visit = visitOf(model, event.visit);
  const state = stateOf(model, visit.state);
  visit.attempt += 1;
  if (visit.attempt > 1) state.retries += 1;
  Object.assign(visit, { error: null, cause: null, timedOut: false, blame: 0 });
  forgetBelow(model, event.visit);
  if (event.type === "MapStateStarted") {
    state.iterations = { total: event.details["length"] as number, started: 0, succeeded: 0, failed: 0, aborted: 0, mapRunArn: null };
  }
  if (event.type === "ActivityScheduled") turn(model, event.visit, "worker");
  else turn(model, event.visit, event.type.endsWith("StateStarted") ? "branches" : "task");
}

interface Why {
  error: string | null;
  cause: string | null;
}

/** The attempt failed. What comes next, a retry, a catcher or the end, says more; until then a retry is awaited. */
function metFailure(model: Model, id: number, { error, cause }: Why): void {
  const visit = visitOf(model, id);
  Object.assign(visit, { error, cause });
  Object.assign(stateOf(model, visit.state), { error, cause });
  turn(model, id, "retry");
}

function blamed(model: Model, id: number): Why {
  const visit = visitOf(model, id);
  return model.visits[visit.blame] ?? visit;
}

function why(event: HistoryEvent): Why {
  return { error: (event.details["error"] as string | undefined) ?? null, cause: (event.details["cause"] as string | undefined) ?? null };
}

function closeBelow(model: Model, id: number, atMs: number): void {
  closeAll(model, below(model, id), abortedOrFailed, atMs);
}

// Iterations

function iterationsOf(model: Model, visit: number): Iterations {
  const state = stateOf(model, visitOf(model, visit).state);
  const known = state.iterations ?? { total: 0, started: 0, succeeded: 0, failed: 0, aborted: 0, mapRunArn: null };
  return (state.iterations = { ...known });
}

function ofIteration(model: Model, event: HistoryEvent): void {
  if (!(event.visit in model.visits)) return;
  const counts = iterationsOf(model, event.visit);
  if (event.type === "MapIterationStarted") {
    counts.started += 1;
  } else if (event.type === "MapIterationSucceeded") {
    counts.succeeded += 1;
  } else {
    const isFailure = event.type === "MapIterationFailed";
    counts[isFailure ? "failed" : "aborted"] += 1;
    const inner = ids(model).filter((id) => isInside(model.visits[id]?.path ?? [], event.path));
    closeAll(model, inner, isFailure ? outcomeOf : abortedOrFailed, event.atMs);
  }
}

/** Whether a path lies in an iteration, or is it. */
export function isInside(path: Path, outer: Path): boolean {
  return outer.every(([map, index], place) => path[place]?.[0] === map && path[place]?.[1] === index);
}
