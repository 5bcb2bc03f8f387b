import { json } from "@codemirror/lang-json";
import { foldGutter } from "@codemirror/language";
import { unifiedMergeView } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import "./code.css";
import { highlighting } from "./highlight";

interface CodeProps {
  text: string;
  label: string;
  /** Show what has changed since this text. */
  since?: string;
  /** First character of a part to bring into sight. */
  at?: number | undefined;
  maxHeight?: string;
  testid?: string;
}

function extensions(label: string, maxHeight: string): Extension[] {
  return [
    lineNumbers(),
    foldGutter(),
    json(),
    highlighting,
    search(),
    highlightSelectionMatches(),
    keymap.of(searchKeymap),
    EditorState.readOnly.of(true),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    EditorView.theme({ "&": { maxHeight } }),
  ];
}

/** JSON to read, with folding and search; with `since`, its differences from another text. */
export default function Code({ text, label, since, at, maxHeight = "70vh", testid }: CodeProps) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const merged = since === undefined ? [] : [unifiedMergeView({ original: since, mergeControls: false, collapseUnchanged: { margin: 4 } })];
    const phrases = EditorState.phrases.of({ "$ unchanged lines": t("ui.unchanged") });
    const view = new EditorView({ doc: text, extensions: [phrases, ...extensions(label, maxHeight), ...merged], parent: place.current });
    if (at !== undefined && at <= text.length) view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    return () => view.destroy();
  }, [t, text, label, since, at, maxHeight]);
  return <div ref={place} className="sw-code" data-testid={testid} />;
}
