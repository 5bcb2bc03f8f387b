import { parse, printParseErrorCode, type ParseError } from "jsonc-parser";

/** An execution's input is at most this long in UTF-8: a quota of the service. */
export const INPUT_BYTES_MAX = 262_144;

export interface Fault {
  kind: "json" | "size";
  detail: string;
}

/** Why a text is no input, or `null`. */
export function faultIn(text: string): Fault | null {
  if (new TextEncoder().encode(text).length > INPUT_BYTES_MAX) return { kind: "size", detail: "" };
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowEmptyContent: false });
  const [first] = errors;
  if (!first) return null;
  const before = text.slice(0, first.offset).split("\n");
  return { kind: "json", detail: `${before.length}:${(before.at(-1)?.length ?? 0) + 1} ${printParseErrorCode(first.error)}` };
}
