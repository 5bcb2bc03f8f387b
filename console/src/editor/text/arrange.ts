/**
 * Arranging a definition: each operation takes the text and gives the changed text, and the state to look at then.
 *
 * What is not part of the gesture stays byte for byte. An operation that makes no sense gives undefined.
 */
import { END, flowsOf, freshName, innerFlows, namesOf, referencesOf, stateOf, successorOf, type Flow, type Reference, type StatePlace } from "./flows";
import { insertItem, insertMember, isObject, movedText, removeValue, renameMember, setValue, valueAt, type Json, type JsonObject, type Path } from "./json";

export interface Arranged {
  text: string;
  selected: Path | undefined;
  /** The state that is now called otherwise, by its places before and after. */
  renamed?: Renamed;
}

export interface Renamed {
  from: Path;
  to: Path;
}

/**
 * States to be added: the first one, by the name it would like to have, and `more` that belong to it. Where they lead
 * out of the group they name `EXIT`; a state that leads nowhere leads there.
 */
export interface NewState {
  name: string;
  value: JsonObject;
  more?: readonly (readonly [string, JsonObject])[];
}

export const EXIT = "$exit";

const LEAVES = ["Next", "End"] as const;
const NAME_CHARACTERS_MAX = 80;

function definitionOf(text: string): Json | undefined {
  return valueAt(text, []);
}

function flowAt(definition: Json | undefined, path: Path): Flow | undefined {
  return flowsOf(definition).find((flow) => flow.path.length === path.length && flow.path.every((piece, at) => piece === path[at]));
}

export function ends(value: JsonObject): boolean {
  return value.Type === "Succeed" || value.Type === "Fail";
}

/** Let a state go on to another, or end. */
function leadTo(text: string, state: Path, target: string | typeof END): string {
  const value = valueAt(text, state);
  if (!isObject(value)) return text;
  const [wanted, other] = target === END ? (["End", "Next"] as const) : (["Next", "End"] as const);
  const json: Json = target === END ? true : target;
  if (other in value && !(wanted in value)) {
    const renamed = renameMember(text, [...state, other], wanted);
    return setValue(renamed, [...state, wanted], json);
  }
  const set = setValue(text, [...state, wanted], json);
  return other in value ? removeValue(set, [...state, other]) : set;
}

/** The states with names that nobody has, leading out to `target`; what cannot end by itself gets a state to end in. */
function settled(added: NewState, target: string | typeof END, taken: ReadonlySet<string>): [string, JsonObject][] {
  const names = new Map<string, string>();
  const held = new Set(taken);
  for (const [wanted] of [[added.name], ...(added.more ?? [])]) {
    const name = freshName(wanted as string, held);
    names.set(wanted as string, name);
    held.add(name);
  }
  const done = freshName("Done", held);
  let isDone = false;
  const lead = (way: Json | undefined): string => {
    if (way !== undefined && way !== EXIT) return names.get(String(way)) ?? String(way);
    isDone ||= target === END;
    return target === END ? done : target;
  };
  const states = [[added.name, added.value] as const, ...(added.more ?? [])].map(([name, value]): [string, JsonObject] => [names.get(name) ?? name, led(withNewNames(value, held), target, lead)]);
  return isDone ? [...states, [done, { Type: "Succeed" }]] : states;
}

/** A state with its ways out resolved: `lead` tells the name for each way. */
function led(value: JsonObject, target: string | typeof END, lead: (way: Json | undefined) => string): JsonObject {
  const ways = (list: Json | undefined) => (Array.isArray(list) ? list.map((item) => (isObject(item) ? { ...item, Next: lead(item.Next) } : item)) : undefined);
  const result: JsonObject = { ...value };
  const [choices, catchers] = [ways(value.Choices), ways(value.Catch)];
  if (choices) result.Choices = choices;
  if (catchers) result.Catch = catchers;
  if (value.Type === "Choice") return { ...result, Default: lead(value.Default) };
  if (ends(value) || value.End === true) return result;
  delete result.Next;
  const isOut = value.Next === undefined || value.Next === EXIT;
  return isOut && target === END ? { ...result, End: true } : { ...result, Next: lead(value.Next) };
}

function addStates(text: string, flow: Flow, after: string | undefined, states: readonly [string, JsonObject][]): string {
  const names = [...flow.states.keys()];
  const next = after === undefined ? names[0] : names[names.indexOf(after) + 1];
  return states.reduce((changed, [name, value]) => insertMember(changed, [...flow.path, "States"], name, { json: value }, next === undefined ? [] : [next]), text);
}

function nameOf(states: readonly [string, JsonObject][]): string {
  return states[0]?.[0] ?? "";
}

/** Insert a state on an edge. The edge is named by the member that makes it: a Next, a rule's, a StartAt, an End. */
export function insertOnEdge(text: string, edge: Path, added: NewState): Arranged | undefined {
  const definition = definitionOf(text);
  const owner = stateOf(definition, edge);
  if (owner && edge[edge.length - 1] === "End" && ends(owner.value)) return insertBefore(text, owner, added);
  const isStart = edge[edge.length - 1] === "StartAt";
  const flow = isStart ? flowAt(definition, edge.slice(0, -1)) : owner?.flow;
  const old = valueAt(text, edge);
  if (!flow || (typeof old !== "string" && old !== true)) return undefined;
  const states = settled(added, old === true ? END : old, namesOf(definition));
  const name = nameOf(states);
  const grown = addStates(text, flow, isStart ? undefined : owner?.name, states);
  const linked = old === true && owner ? leadTo(grown, owner.path, name) : setValue(grown, edge, name);
  return { text: linked, selected: [...flow.path, "States", name] };
}

/** Behind a Succeed or Fail there is nothing: what is dropped there comes before it. */
function insertBefore(text: string, place: StatePlace, added: NewState): Arranged {
  const states = settled(added, place.name, namesOf(definitionOf(text)));
  const name = nameOf(states);
  const linked = pointing(place).reduce((now, { path }) => setValue(now, path, name), text);
  const grown = states.reduce((now, [one, value]) => insertMember(now, [...place.flow.path, "States"], one, { json: value }, [place.name]), linked);
  return { text: grown, selected: [...place.flow.path, "States", name] };
}

/** Add a state behind another. A Choice goes on by its Default; behind an end there is nothing. */
export function addAfter(text: string, state: Path, added: NewState): Arranged | undefined {
  const value = valueAt(text, state);
  if (!isObject(value) || ends(value)) return undefined;
  if (value.Type === "Choice") {
    if (typeof value.Default === "string") return insertOnEdge(text, [...state, "Default"], added);
    return addDefault(text, state, added);
  }
  const edge = typeof value.Next === "string" ? "Next" : value.End === true ? "End" : undefined;
  if (edge) return insertOnEdge(text, [...state, edge], added);
  return insertOnEdge(leadTo(text, state, END), [...state, "End"], added);
}

function addDefault(text: string, state: Path, added: NewState): Arranged | undefined {
  const definition = definitionOf(text);
  const place = stateOf(definition, state);
  if (!place) return undefined;
  const states = settled(added, END, namesOf(definition));
  const name = nameOf(states);
  const grown = addStates(text, place.flow, place.name, states);
  return { text: setValue(grown, [...state, "Default"], name), selected: [...place.flow.path, "States", name] };
}

/** Put a first state into a flow that has none. */
export function addFirst(text: string, flow: Path, added: NewState): Arranged | undefined {
  const definition = definitionOf(text);
  const place = flowAt(definition, flow);
  if (!place || place.states.size > 0) return undefined;
  const states = settled(added, END, namesOf(definition));
  const name = nameOf(states);
  const started = setValue(text, [...flow, "StartAt"], name, ["States"]);
  return { text: setValue(started, [...flow, "States"], Object.fromEntries(states)), selected: [...flow, "States", name] };
}

/** Add an empty branch to a Parallel. */
export function addBranch(text: string, state: Path): Arranged | undefined {
  const value = valueAt(text, state);
  if (!isObject(value) || value.Type !== "Parallel") return undefined;
  const branches = Array.isArray(value.Branches) ? value.Branches.length : 0;
  return { text: setValue(text, [...state, "Branches", branches], { States: {} }), selected: state };
}

/** Call a state by another name, wherever its flow names it, and nowhere else. */
export function rename(text: string, state: Path, name: string): Arranged | undefined {
  const definition = definitionOf(text);
  const place = stateOf(definition, state);
  if (!place || name === "" || name.length > NAME_CHARACTERS_MAX) return undefined;
  if (name === place.name) return { text, selected: state };
  if (namesOf(definition).has(name)) return undefined;
  const changed = pointing(place).reduce((now, { path }) => setValue(now, path, name), text);
  const to = [...place.flow.path, "States", name];
  return { text: renameMember(changed, place.path, name), selected: to, renamed: { from: place.path, to } };
}

/** What leads to a state. */
function pointing(place: StatePlace): Reference[] {
  return referencesOf(place.flow).filter(({ target }) => target === place.name);
}

/** Take a state away: what led to it leads to its successor from then on. */
export function remove(text: string, state: Path): Arranged | undefined {
  const place = stateOf(definitionOf(text), state);
  if (!place) return undefined;
  const after = successorOf(place.value);
  const successor = after === place.name || after === undefined ? END : after;
  const leading = pointing(place).filter(({ owner }) => owner !== place.name);
  const linked = [...leading].reverse().reduce((now, reference) => relink(now, place.flow, reference, successor), text);
  const before = leading.find(({ owner }) => owner !== undefined)?.owner;
  const selected = successor === END ? before : successor;
  return { text: removeValue(linked, place.path), selected: selected === undefined ? undefined : [...place.flow.path, "States", selected] };
}

/** Lead a reference elsewhere. Where there is no state any more, what cannot do without one goes. */
export function relink(text: string, flow: Flow, reference: Reference, target: string | typeof END): string {
  if (target !== END) return setValue(text, reference.path, target);
  const owner = reference.owner === undefined ? undefined : [...flow.path, "States", reference.owner];
  if (!owner || reference.kind === "default") return removeValue(text, reference.path);
  if (reference.kind === "next") return leadTo(text, owner, END);
  const list = reference.path.slice(0, -2);
  const items = valueAt(text, list);
  const isLast = reference.kind === "catch" && Array.isArray(items) && items.length === 1;
  return removeValue(text, isLast ? list : reference.path.slice(0, -1));
}

export type Connection = "next" | "choice" | "default" | "catch";

/** Draw an edge from a state to another of its flow. A rule begins with `rule`, to be filled in. */
export function connect(text: string, from: Path, to: string, kind: Connection, rule: JsonObject): Arranged | undefined {
  const place = stateOf(definitionOf(text), from);
  if (!place?.flow.states.has(to)) return undefined;
  if (kind === "next") return { text: leadTo(text, from, to), selected: from };
  if (kind === "default") return { text: setValue(text, [...from, "Default"], to), selected: from };
  const [list, item] = kind === "choice" ? ["Choices", { ...rule, Next: to }] : ["Catch", { ErrorEquals: ["States.ALL"], Next: to }];
  const held = place.value[list];
  if (!Array.isArray(held)) return { text: setValue(text, [...from, list], [item], LEAVES), selected: from };
  return { text: insertItem(text, [...from, list], held.length, { json: item }), selected: from };
}

/** Let a flow begin with another of its states. */
export function startAt(text: string, flow: Path, name: string): Arranged | undefined {
  const place = flowAt(definitionOf(text), flow);
  return place?.states.has(name) ? { text: setValue(text, [...flow, "StartAt"], name, ["States"]), selected: [...flow, "States", name] } : undefined;
}

/** Let a state end its flow. */
export function end(text: string, state: Path): Arranged | undefined {
  const value = valueAt(text, state);
  return isObject(value) && connectionsOf(value).includes("next") ? { text: leadTo(text, state, END), selected: state } : undefined;
}

/** Which edges may begin at a state. */
export function connectionsOf(value: JsonObject): Connection[] {
  if (value.Type === "Choice") return ["choice", "default"];
  if (ends(value)) return [];
  return ["Task", "Parallel", "Map"].includes(String(value.Type)) ? ["next", "catch"] : ["next"];
}

/** Lead an edge to another state, or with END take it away. */
export function redirect(text: string, edge: Path, target: string | typeof END): Arranged | undefined {
  const place = stateOf(definitionOf(text), edge);
  const reference = place && referencesOf(place.flow).find(({ path }) => path.length === edge.length && path.every((piece, at) => piece === edge[at]));
  if (!place || !reference) return undefined;
  return { text: relink(text, place.flow, reference, target), selected: place.path };
}

/** A copy of a state right behind it, with new names for itself and all states inside. */
export function duplicate(text: string, state: Path): Arranged | undefined {
  const definition = definitionOf(text);
  const place = stateOf(definition, state);
  if (!place) return undefined;
  const taken = namesOf(definition);
  const name = freshName(place.name, taken);
  taken.add(name);
  const copy = withNewNames(place.value, taken);
  const names = [...place.flow.states.keys()];
  const next = names[names.indexOf(place.name) + 1];
  const grown = insertMember(text, [...place.flow.path, "States"], name, { json: copy }, next === undefined ? [] : [next]);
  const isChained = place.value.Type !== "Choice" && !ends(place.value);
  return { text: isChained ? leadTo(grown, place.path, name) : grown, selected: [...place.flow.path, "States", name] };
}

/** A state whose inner states have names that nobody has. */
function withNewNames(state: JsonObject, taken: Set<string>): JsonObject {
  return innerFlows(state, []).reduce((copy, [inner, path]) => {
    const renamed = JSON.stringify(renamedFlow(inner, taken));
    const [list, at] = path as [string, number | undefined];
    if (at === undefined) return { ...copy, [list]: JSON.parse(renamed) as Json };
    return { ...copy, [list]: (copy[list] as Json[]).map((branch, index) => (index === at ? (JSON.parse(renamed) as Json) : branch)) };
  }, state);
}

function renamedFlow(flow: JsonObject, taken: Set<string>): JsonObject {
  let text = JSON.stringify(flow);
  for (const name of flowsOf(flow)[0]?.states.keys() ?? []) {
    const fresh = freshName(name, taken);
    taken.add(fresh);
    text = rename(text, ["States", name], fresh)?.text ?? text;
    const inner = valueAt(text, ["States", fresh]);
    if (isObject(inner)) text = setValue(text, ["States", fresh], withNewNames(inner, taken));
  }
  return JSON.parse(text) as JsonObject;
}

/** Put a state into a Parallel or a Map of its own, which takes its place. Its catchers go along to the outside. */
export function wrap(text: string, state: Path, container: "Parallel" | "Map"): Arranged | undefined {
  const definition = definitionOf(text);
  const place = stateOf(definition, state);
  if (!place || place.value.Type === "Choice" || ends(place.value)) return undefined;
  const name = freshName(container, namesOf(definition));
  const linked = pointing(place).reduce((now, { path }) => setValue(now, path, name), text);
  const moved = innerText(linked, place);
  const outer = outerValue({ ...place, value: valueAt(linked, state) as JsonObject }, container);
  const states = [...place.flow.path, "States"];
  const names = [...place.flow.states.keys()];
  const next = names[names.indexOf(place.name) + 1];
  const grown = insertMember(removeValue(linked, place.path), states, name, { json: outer }, next === undefined ? [] : [next]);
  const inside = container === "Parallel" ? [...states, name, "Branches", 0] : [...states, name, "ItemProcessor"];
  return { text: insertMember(grown, [...inside, "States"], place.name, moved), selected: [...states, name] };
}

/** The text of a state that ends its flow and catches nothing. */
function innerText(text: string, place: StatePlace) {
  const alone = leadTo("Catch" in place.value ? removeValue(text, [...place.path, "Catch"]) : text, place.path, END);
  return movedText(alone, place.path);
}

function outerValue(place: StatePlace, container: "Parallel" | "Map"): JsonObject {
  const { Next, End, Catch } = place.value;
  const flow: JsonObject = { StartAt: place.name, States: {} };
  return {
    Type: container,
    ...(container === "Parallel" ? { Branches: [flow] } : { ItemProcessor: { ProcessorConfig: { Mode: "INLINE" }, ...flow } }),
    ...(Catch === undefined ? {} : { Catch }),
    ...(Next === undefined ? { End: End ?? true } : { Next }),
  };
}

/** Take a branch, or a Map's processor, out of its container, behind it; a container that is empty then goes. */
export function extract(text: string, inner: Path): Arranged | undefined {
  const definition = definitionOf(text);
  const place = stateOf(definition, inner);
  const flow = flowAt(definition, inner);
  if (!place || !flow?.startAt || flow.path.length === place.path.length) return undefined;
  const after = successorOf(place.value) ?? END;
  const isOnly = !Array.isArray(place.value.Branches) || place.value.Branches.length === 1;
  const led = [...flow.states.keys()].reduce((now, name) => endInto(now, [...flow.path, "States", name], after), text);
  const pieces = [...flow.states.keys()].map((name) => [name, movedText(led, [...flow.path, "States", name])] as const);
  const names = [...place.flow.states.keys()];
  const next = names[names.indexOf(place.name) + 1];
  const states = [...place.flow.path, "States"];
  const grown = pieces.reduce((now, [name, piece]) => insertMember(now, states, name, piece, next === undefined ? [] : [next]), led);
  const selected = [...states, flow.startAt];
  if (!isOnly) return { text: leadTo(removeValue(grown, inner), place.path, flow.startAt), selected };
  const linked = pointing(place).reduce((now, { path }) => setValue(now, path, flow.startAt as string), grown);
  return { text: removeValue(linked, place.path), selected };
}

/** A state that ended its flow goes on to `after` instead; a Succeed, which would now end more than that, becomes a Pass. */
function endInto(text: string, state: Path, after: string | typeof END): string {
  const value = valueAt(text, state);
  if (!isObject(value) || after === END) return text;
  if (value.Type === "Succeed") return leadTo(setValue(text, [...state, "Type"], "Pass"), state, after);
  return value.End === true ? leadTo(text, state, after) : text;
}
