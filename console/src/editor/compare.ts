/** What differs between two definitions, state by state. */
import { statesOf } from "./text/flows";
import { isObject, isSame, type Json } from "./text/json";
import { pointerOf } from "./text/pointer";

export type Change = "added" | "removed" | "changed";

export interface Difference {
  /** JSON pointer of the state; "" is the definition itself. */
  id: string;
  name: string;
  change: Change;
  /** The fields that differ, in the order of the later definition. */
  fields: string[];
}

const INNER = new Set(["States", "Branches", "ItemProcessor", "Iterator"]);

/** A state without the states inside it, so that a change is told where it was made. */
function own(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => own(item) ?? null);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== "States").map(([name, member]) => [name, INNER.has(name) ? (own(member) ?? null) : member]));
}

function fieldsThatDiffer(before: Json, after: Json): string[] {
  if (!isObject(before) || !isObject(after)) return [];
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return names.filter((name) => name !== "States" && !isSame(own(before[name]), own(after[name])));
}

/** Added and changed states in the order of the later definition, then those that are gone. */
export function differences(before: Json, after: Json): Difference[] {
  const [old, now] = [before, after].map((definition) => new Map(statesOf(definition).map(({ path, name, value }) => [pointerOf(path), { name, value }])));
  const found: Difference[] = [];
  const root = fieldsThatDiffer(before, after);
  if (root.length > 0) found.push({ id: "", name: "", change: "changed", fields: root });
  for (const [id, { name, value }] of now ?? []) {
    const earlier = old?.get(id);
    if (!earlier) found.push({ id, name, change: "added", fields: [] });
    const fields = earlier ? fieldsThatDiffer(earlier.value, value) : [];
    if (fields.length > 0) found.push({ id, name, change: "changed", fields });
  }
  for (const [id, { name }] of old ?? []) if (!now?.has(id)) found.push({ id, name, change: "removed", fields: [] });
  return found;
}
