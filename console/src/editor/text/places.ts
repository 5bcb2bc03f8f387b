/** Where things are in a text: what a diagnostic's location means, and which state and field an offset or path is in. */
import { getLocation, type Node } from "jsonc-parser";

import { stateOf, type StatePlace } from "./flows";
import { nodeAt, parseText, type Json, type Path } from "./json";

export interface Place {
  path: Path;
  /** The range of the value, or of its name where it is a member. */
  from: number;
  to: number;
  line: number;
}

const REPORTED = /; line: (\d+), column: (\d+)\]$/;

/**
 * The place that a location of a diagnostic means (`/States/A/Branches[0]/StartAt`), or that of the nearest thing
 * around it. A name may hold slashes and brackets, so names are tried as they stand in the text.
 */
export function placeOfLocation(text: string, location: string | undefined): Place | undefined {
  const reported = location === undefined ? null : REPORTED.exec(location);
  if (reported) return placeOfOffset(text, offsetOf(text, Number(reported[1]), Number(reported[2])));
  const { root } = parseText(text);
  if (!root || location === undefined) return undefined;
  const reached = follow(root, location.replace(/\/+$/, ""));
  return placeOfPath(text, reached.path);
}

interface Reached {
  left: number;
  path: Path;
}

function follow(node: Node, rest: string, path: Path = []): Reached {
  let best: Reached = { left: rest.length, path };
  if (rest === "") return best;
  for (const [child, piece, left] of steps(node, rest)) {
    const reached = follow(child, left, [...path, piece]);
    if (reached.left < best.left) best = reached;
    if (best.left === 0) break;
  }
  return best;
}

function* steps(node: Node, rest: string): Generator<[Node, string | number, string]> {
  const index = /^\[(\d+)\]/.exec(rest);
  const item = index && node.type === "array" ? node.children?.[Number(index[1])] : undefined;
  if (index && item) yield [item, Number(index[1]), rest.slice(index[0].length)];
  if (node.type !== "object" || !rest.startsWith("/")) return;
  for (const member of node.children ?? []) {
    const [key, value] = member.children ?? [];
    const name = String(key?.value);
    const left = rest.slice(1 + name.length);
    if (value && rest.startsWith(name, 1) && (left === "" || left.startsWith("/") || left.startsWith("["))) yield [value, name, left];
  }
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let count = 1; count < line; count += 1) start = text.indexOf("\n", start) + 1;
  return Math.min(text.length, start + column - 1);
}

export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

function placeOfOffset(text: string, offset: number): Place {
  return { path: getLocation(text, offset).path.filter((piece) => piece !== ""), from: offset, to: Math.min(text.length, offset + 1), line: lineOf(text, offset) };
}

/** The place of a path: of the member's name, so that a mark is short and stands at the beginning. */
export function placeOfPath(text: string, path: Path): Place | undefined {
  const node = nodeAt(text, path);
  if (!node) return undefined;
  const shown = node.parent?.type === "property" ? (node.parent.children?.[0] ?? node) : node;
  const isWhole = path.length === 0;
  return { path, from: shown.offset, to: isWhole ? shown.offset + 1 : shown.offset + shown.length, line: lineOf(text, shown.offset) };
}

/** The path of the value around an offset. */
export function pathAt(text: string, offset: number): Path {
  return getLocation(text, offset).path;
}

/** The state that a path is in, and the field of that state. */
export function fieldOf(definition: Json | undefined, path: Path): { state: StatePlace | undefined; field: string | undefined } {
  const state = stateOf(definition, path);
  const field = state ? path[state.path.length] : path[0];
  return { state, field: field === undefined ? undefined : String(field) };
}
