/** The server's remarks on the present text, asked for when it has not changed for a moment. */
import { useEffect } from "react";

import { call } from "@/api/aws";
import type { Diagnostic } from "@/api/operations";

import { useStudio, useStudioStore } from "../studio/store";
import type { Problem } from "../text/checks";
import { stateOf } from "../text/flows";
import { valueAt } from "../text/json";
import { placeOfLocation } from "../text/places";

const QUIET_MS = 400;

/** A server's remark with its place in the text. */
export function problemOf(text: string, diagnostic: Diagnostic): Problem {
  const place = placeOfLocation(text, diagnostic.location) ?? { path: [], from: 0, to: 1, line: 1 };
  const state = stateOf(valueAt(text, []), place.path)?.path;
  return { severity: diagnostic.severity, code: diagnostic.code, message: diagnostic.message, ...place, state };
}

/** Keep the problems of the open text up to date. A newer text cancels the question about an older one. */
export function useValidation(): void {
  const store = useStudioStore();
  const text = useStudio((state) => state.stack.text);
  const type = useStudio((state) => state.type);
  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(() => void judge(controller.signal), QUIET_MS);
    async function judge(signal: AbortSignal) {
      try {
        const answer = await call("ValidateStateMachineDefinition", { definition: text, type, severity: "WARNING" }, signal);
        store.getState().judge(text, answer.diagnostics.map((diagnostic) => problemOf(text, diagnostic)));
      } catch {
        // Whoever saves is told by the server itself; without an answer our own checks stand alone.
      }
    }
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [store, text, type]);
}
