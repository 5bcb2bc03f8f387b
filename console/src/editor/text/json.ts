/**
 * Patches on a JSON text: what a patch does not touch stays as it is, byte for byte.
 *
 * A patch finds its place in the tree of the parsed text and writes only there, in the spacing that it finds around it.
 */
import { applyEdits, findNodeAtLocation, format, getNodeValue, parseTree, type Node, type ParseError, printParseErrorCode } from "jsonc-parser";

export type Path = readonly (string | number)[];
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export interface Fault {
  message: string;
  offset: number;
  length: number;
}

export interface Parsed {
  root: Node | undefined;
  faults: readonly Fault[];
}

const STRICT = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };
const INLINE_CHARACTERS_MAX = 80;

/** The tree of a text, as far as it can be read, and what is wrong with it. */
export function parseText(text: string): Parsed {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, STRICT);
  const faults = errors.map(({ error, offset, length }) => ({ message: printParseErrorCode(error), offset, length }));
  return { root, faults };
}

export function nodeAt(text: string, path: Path): Node | undefined {
  const { root } = parseText(text);
  return root && findNodeAtLocation(root, [...path]);
}

export function valueAt(text: string, path: Path): Json | undefined {
  const node = nodeAt(text, path);
  return node && (getNodeValue(node) as Json);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, at) => isSame(item, other[at]));
  if (isObject(one) && isObject(other)) {
    const names = Object.keys(one);
    return names.length === Object.keys(other).length && names.every((name) => name in other && isSame(one[name], other[name]));
  }
  return one === other;
}

// The spacing of a text ---------------------------------------------------------------------------------------------

interface Style {
  eol: string;
  unit: string;
  colon: string;
  lines: boolean;
}

function styleOf(text: string, root: Node | undefined): Style {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const first = root?.children?.[0];
  if (!first) return { eol, unit: "  ", colon: ": ", lines: true };
  const lines = text.slice(root.offset, first.offset).includes("\n");
  const [key, value] = first.children ?? [];
  const colon = key && value ? text.slice(key.offset + key.length, value.offset) : ": ";
  const unit = lines ? indentAt(text, first.offset).slice(indentAt(text, root.offset).length) : "";
  return { eol, unit: unit || "  ", colon: colon.includes("\n") ? ": " : colon, lines };
}

/** The blanks that begin the line of an offset. */
function indentAt(text: string, offset: number): string {
  const begin = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(begin, offset))?.[0] ?? "";
}

/** A value as this text would write it, its further lines indented by `indent`. Short lists of scalars stay on a line. */
function print(value: Json, indent: string, style: Style): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Array.isArray(value) ? value.map((item) => ["", item] as const) : Object.entries(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (entries.length === 0) return `${open}${close}`;
  const inner = indent + style.unit;
  const pieces = entries.map(([name, item]) => {
    const key = Array.isArray(value) ? "" : JSON.stringify(name) + style.colon;
    return key + print(item, inner, style);
  });
  const joined = `${open}${pieces.join(style.colon === ":" ? "," : ", ")}${close}`;
  const flat = Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null);
  if (!style.lines || (flat && joined.length <= INLINE_CHARACTERS_MAX)) return joined;
  return `${open}${style.eol}${inner}${pieces.join(`,${style.eol}${inner}`)}${style.eol}${indent}${close}`;
}

// Patches -------------------------------------------------------------------------------------------------------------

/** How a piece is written, once its indentation is known. */
export type Printed = (indent: string, print: (value: Json) => string) => string;

function splice(text: string, offset: number, length: number, content: string): string {
  return text.slice(0, offset) + content + text.slice(offset + length);
}

function endOf(node: Node): number {
  return node.offset + node.length;
}

function insertChild(text: string, root: Node, container: Node, at: number, piece: Printed): string {
  const style = styleOf(text, root);
  const children = container.children ?? [];
  const written = (indent: string) => piece(indent, (value) => print(value, indent, style));
  const first = children[0];
  if (!first) {
    const outer = indentAt(text, container.offset);
    const [open, close] = container.type === "array" ? "[]" : "{}";
    const inner = outer + style.unit;
    const content = style.lines ? `${open}${style.eol}${inner}${written(inner)}${style.eol}${outer}${close}` : open + written("") + close;
    return splice(text, container.offset, container.length, content);
  }
  const inLines = text.slice(container.offset, first.offset).includes("\n");
  const indent = indentAt(text, first.offset);
  const next = children[at];
  const between = inLines ? style.eol + indent : style.colon === ":" ? "" : " ";
  if (next) return splice(text, next.offset, 0, `${written(indent)},${between}`);
  return splice(text, endOf(children[children.length - 1] ?? first), 0, `,${between}${written(indent)}`);
}

function removeChild(text: string, container: Node, at: number): string {
  const children = container.children ?? [];
  const [before, child, after] = [children[at - 1], children[at], children[at + 1]];
  if (!child) return text;
  if (after) return splice(text, child.offset, after.offset - child.offset, "");
  if (before) return splice(text, endOf(before), endOf(child) - endOf(before), "");
  return splice(text, container.offset + 1, container.length - 2, "");
}

/** Where a new member goes: before the named one, or at the end. */
function placeOf(container: Node, before: readonly string[]): number {
  const names = (container.children ?? []).map((child) => child.children?.[0]?.value as string);
  const found = names.findIndex((name) => before.includes(name));
  return found < 0 ? names.length : found;
}

/** Add a member to an object, before the first of the members `before`, or else at its end. */
export function insertMember(text: string, object: Path, name: string, value: Printed | { json: Json }, before: readonly string[] = []): string {
  const { root } = parseText(text);
  const container = root && findNodeAtLocation(root, [...object]);
  if (!container || container.type !== "object") return text;
  const { colon } = styleOf(text, root);
  const piece: Printed = (indent, print) => {
    const written = typeof value === "function" ? value(indent, print) : print(value.json);
    return JSON.stringify(name) + colon + written;
  };
  return insertChild(text, root, container, placeOf(container, before), piece);
}

/** Add an item to a list, before the item of that index, or at its end. */
export function insertItem(text: string, list: Path, at: number, value: Printed | { json: Json }): string {
  const { root } = parseText(text);
  const container = root && findNodeAtLocation(root, [...list]);
  if (!container || container.type !== "array") return text;
  const piece: Printed = (indent, print) => (typeof value === "function" ? value(indent, print) : print(value.json));
  return insertChild(text, root, container, at, piece);
}

/** Give a place another value. A value that is the same already is left as it is written. */
export function setValue(text: string, path: Path, value: Json, before: readonly string[] = []): string {
  const { root } = parseText(text);
  const node = root && findNodeAtLocation(root, [...path]);
  if (node) {
    if (isSame(getNodeValue(node), value)) return text;
    return splice(text, node.offset, node.length, print(value, indentAt(text, node.offset), styleOf(text, root)));
  }
  const parent = path.slice(0, -1);
  const last = path[path.length - 1];
  if (last === undefined) return text;
  if (!nodeAt(text, parent)) return setValue(text, parent, typeof last === "number" ? [value] : { [last]: value }, before);
  return typeof last === "number" ? insertItem(text, parent, last, { json: value }) : insertMember(text, parent, last, { json: value }, before);
}

/** Take a member or an item away, with its comma. */
export function removeValue(text: string, path: Path): string {
  const node = nodeAt(text, path);
  const child = node?.parent?.type === "property" ? node.parent : node;
  const container = child?.parent;
  if (!child || !container) return text;
  return removeChild(text, container, container.children?.indexOf(child) ?? -1);
}

/** Call a member by another name; its value and place stay. */
export function renameMember(text: string, path: Path, name: string): string {
  const key = nodeAt(text, path)?.parent?.children?.[0];
  return key ? splice(text, key.offset, key.length, JSON.stringify(name)) : text;
}

/** The text of a value as it is written, its further lines indented as they will be at another place. */
export function movedText(text: string, path: Path): Printed {
  const node = nodeAt(text, path);
  if (!node) return () => "null";
  const written = text.slice(node.offset, endOf(node));
  const from = indentAt(text, node.offset);
  return (indent) => written.replace(/\n([ \t]*)/g, (_, blanks: string) => `\n${blanks.startsWith(from) ? indent + blanks.slice(from.length) : blanks}`);
}

/** A text to be read: one that was written in one line is laid out in several. */
export function readable(text: string): string {
  return text.trimEnd().includes("\n") ? text : formatted(text);
}

/** The whole text in lines of two blanks, each value as it is spelled. A text with faults is left as it is. */
export function formatted(text: string): string {
  if (parseText(text).faults.length > 0) return text;
  const edits = format(text, undefined, { tabSize: 2, insertSpaces: true, eol: "\n", insertFinalNewline: true });
  return applyEdits(text, edits);
}
