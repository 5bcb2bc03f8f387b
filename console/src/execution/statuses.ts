import { transitionKey, type StateStatus } from "../graph/status";
import type { Wait } from "./following";
import { apply, emptyModel, isInside, type HistoryEvent, type Model, type Path, type StateModel } from "./reducer";

/** How far the children of a Map Run are: the history of its parent does not tell. */
export type Tally = NonNullable<StateStatus["iterations"]>;

/** How the states of a picture stand, in the words of the graph. `tallies` are those of Map Runs, by ARN. */
export function statusesOf(model: Model, waits: Readonly<Record<string, Wait>>, tallies: ReadonlyMap<string, Tally> = new Map()): Map<string, StateStatus> {
  const until = new Map<string, number>();
  for (const [id, { untilMs }] of Object.entries(waits)) {
    const visit = model.visits[Number(id)];
    if (visit && untilMs !== null) until.set(visit.state, Math.min(untilMs, until.get(visit.state) ?? Infinity));
  }
  return new Map(Object.entries(model.states).map(([name, state]) => [name, statusOf(state, until.get(name), tallies)]));
}

function statusOf(state: StateModel, until: number | undefined, tallies: ReadonlyMap<string, Tally>): StateStatus {
  const { status, entered, retries, iterations } = state;
  return {
    status,
    count: entered,
    retries,
    ...(status === "waiting" && until !== undefined && { until }),
    ...(iterations && { iterations: tallies.get(iterations.mapRunArn ?? "") ?? { total: iterations.total, succeeded: iterations.succeeded, failed: iterations.failed + iterations.aborted } }),
  };
}

/**
 * The transitions that were taken. A picture counts where a state led to, not by which of its fields: while some visits were
 * caught and others were not, a target may have been reached either way, and both count as taken.
 */
export function takenIn(model: Model, startAt: string | undefined): Set<string> {
  const taken = new Set<string>();
  if (startAt !== undefined && startAt in model.states) taken.add(transitionKey("", startAt, false));
  for (const [name, state] of Object.entries(model.states)) {
    const targets = Object.entries(state.next);
    for (const [target] of targets) {
      if (state.caught > 0) taken.add(transitionKey(name, target, true));
      if (state.caught === 0 || state.succeeded > 0) taken.add(transitionKey(name, target, false));
    }
    const left = targets.reduce((sum, [, count]) => sum + count, 0);
    if (state.succeeded + state.caught > left || (state.type === "Fail" && state.failed > 0)) taken.add(transitionKey(name, "", false));
  }
  return taken;
}

/** The picture of one iteration: what happened in it, and on the way to it. */
export function modelWithin(events: readonly HistoryEvent[], last: number, path: Path): Model {
  const model = emptyModel();
  for (const event of events) {
    if (event.id > last) break;
    if (isInside(event.path, path) || isInside(path, event.path)) apply(model, event);
  }
  return model;
}
