/** How a form changes the text: one member at a time, typing in one field being one gesture. */
import { createContext, useContext, useMemo } from "react";

import { useStudio, useStudioStore } from "../studio/store";
import type { Problem } from "../text/checks";
import { languageOf, stateOf, type QueryLanguage, type StatePlace } from "../text/flows";
import { removeValue, renameMember, setValue, type Json, type Path } from "../text/json";
import { pointerOf } from "../text/pointer";
import { valueAt } from "../text/json";

export interface Editing {
  /** The value at a path of the last good definition. */
  get: (path: Path) => Json | undefined;
  /** Give a place a value; `undefined` takes the member away. */
  set: (path: Path, value: Json | undefined) => void;
  rename: (path: Path, name: string) => void;
  /** Change the text in a way of one's own. */
  apply: (make: (text: string) => string, gesture?: string) => void;
}

/** Members that stay behind what a form adds, so that adding touches no other line. */
const LAST = ["Next", "End", "Default"];

export function useEditing(): Editing {
  const store = useStudioStore();
  const text = useStudio((state) => state.good.text);
  return useMemo(() => {
    const apply = (make: (text: string) => string, gesture = "") => {
      const now = store.getState();
      if (now.checked.definition) now.change(make(now.stack.text), gesture);
    };
    return {
      get: (path) => valueAt(text, path),
      set: (path, value) => apply((now) => (value === undefined ? removeValue(now, path) : setValue(now, path, value, LAST)), `field:${pointerOf(path)}`),
      rename: (path, name) => apply((now) => renameMember(now, path, name)),
      apply,
    };
  }, [store, text]);
}

export interface FormScope {
  state: StatePlace | undefined;
  language: QueryLanguage;
  /** Names of the states that the state can lead to. */
  targets: readonly string[];
  problems: readonly Problem[];
}

export const FormContext = createContext<FormScope>({ state: undefined, language: "JSONPath", targets: [], problems: [] });

export function useFormScope(): FormScope {
  return useContext(FormContext);
}

/** What the forms of a state need to know about it. */
export function useScopeOf(path: Path | undefined): FormScope {
  const definition = useStudio((state) => state.good.definition);
  const problems = useStudio((state) => state.problems);
  return useMemo(() => {
    const state = path && stateOf(definition, path);
    const targets = state ? [...state.flow.states.keys()] : Object.keys((definition.States ?? {}) as object);
    return { state, language: languageOf(definition, state?.value), targets, problems };
  }, [definition, problems, path]);
}

/** The first problem at a path or below it. */
export function problemAt(problems: readonly Problem[], path: Path): Problem | undefined {
  return problems.find((problem) => path.every((piece, at) => piece === problem.path[at]));
}
