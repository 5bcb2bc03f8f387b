/**
 * The state of an open editor. The text is the document: what else is here is told by the text, or is about the person
 * who edits it (what is selected, what has been saved).
 */
import { createContext, useContext } from "react";
import { createStore, useStore, type StoreApi } from "zustand";

import type { MachineType } from "@/api/operations";

import type { Arranged, Renamed } from "../text/arrange";
import { check, type Checked, type Problem } from "../text/checks";
import { stateOf } from "../text/flows";
import type { JsonObject, Path } from "../text/json";
import { pointerOf } from "../text/pointer";
import { changed, redo, undo, undoStack, type UndoStack } from "../text/undo";

/** What the server holds of the machine that is being edited. */
export interface Saved {
  text: string;
  revisionId: string | undefined;
}

/** A last text that could be read, with its definition: what graph and form show while the text is broken. */
export interface Good {
  text: string;
  definition: JsonObject;
}

export interface StudioState {
  arn: string | undefined;
  name: string;
  type: MachineType;
  roleArn: string;
  saved: Saved | undefined;
  stack: UndoStack;
  checked: Checked;
  good: Good;
  /** All problems of the present text, the server's among them as soon as it has judged this very text. */
  problems: readonly Problem[];
  judged: string | undefined;
  selected: Path | undefined;
  /** A field that is to be focused when the form shows it. */
  focus: string | undefined;
  /** How often another definition has come in the place of the whole text: the graph is then looked at anew. */
  turns: number;
  /** The latest renaming of a state: what is known of it by its place goes along. */
  renamed: Renamed | undefined;
}

export interface StudioActions {
  /** A new text. Changes with the same named gesture are undone together. */
  change: (text: string, gesture?: string) => void;
  /** Another definition in the place of the whole text. */
  replace: (text: string) => void;
  arrange: (arranged: Arranged | undefined) => boolean;
  undo: () => void;
  redo: () => void;
  select: (path: Path | undefined, focus?: string) => void;
  judge: (text: string, found: readonly Problem[]) => void;
  keep: (facts: Partial<Pick<StudioState, "arn" | "name" | "type" | "roleArn" | "saved" | "focus">>) => void;
}

export type StudioStore = StoreApi<StudioState & StudioActions>;

/** What follows from a text, given what was there before. */
function read(stack: UndoStack, before: Pick<StudioState, "good" | "selected">) {
  const checked = check(stack.text);
  const good = checked.definition ? { text: stack.text, definition: checked.definition } : before.good;
  const held = before.selected && stateOf(good.definition, before.selected);
  const isThere = held && pointerOf(held.path) === pointerOf(before.selected ?? []);
  return { stack, checked, good, problems: checked.problems, selected: isThere ? before.selected : undefined };
}

function opened(text: string) {
  const checked = check(text);
  const good = { text, definition: checked.definition ?? {} };
  return { stack: undoStack(text), checked, good, problems: checked.problems, selected: undefined, judged: undefined, focus: undefined };
}

/** The server's remarks, and our own where it has none. */
function together(found: readonly Problem[], own: readonly Problem[]): Problem[] {
  const others = own.filter((problem) => !found.some((other) => other.from === problem.from && other.severity === problem.severity));
  return [...found, ...others].sort((one, other) => one.from - other.from);
}

export function makeStudio(start: { text: string; name: string; type: MachineType }): StudioStore {
  return createStore<StudioState & StudioActions>((set, get) => ({
    arn: undefined,
    name: start.name,
    type: start.type,
    roleArn: "",
    saved: undefined,
    turns: 0,
    renamed: undefined,
    ...opened(start.text),
    change: (text, gesture = "") => set((now) => read(changed(now.stack, text, gesture, performance.now()), now)),
    replace: (text) => set((now) => ({ ...read(changed(now.stack, text, "", performance.now()), now), turns: now.turns + 1 })),
    arrange: (arranged) => {
      if (!arranged) return false;
      const now = get();
      const next = read(changed(now.stack, arranged.text, "", performance.now()), { ...now, selected: arranged.selected });
      set({ ...next, ...(arranged.renamed && { renamed: arranged.renamed }) });
      return true;
    },
    undo: () => set((now) => read(undo(now.stack), now)),
    redo: () => set((now) => read(redo(now.stack), now)),
    select: (selected, focus) => set({ selected, focus }),
    judge: (judged, found) => set((now) => (now.stack.text === judged ? { judged, problems: together(found, now.checked.problems) } : {})),
    keep: (facts) => set(facts),
  }));
}

export const StudioContext = createContext<StudioStore | undefined>(undefined);

export function useStudioStore(): StudioStore {
  const store = useContext(StudioContext);
  if (!store) throw new Error("There is no studio around this");
  return store;
}

export function useStudio<Part>(pick: (state: StudioState & StudioActions) => Part): Part {
  return useStore(useStudioStore(), pick);
}

/** Whether there is something to save. A new machine is not saved at all. */
export function isDirty(state: StudioState): boolean {
  return state.saved === undefined ? state.stack.done.length > 0 : state.stack.text !== state.saved.text;
}
