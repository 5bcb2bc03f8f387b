/** What stands in a definition: its flows, their states, and everything that names a state. Safe on half-written ones. */
import { isObject, type Json, type JsonObject, type Path } from "./json";

export type QueryLanguage = "JSONPath" | "JSONata";
export const END = Symbol("end");
export type ReferenceKind = "start" | "next" | "choice" | "default" | "catch";

/** A place that names a state of the same flow. `owner` is the state in which it stands; the start of a flow has none. */
export interface Reference {
  kind: ReferenceKind;
  path: Path;
  owner: string | undefined;
  target: string;
}

/** States with a start: the definition itself, a branch of a Parallel or the processor of a Map. */
export interface Flow {
  path: Path;
  startAt: string | undefined;
  states: ReadonlyMap<string, JsonObject>;
}

export interface StatePlace {
  path: Path;
  name: string;
  value: JsonObject;
  flow: Flow;
}

export const PROCESSORS = ["ItemProcessor", "Iterator"] as const;

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function flowAt(value: JsonObject, path: Path): Flow {
  const states = new Map<string, JsonObject>();
  if (isObject(value.States)) for (const [name, state] of Object.entries(value.States)) if (isObject(state)) states.set(name, state);
  return { path, startAt: textOf(value.StartAt), states };
}

/** The flows that a state holds, with their paths. */
export function innerFlows(state: JsonObject, path: Path): [JsonObject, Path][] {
  const branches = Array.isArray(state.Branches) ? state.Branches : [];
  const found: [Json | undefined, Path][] = branches.map((branch, at) => [branch, [...path, "Branches", at]]);
  for (const name of PROCESSORS) found.push([state[name], [...path, name]]);
  return found.filter((entry): entry is [JsonObject, Path] => isObject(entry[0]));
}

/** All flows, the outermost first. */
export function flowsOf(definition: Json | undefined): Flow[] {
  const found: Flow[] = [];
  const visit = (value: JsonObject, path: Path) => {
    const flow = flowAt(value, path);
    found.push(flow);
    for (const [name, state] of flow.states) for (const [inner, innerPath] of innerFlows(state, [...path, "States", name])) visit(inner, innerPath);
  };
  if (isObject(definition)) visit(definition, []);
  return found;
}

export function statesOf(definition: Json | undefined): StatePlace[] {
  return flowsOf(definition).flatMap((flow) => [...flow.states].map(([name, value]) => ({ path: [...flow.path, "States", name], name, value, flow })));
}

export function namesOf(definition: Json | undefined): Set<string> {
  return new Set(statesOf(definition).map(({ name }) => name));
}

/** The state in which a path stands, itself included. */
export function stateOf(definition: Json | undefined, path: Path): StatePlace | undefined {
  const above = statesOf(definition).filter((state) => state.path.every((piece, at) => piece === path[at]));
  return above[above.length - 1];
}

/** Everything in a flow that names one of its states, in the order of the text. */
export function referencesOf(flow: Flow): Reference[] {
  const found: Reference[] = [];
  const add = (kind: ReferenceKind, owner: string | undefined, target: Json | undefined, path: Path) => {
    if (typeof target === "string") found.push({ kind, owner, target, path });
  };
  add("start", undefined, flow.startAt, [...flow.path, "StartAt"]);
  for (const [name, state] of flow.states) {
    const path = [...flow.path, "States", name];
    add("next", name, state.Next, [...path, "Next"]);
    listOf(state.Choices).forEach((rule, at) => add("choice", name, rule.Next, [...path, "Choices", at, "Next"]));
    add("default", name, state.Default, [...path, "Default"]);
    listOf(state.Catch).forEach((catcher, at) => add("catch", name, catcher.Next, [...path, "Catch", at, "Next"]));
  }
  return found;
}

/** The objects of a list; what is none stands as an empty one, so that indices stay. */
export function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map((item) => (isObject(item) ? item : {})) : [];
}

/** Where a state goes on when all is well: a name, END, or nowhere. */
export function successorOf(state: JsonObject): string | typeof END | undefined {
  if (typeof state.Next === "string") return state.Next;
  if (state.Type === "Choice") return textOf(state.Default) ?? textOf(listOf(state.Choices)[0]?.Next);
  if (state.End === true || state.Type === "Succeed" || state.Type === "Fail") return END;
  return undefined;
}

/** The query language of a state: its own, or the definition's. */
export function languageOf(definition: Json | undefined, state: JsonObject | undefined): QueryLanguage {
  const own = state?.QueryLanguage ?? (isObject(definition) ? definition.QueryLanguage : undefined);
  return own === "JSONata" ? "JSONata" : "JSONPath";
}

/** A name that no state has yet: the wanted one, or that with a number. */
export function freshName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  const stem = wanted.replace(/ \(\d+\)$/, "");
  for (let number = 2; ; number += 1) if (!taken.has(`${stem} (${number})`)) return `${stem} (${number})`;
}
