import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import { documents } from "@/api/reads";
import type { Arrangement } from "@/graph";

import { hashOf, keepArrangement, NOTHING_MOVED, useHeldArrangement } from "../arrangement";

import { useStudio } from "./store";

const QUIET_MS = 600;

export interface Arranging {
  arrangement: Arrangement;
  move: (id: string, at: { x: number; y: number }) => void;
  /** Back to the automatic layout. */
  reset: () => void;
}

/** The arrangement of the definition that is edited. It goes along with the text: what it had for a text that was not saved is forgotten. */
export function useArranging(): Arranging {
  const text = useStudio((state) => state.good.text);
  const saved = useStudio((state) => state.saved?.text);
  const [opened] = useState(text);
  const found = useHeldArrangement(opened);
  const [own, setOwn] = useState<Arrangement>();
  const arrangement = own ?? found;
  useKept(own, text, saved);
  return useMemo(
    () => ({
      arrangement,
      move: (id, at) => setOwn(new Map(arrangement).set(id, at)),
      reset: () => setOwn(NOTHING_MOVED),
    }),
    [arrangement],
  );
}

function useKept(own: Arrangement | undefined, text: string, saved: string | undefined): void {
  const client = useQueryClient();
  const before = useRef<string>(undefined);
  useEffect(() => {
    if (own === undefined) return;
    const write = async () => {
      const [key, passed] = [hashOf(text), before.current];
      before.current = text === saved ? undefined : key;
      client.setQueryData(["arrangement", key], own);
      await keepArrangement(key, own);
      if (passed !== undefined && passed !== key && passed !== hashOf(saved ?? "")) await documents.remove("layout", passed);
    };
    const timer = setTimeout(() => void write().catch(() => undefined), QUIET_MS); // a store that does not answer keeps nothing
    return () => clearTimeout(timer);
  }, [client, own, text, saved]);
}
