import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { documents } from "@/api/reads";
import type { Arrangement } from "@/graph";

import { hashOf, keepArrangement, NOTHING_MOVED, presentIn, renamedIn, useHeldArrangement } from "../arrangement";
import { pointerOf } from "../text/pointer";

import { useStudio } from "./store";
import { WriteQueue } from "./write-queue";

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
  const [isKnown, setKnown] = useState(found !== undefined);
  if (!isKnown && found !== undefined) {
    setKnown(true);
    if (own) setOwn(new Map([...found, ...own])); // what was moved meanwhile does not cost what was moved at other times
  }
  const arrangement = own ?? found ?? NOTHING_MOVED;
  useRenamed(arrangement, setOwn);
  useKept(isKnown ? own : undefined, text, saved);
  return useMemo(
    () => ({
      arrangement,
      move: (id, at) => setOwn(new Map(arrangement).set(id, at)),
      reset: () => setOwn(NOTHING_MOVED),
    }),
    [arrangement],
  );
}

/** A state that is called otherwise stays where it is. */
function useRenamed(arrangement: Arrangement, set: (arrangement: Arrangement) => void): void {
  const renamed = useStudio((state) => state.renamed);
  const done = useRef(renamed);
  useLayoutEffect(() => {
    if (renamed === done.current || renamed === undefined) return;
    done.current = renamed;
    const next = renamedIn(arrangement, pointerOf(renamed.from), pointerOf(renamed.to));
    if (next !== arrangement) set(next);
  }, [renamed, arrangement, set]);
}

/** Written when nothing has been moved for a while, or when the editor is left, by a link or with the whole page. */
function useKept(own: Arrangement | undefined, text: string, saved: string | undefined): void {
  const client = useQueryClient();
  const before = useRef<string>(undefined);
  const unwritten = useRef<() => void>(undefined);
  const [queue] = useState(() => new WriteQueue());
  const flush = useRef(() => {
    unwritten.current?.();
    unwritten.current = undefined;
  }).current;
  useEffect(() => {
    const leave = () => {
      flush();
      queue.hurry();
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      flush();
    };
  }, [flush, queue]);
  useEffect(() => {
    if (own === undefined) return;
    unwritten.current = () => {
      const [key, passed] = [hashOf(text), before.current];
      before.current = text === saved ? undefined : key;
      const held = presentIn(own, text);
      client.setQueryData(["arrangement", key], held);
      queue.add(() => keepArrangement(key, held));
      if (passed !== undefined && passed !== key && passed !== hashOf(saved ?? "")) queue.add(() => documents.remove("layout", passed));
    };
    const timer = setTimeout(flush, QUIET_MS);
    return () => clearTimeout(timer);
  }, [client, own, text, saved, flush, queue]);
}
