/**
 * What has not been saved: kept in this browser each moment, so that a crash or a closed tab loses nothing, and in the
 * console's store when a person wants to go on with it another day.
 */
import { useEffect, useRef, useState } from "react";

import { documents } from "@/api/reads";

import { isDirty, useStudio, useStudioStore, type StudioState } from "../studio/store";

const EVERY_MS = 2_000;
const PREFIX = "stepwell.draft.";

export interface Draft {
  text: string;
  name: string;
  timeMs: number;
}

function keyOf(arn: string | undefined): string {
  return PREFIX + (arn ?? "new");
}

function readDraft(arn: string | undefined): Draft | undefined {
  try {
    const held = localStorage.getItem(keyOf(arn));
    const draft = held === null ? undefined : (JSON.parse(held) as Draft);
    return typeof draft?.text === "string" ? draft : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing is left of a draft that was saved or given up. */
export function dropDraft(arn: string | undefined): void {
  localStorage.removeItem(keyOf(arn));
}

function writeDraft({ arn, name, stack }: StudioState): void {
  try {
    localStorage.setItem(keyOf(arn), JSON.stringify({ text: stack.text, name, timeMs: Date.now() } satisfies Draft));
  } catch {
    // A full or forbidden storage keeps no drafts; the text itself is untouched.
  }
}

/** Keep a draft with the console's store, under the machine's ARN or the name that a new one is to have. */
export async function keepDraft({ arn, stack }: StudioState, name: string): Promise<void> {
  await documents.put<Draft>("draft", arn ?? (name || "new"), { text: stack.text, name, timeMs: Date.now() });
}

/** The draft that the console's store has under a key. */
export async function heldDraft(key: string): Promise<Draft | undefined> {
  const { rows } = await documents.list("draft");
  return rows.some((row) => row.key === key) ? (await documents.get<Draft>("draft", key)).content : undefined;
}

/** Keep a draft while there is something to save. Answers one from an earlier time, to be offered. */
export function useDraft(): { draft: Draft | undefined; restore: () => void; discard: () => void } {
  const store = useStudioStore();
  const arn = useStudio((state) => state.arn);
  const [draft, setDraft] = useState(() => otherThan(readDraft(arn), store.getState()));
  const isOffered = useRef(false);
  isOffered.current = draft !== undefined;
  useEffect(() => {
    if (arn === undefined || isOffered.current) return;
    void heldDraft(arn).then(
      (found) => setDraft((now) => now ?? otherThan(found, store.getState())),
      () => undefined, // a store that does not answer has nothing to offer
    );
  }, [store, arn]);
  useEffect(() => {
    const keep = () => {
      const now = store.getState();
      if (isOffered.current || now.arn !== arn) return;
      if (isDirty(now)) writeDraft(now);
      else dropDraft(arn);
    };
    const timer = setInterval(keep, EVERY_MS);
    return () => {
      clearInterval(timer);
      keep();
    };
  }, [store, arn]);
  return {
    draft,
    restore: () => {
      if (draft) store.getState().replace(draft.text);
      if (draft && arn === undefined) store.getState().keep({ name: draft.name });
      setDraft(undefined);
    },
    discard: () => {
      dropDraft(arn);
      if (arn !== undefined) void heldDraft(arn).then((found) => found && documents.remove("draft", arn), () => undefined);
      setDraft(undefined);
    },
  };
}

function otherThan(draft: Draft | undefined, { stack }: StudioState): Draft | undefined {
  return draft?.text === stack.text ? undefined : draft;
}
