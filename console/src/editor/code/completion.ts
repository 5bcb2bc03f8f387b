/** What may be written at a place of a definition: fields, states, errors, functions, variables. */
import { getLocation } from "jsonc-parser";

import { fieldsOf, definitionSchema, schemaAt, STATE_TYPES, WORDS, type FieldSchema, type ObjectSchema } from "../language";
import { variablesAt } from "../scope";
import { languageOf, stateOf } from "../text/flows";
import { isObject, valueAt, type Json, type Path } from "../text/json";

export type OptionKind = "property" | "class" | "constant" | "function" | "variable" | "enum";

export interface Option {
  label: string;
  kind: OptionKind;
  /** What is written, where it is not the label. */
  insert?: string;
  detail?: string;
}

export interface Offered {
  /** Where the part begins that an option replaces. */
  from: number;
  options: Option[];
}

const BLANK: Partial<Record<string, string>> = { object: "{}", list: "[]", handlers: "[]", template: "{}", assign: "{}", boolean: "true", states: "{}", flow: "{}", rules: "[]" };

/** What can be written at an offset of a text, of which `good` is the last definition that could be read. */
export function offeredAt(text: string, offset: number, good: Json): Offered | undefined {
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  const inside = stringAround(text, offset);
  if (isAtPropertyKey) return keysAt(text, path.slice(0, -1), good, inside?.from ?? offset, inside !== undefined);
  if (inside) {
    const expression = expressionAt(text, inside.from, offset, path, good);
    if (expression) return expression;
  }
  const values = valuesAt(path, good);
  if (values.length === 0) return undefined;
  const from = inside ? inside.from : previousNode && previousNode.offset <= offset && offset <= previousNode.offset + previousNode.length ? previousNode.offset : offset;
  return { from, options: values.map((option) => (inside ? { ...option, insert: option.label } : { ...option, insert: JSON.stringify(option.label) })) };
}

interface Quoted {
  from: number;
}

/** The text in quotes around an offset: where its first character is. */
function stringAround(text: string, offset: number): Quoted | undefined {
  const line = text.lastIndexOf("\n", offset - 1) + 1;
  let open: number | undefined;
  for (let at = line; at < offset; at += 1) {
    if (text[at] === "\\" && open !== undefined) at += 1;
    else if (text[at] === '"') open = open === undefined ? at + 1 : undefined;
  }
  return open === undefined ? undefined : { from: open };
}

function typeAt(good: Json, path: Path): (depth: number) => unknown {
  return (depth) => {
    const state = path.slice(0, depth + 1).reduce<Json | undefined>((value, piece) => (Array.isArray(value) ? value[Number(piece)] : isObject(value) ? value[piece] : undefined), good);
    return isObject(state) ? state.Type : undefined;
  };
}

function objectAt(path: Path, good: Json): ObjectSchema | undefined {
  return schemaAt(definitionSchema(), path, typeAt(good, path));
}

function keysAt(text: string, path: Path, good: Json, from: number, quoted: boolean): Offered | undefined {
  if (path[path.length - 1] === "States") return undefined;
  const held = valueAt(text, path) ?? path.reduce<Json | undefined>((value, piece) => (Array.isArray(value) ? value[Number(piece)] : isObject(value) ? value[piece] : undefined), good);
  const taken = isObject(held) ? held : {};
  const language = languageOf(good, stateOf(good, path)?.value);
  const fields = fieldsOf(objectAt(path, good) ?? {}, language).filter(({ name, instead }) => !(name in taken) && !instead.some((other) => other in taken));
  const options = fields.map(({ name, schema, required }): Option => ({
    label: name,
    kind: "property",
    insert: quoted ? name : `${JSON.stringify(name)}: ${BLANK[schema["x-kind"]] ?? (schema["x-kind"] === "number" ? "0" : '""')}`,
    detail: required ? "*" : (schema.description ?? ""),
  }));
  return { from, options };
}

function fieldAt(path: Path, good: Json): FieldSchema | undefined {
  const last = path[path.length - 1];
  const holder = typeof last === "number" ? path.slice(0, -1) : path;
  const name = holder[holder.length - 1];
  return typeof name === "string" ? objectAt(holder.slice(0, -1), good)?.properties?.[name] : undefined;
}

function valuesAt(path: Path, good: Json): Option[] {
  const field = fieldAt(path, good);
  const name = path.findLast((piece) => typeof piece === "string");
  if (name === "ErrorEquals") return WORDS.errors.map((label) => ({ label, kind: "constant" }));
  if (name === "Type" && field?.["x-kind"] === "type") return STATE_TYPES.map((label) => ({ label, kind: "class" }));
  if (field?.["x-kind"] === "state") return statesAround(path, good).map((label) => ({ label, kind: "class" }));
  return (field?.enum ?? []).map((label) => ({ label, kind: "enum" }));
}

/** The states that a place can lead to: those of the flow around it. */
function statesAround(path: Path, good: Json): string[] {
  const own = stateOf(good, path);
  const flow = own ? own.flow.states : undefined;
  if (flow) return [...flow.keys()].filter((name) => name !== own?.name || path[path.length - 1] !== "Next");
  const holder = path.slice(0, -1).reduce<Json | undefined>((value, piece) => (Array.isArray(value) ? value[Number(piece)] : isObject(value) ? value[piece] : undefined), good);
  return isObject(holder) && isObject(holder.States) ? Object.keys(holder.States) : [];
}

/** Functions and variables within `{% %}`, or within a path or an intrinsic call. */
function expressionAt(text: string, start: number, offset: number, path: Path, good: Json): Offered | undefined {
  const before = text.slice(start, offset);
  const state = stateOf(good, path);
  const variables = state ? variablesAt(good, state.path) : [];
  if (before.startsWith("{%")) {
    const word = /\$[\w.]*$/.exec(before)?.[0];
    if (word === undefined) return undefined;
    return { from: offset - word.length, options: jsonataOptions(state === undefined ? [] : offersOf(path, good), variables) };
  }
  const isPath = languageOf(good, state?.value) === "JSONPath" && (String(path[path.length - 1]).endsWith(".$") || fieldAt(path, good)?.["x-kind"] === "path");
  const word = isPath ? /(States\.\w*|\$[\w$.]*|^S\w*)$/.exec(before)?.[0] : undefined;
  if (word === undefined) return undefined;
  return { from: offset - word.length, options: pathOptions(variables) };
}

function offersOf(path: Path, good: Json): string[] {
  const state = stateOf(good, path);
  if (!state) return [];
  for (let depth = path.length; depth > state.path.length; depth -= 1) {
    const offers = fieldAt(path.slice(0, depth), good)?.["x-offers"];
    if (offers) return offers;
  }
  return [];
}

function jsonataOptions(offers: readonly string[], variables: readonly string[]): Option[] {
  const states = WORDS.states.filter((name) => name === "input" || name === "context" || offers.includes(name));
  return [
    ...states.map((name): Option => ({ label: `$states.${name}`, kind: "variable" })),
    ...variables.map((name): Option => ({ label: `$${name}`, kind: "variable" })),
    ...WORDS.jsonata.map((name): Option => ({ label: `$${name}`, kind: "function", insert: `$${name}(` })),
  ];
}

function pathOptions(variables: readonly string[]): Option[] {
  const context = ["$", "$$.Execution.Id", "$$.Execution.Name", "$$.Execution.Input", "$$.Execution.StartTime", "$$.State.Name", "$$.State.EnteredTime", "$$.StateMachine.Id", "$$.Task.Token", "$$.Map.Item.Index", "$$.Map.Item.Value"];
  return [
    ...context.map((label): Option => ({ label, kind: "variable" })),
    ...variables.map((name): Option => ({ label: `$${name}`, kind: "variable" })),
    ...Object.entries(WORDS.intrinsics).map(([name, kinds]): Option => ({ label: name, kind: "function", insert: `${name}(`, detail: kinds.join(", ") })),
  ];
}
