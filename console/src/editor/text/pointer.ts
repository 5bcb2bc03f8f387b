/** JSON pointers (RFC 6901): the names of states, fields and nodes across the console. */
import type { Path } from "./json";

export function pointerOf(path: Path): string {
  return path.map((piece) => `/${String(piece).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The path of a pointer. A piece of digits below one of `LISTS` is an index. */
export function pathOf(pointer: string): Path {
  const pieces = pointer.split("/").slice(1).map((piece) => piece.replaceAll("~1", "/").replaceAll("~0", "~"));
  return pieces.map((piece, at) => (/^\d+$/.test(piece) && LISTS.has(pieces[at - 1] ?? "") ? Number(piece) : piece));
}

const LISTS = new Set(["Branches", "Choices", "Catch", "Retry", "And", "Or", "ErrorEquals"]);
