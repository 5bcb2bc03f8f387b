/** What has not been saved, kept in this browser so that a crash or a closed tab loses nothing. */
import { useEffect, useState } from "react";

import { isDirty, useStudio, useStudioStore } from "../studio/store";

const EVERY_MS = 2_000;
const PREFIX = "stepwell.draft.";

export interface Draft {
  text: string;
  name: string;
  revisionId: string | undefined;
  timeMs: number;
}

function keyOf(arn: string | undefined): string {
  return PREFIX + (arn ?? "new");
}

export function readDraft(arn: string | undefined): Draft | undefined {
  try {
    const held = localStorage.getItem(keyOf(arn));
    const draft = held === null ? undefined : (JSON.parse(held) as Draft);
    return typeof draft?.text === "string" ? draft : undefined;
  } catch {
    return undefined;
  }
}

export function dropDraft(arn: string | undefined): void {
  localStorage.removeItem(keyOf(arn));
}

function writeDraft(arn: string | undefined, draft: Draft): void {
  try {
    localStorage.setItem(keyOf(arn), JSON.stringify(draft));
  } catch {
    // A full or forbidden storage keeps no drafts; the text itself is untouched.
  }
}

/** Keep a draft while there is something to save. Answers one from an earlier time, to be offered. */
export function useDraft(): { draft: Draft | undefined; restore: () => void; discard: () => void } {
  const store = useStudioStore();
  const arn = useStudio((state) => state.arn);
  const [draft, setDraft] = useState(() => {
    const found = readDraft(store.getState().arn);
    return found?.text === store.getState().stack.text ? undefined : found;
  });
  useEffect(() => {
    const timer = setInterval(() => {
      const now = store.getState();
      if (draft !== undefined) return;
      if (isDirty(now)) writeDraft(arn, { text: now.stack.text, name: now.name, revisionId: now.saved?.revisionId, timeMs: Date.now() });
      else dropDraft(arn);
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [store, arn, draft]);
  return {
    draft,
    restore: () => {
      if (draft) store.getState().replace(draft.text);
      if (draft && arn === undefined) store.getState().keep({ name: draft.name });
      setDraft(undefined);
    },
    discard: () => {
      dropDraft(arn);
      setDraft(undefined);
    },
  };
}
