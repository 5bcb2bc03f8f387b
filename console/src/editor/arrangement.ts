/** What was moved by hand in a definition's graph: kept for each person under the definition's hash, never in its text. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { documents } from "@/api/reads";
import { readGraph, walk, type Arrangement } from "@/graph";

type Places = Record<string, readonly [number, number]>;

const FRESH_MS = 60_000;
const FNV_PRIME = 16_777_619;
const SEEDS = [2_166_136_261, 3_735_928_559];
export const NOTHING_MOVED: Arrangement = new Map();

/** 64 bits of a definition, however it is spaced, as FNV-1a gives them: to meet another's by chance would harm nobody. */
export function hashOf(definition: string): string {
  const text = compact(definition);
  return SEEDS.map((seed) => fnv(text, seed).toString(16).padStart(8, "0")).join("");
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function fnv(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return hash >>> 0;
}

/** How this person has arranged a definition, once that is known; nothing is moved where nothing is kept, or the server does not tell. */
export function useHeldArrangement(definition: string): Arrangement | undefined {
  const key = useMemo(() => hashOf(definition), [definition]);
  const found = useQuery({ queryKey: ["arrangement", key], queryFn: () => held(key), staleTime: FRESH_MS });
  return found.data ?? (found.isError ? NOTHING_MOVED : undefined);
}

async function held(key: string): Promise<Arrangement> {
  const { rows } = await documents.list("layout");
  if (!rows.some((row) => row.key === key)) return NOTHING_MOVED;
  const { content } = await documents.get<Places>("layout", key);
  return new Map(Object.entries(content).map(([id, [x, y]]) => [id, { x, y }]));
}

/**
 * What was moved when a state is called otherwise: it, and what is inside of it, stand where they stood. Their old ids keep their
 * places, for Undo gives them back.
 */
export function renamedIn(arrangement: Arrangement, from: string, to: string): Arrangement {
  const moved = [...arrangement].filter(([id]) => id === from || id.startsWith(`${from}/`));
  if (moved.length === 0) return arrangement;
  return new Map([...arrangement, ...moved.map(([id, at]) => [to + id.slice(from.length), at] as const)]);
}

/** Without what stands nowhere in a definition. */
export function presentIn(arrangement: Arrangement, definition: string): Arrangement {
  const ids = new Set([...walk(readGraph(definition).flow)].map((node) => node.id));
  return new Map([...arrangement].filter(([id]) => ids.has(id)));
}

/** Keep it, or nothing where nothing is moved; also when the page goes away meanwhile. */
export async function keepArrangement(key: string, arrangement: Arrangement): Promise<void> {
  const places: Places = Object.fromEntries([...arrangement].map(([id, { x, y }]) => [id, [Math.round(x), Math.round(y)]]));
  const how = { outlives: true };
  await (arrangement.size > 0 ? documents.put("layout", key, places, how) : documents.remove("layout", key, how));
}
