/** What the graph is told of an execution: how its states stand, and which ways it went. */
import { transitionKey, type StateStatus, type StatusStore } from "@/graph";

import type { Model, StateModel } from "./reducer";

/** Colour a graph by a picture of its execution. States are known by name, which is unique in a definition. */
export function colour(store: StatusStore, model: Model): void {
  const until = endsOfWaits(model);
  const statuses = new Map<string, StateStatus>();
  const taken = new Set<string>();
  const names = Object.keys(model.states);
  if (names[0] !== undefined) taken.add(transitionKey("", names[0], false));
  for (const [name, state] of Object.entries(model.states)) {
    statuses.set(name, statusOf(state, until.get(name)));
    for (const key of waysOf(name, state)) taken.add(key);
  }
  store.set(statuses, taken);
}

function statusOf(state: StateModel, until: number | undefined): StateStatus {
  const status: StateStatus = { status: state.status, count: state.entered, retries: state.retries };
  if (until !== undefined) status.until = until;
  if (state.iterations && state.iterations.total > 0) {
    const { total, succeeded, failed } = state.iterations;
    status.iterations = { total, succeeded, failed };
  }
  return status;
}

/** A state that was left well went along Next, a rule or Default, or to the end; one whose error was caught along Catch. */
function* waysOf(name: string, state: StateModel): Generator<string> {
  for (const target of Object.keys(state.next)) {
    if (state.succeeded > 0) yield transitionKey(name, target, false);
    if (state.caught > 0) yield transitionKey(name, target, true);
  }
  if (state.succeeded > 0 || state.type === "Fail") yield transitionKey(name, "", false);
}

/** When the first of each state's waits ends. */
function endsOfWaits(model: Model): Map<string, number> {
  const ends = new Map<string, number>();
  for (const { state, untilMs, outcome } of Object.values(model.visits)) {
    if (untilMs !== null && outcome === null) ends.set(state, Math.min(ends.get(state) ?? Infinity, untilMs));
  }
  return ends;
}
