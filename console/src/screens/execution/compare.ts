import { executionPath, read } from "@/api/reads";
import type { HistoryEvent, Model, StateModel } from "@/execution/reducer";

/** A state that went another way, took another time or put out something else. */
export interface StateDifference {
  state: string;
  kinds: ("path" | "duration" | "output")[];
}

const PAGE = 1_000;
/** Times differ when one is longer by a half and by 100 ms at least. */
const LONGER = 1.5;
const LEAST_MS = 100;

export interface Other {
  model: Model;
  outputs: Map<string, string>;
}

/** The latest output of each state, as far as lists show it. */
export function outputsOf(events: readonly HistoryEvent[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { type, state, details } of events) {
    if (type.endsWith("StateExited") && state !== null) found.set(state, String(details["output"] ?? ""));
  }
  return found;
}

/** All that a comparison needs of the other execution. */
export async function otherOf(arn: string, signal: AbortSignal): Promise<Other> {
  const { model } = await read<{ model: Model }>(`${executionPath(arn)}/model`, {}, signal);
  const events: HistoryEvent[] = [];
  while (events.length < model.last) {
    const page = await read<{ events: HistoryEvent[] }>(`${executionPath(arn)}/events`, { after: events.length, limit: PAGE }, signal);
    if (page.events.length === 0) break;
    events.push(...page.events);
  }
  return { model, outputs: outputsOf(events) };
}

function lasted(state: StateModel): number | null {
  return state.exitedMs === null ? null : state.exitedMs - state.enteredMs;
}

function differsInTime(one: StateModel, other: StateModel): boolean {
  const [short = 0, long = 0] = [lasted(one) ?? 0, lasted(other) ?? 0].sort((a, b) => a - b);
  return lasted(one) !== null && lasted(other) !== null && long > short * LONGER && long - short > LEAST_MS;
}

/** The states in which two executions of a machine differ. */
export function differencesOf(model: Model, outputs: Map<string, string>, other: Other): StateDifference[] {
  const names = new Set([...Object.keys(model.states), ...Object.keys(other.model.states)]);
  return [...names].flatMap((state) => {
    const one = model.states[state];
    const two = other.model.states[state];
    const kinds: StateDifference["kinds"] = [];
    if (!one || !two || one.status !== two.status || one.entered !== two.entered) kinds.push("path");
    if (one && two && differsInTime(one, two)) kinds.push("duration");
    if (one && two && outputs.get(state) !== other.outputs.get(state)) kinds.push("output");
    return kinds.length ? [{ state, kinds }] : [];
  });
}
