/** What an expression can see at a state: the workflow variables that states before it, or around it, may have set. */
import { flowsOf, listOf, referencesOf, type Flow } from "./text/flows";
import { isObject, type Json, type JsonObject } from "./text/json";

/** The variables that a state sets, by its Assign, its rules' and its catchers'. */
export function assignedBy(state: JsonObject): string[] {
  const sources = [state, ...listOf(state.Choices), ...listOf(state.Catch)].map((holder) => holder.Assign);
  return [...new Set(sources.flatMap((assign) => (isObject(assign) ? Object.keys(assign) : [])).map((name) => name.replace(/\.\$$/, "")))];
}

/** The variables that may be set when a state is entered: by any state that leads to it, and by those around it. */
export function variablesAt(definition: Json | undefined, state: readonly (string | number)[]): string[] {
  const found = new Set<string>();
  for (const flow of flowsOf(definition)) {
    const name = state[flow.path.length + 1];
    const isInside = flow.path.every((piece, at) => piece === state[at]) && state[flow.path.length] === "States";
    if (isInside && typeof name === "string") for (const before of leadingTo(flow, name)) for (const one of assignedBy(flow.states.get(before) ?? {})) found.add(one);
  }
  return [...found].sort();
}

function leadingTo(flow: Flow, name: string): Set<string> {
  const references = referencesOf(flow);
  const reached = new Set<string>();
  const left = [name];
  for (let target = left.pop(); target !== undefined; target = left.pop()) {
    for (const { owner, target: to } of references) {
      if (to !== target || owner === undefined || reached.has(owner)) continue;
      reached.add(owner);
      left.push(owner);
    }
  }
  return reached;
}
