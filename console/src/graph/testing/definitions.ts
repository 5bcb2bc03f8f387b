/** Definitions for tests and benches: those of tests/definitions, and made ones of any size. */
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../../../tests/definitions/", import.meta.url);

export const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".asl.json"))
  .map((file) => file.replace(".asl.json", ""))
  .sort();

export function definition(name: string): string {
  return readFileSync(new URL(`${name}.asl.json`, FOLDER), "utf-8");
}

type Json = { [field: string]: unknown };

/** Every state of a definition, by its JSON pointer, outer ones first. */
export function statesOf(value: Json, pointer = ""): Map<string, Json> {
  const found = new Map<string, Json>();
  for (const [name, state] of Object.entries((value.States ?? {}) as Record<string, Json>)) {
    const here = `${pointer}/States/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    found.set(here, state);
    const inner: [string, Json][] = ((state.Branches ?? []) as Json[]).map((flow, index) => [`Branches/${index}`, flow]);
    for (const field of ["ItemProcessor", "Iterator"]) if (field in state) inner.push([field, state[field] as Json]);
    for (const [place, flow] of inner) for (const [id, one] of statesOf(flow, `${here}/${place}`)) found.set(id, one);
  }
  return found;
}
