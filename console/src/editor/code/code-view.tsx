import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useImperativeHandle, useRef, type Ref } from "react";
import { useTranslation } from "react-i18next";

import "@/ui/code.css";
import { highlighting } from "@/ui/highlight";

import { useProblemText } from "../problems/problems";
import { useStudio, useStudioStore, type StudioStore } from "../studio/store";
import type { Problem } from "../text/checks";
import { stateOf } from "../text/flows";
import { pathAt, placeOfPath } from "../text/places";
import { pointerOf } from "../text/pointer";
import { difference } from "../text/undo";

import { offeredAt } from "./completion";

/** What comes from the store is not told to it again. */
const FromStore = Annotation.define<boolean>();

export interface CodeHandle {
  reveal: (from: number) => void;
}

function complete(store: StudioStore) {
  return (context: CompletionContext): CompletionResult | null => {
    const { good } = store.getState();
    const found = offeredAt(context.state.doc.toString(), context.pos, good.definition);
    if (!found || found.options.length === 0) return null;
    const typed = context.state.sliceDoc(found.from, context.pos);
    if (typed === "" && !context.explicit && context.state.sliceDoc(found.from - 1, found.from) !== '"') return null;
    const options = found.options.map(({ label, kind, insert, detail }): Completion => ({ label, type: kind, ...(insert !== undefined && { apply: insert }), ...(detail && { detail }) }));
    return { from: found.from, options, validFor: /^[\w$.]*$/ };
  };
}

function extensions(store: StudioStore, label: string): Extension[] {
  const undone = (act: "undo" | "redo") => () => {
    store.getState()[act]();
    return true;
  };
  return [
    lineNumbers(),
    foldGutter(),
    codeFolding(),
    lintGutter(),
    json(),
    highlighting,
    drawSelection(),
    highlightActiveLine(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    search({ top: true }),
    highlightSelectionMatches(),
    autocompletion({ override: [complete(store)], icons: true }),
    EditorState.tabSize.of(2),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    keymap.of([
      { key: "Mod-z", run: undone("undo"), preventDefault: true },
      { key: "Mod-Shift-z", run: undone("redo"), preventDefault: true },
      { key: "Mod-y", run: undone("redo"), preventDefault: true },
      { key: "Tab", run: acceptCompletion },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...foldKeymap,
      ...searchKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      const isOwn = !update.transactions.some((transaction) => transaction.annotation(FromStore));
      if (update.docChanged && isOwn) store.getState().change(update.state.doc.toString(), "typing");
      if (update.selectionSet && isOwn && update.view.hasFocus) followCursor(store, update.state.selection.main.head);
    }),
  ];
}

/** The state around the cursor becomes the selected one. */
function followCursor(store: StudioStore, offset: number): void {
  const { checked, stack, selected, select } = store.getState();
  if (!checked.definition) return;
  const state = stateOf(checked.definition, pathAt(stack.text, offset));
  if (state && pointerOf(state.path) !== pointerOf(selected ?? [])) select(state.path);
}

/** The text of the definition, to be written in. It has no undo of its own: the document's is the only one. */
export default function CodeView({ ref }: { ref?: Ref<CodeHandle> }) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const label = t("editor.code.label");
  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({ doc: store.getState().stack.text, extensions: extensions(store, label), parent: place.current });
    view.current = made;
    return () => made.destroy();
  }, [store, label]);
  useText(view);
  useMarks(view);
  useSelected(view);
  useImperativeHandle(ref, () => ({ reveal: (from) => reveal(view.current, from, true) }), []);
  return <div ref={place} className="sw-code sw-code-edit" data-testid="code" />;
}

function reveal(view: EditorView | null, from: number, focus: boolean): void {
  if (!view || from > view.state.doc.length) return;
  view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }), annotations: FromStore.of(true) });
  if (focus) view.focus();
}

type ViewRef = { readonly current: EditorView | null };

/** Changes that were made elsewhere: only what differs is replaced, so that the cursor stays where it was. */
function useText(view: ViewRef): void {
  const text = useStudio((state) => state.stack.text);
  useEffect(() => {
    const current = view.current;
    const held = current?.state.doc.toString();
    if (!current || held === undefined || held === text) return;
    const { at, removed, added } = difference(held, text);
    current.dispatch({ changes: { from: at, to: at + removed.length, insert: added }, annotations: FromStore.of(true) });
  }, [text, view]);
}

function useMarks(view: ViewRef): void {
  const problems = useStudio((state) => state.problems);
  const textOf = useProblemText();
  useEffect(() => {
    const current = view.current;
    if (!current) return;
    const length = current.state.doc.length;
    const marks = problems.map((problem: Problem) => ({
      from: Math.min(problem.from, length),
      to: Math.min(Math.max(problem.to, problem.from), length),
      severity: problem.severity === "ERROR" ? ("error" as const) : ("warning" as const),
      message: textOf(problem),
    }));
    current.dispatch(setDiagnostics(current.state, marks));
  }, [problems, textOf, view]);
}

/** The state that is selected elsewhere is brought into sight. */
function useSelected(view: ViewRef): void {
  const selected = useStudio((state) => state.selected);
  const store = useStudioStore();
  useEffect(() => {
    const current = view.current;
    if (!current || !selected || current.hasFocus) return;
    const found = placeOfPath(store.getState().stack.text, selected);
    if (found) reveal(current, found.from, false);
  }, [selected, store, view]);
}
