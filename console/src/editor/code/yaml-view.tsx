import { yaml } from "@codemirror/lang-yaml";
import { foldGutter } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import "@/ui/code.css";
import { Copy } from "@/ui/copy";
import { highlighting } from "@/ui/highlight";

import { yamlOf } from "../formats";
import { useStudio } from "../studio/store";

/** The definition as YAML, to read and to copy. */
export default function YamlView() {
  const { t } = useTranslation();
  const text = useStudio((state) => state.good.text);
  const shown = useYaml(text);
  const place = useRef<HTMLDivElement>(null);
  const label = t("editor.code.yaml");
  useEffect(() => {
    if (!place.current) return;
    const parts = [lineNumbers(), foldGutter(), yaml(), highlighting, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" })];
    const view = new EditorView({ doc: shown, extensions: parts, parent: place.current });
    return () => view.destroy();
  }, [shown, label]);
  return (
    <div className="sw-yaml">
      <div className="sw-yaml-head">
        <span className="sw-muted">{t("editor.code.yamlHint")}</span>
        <Copy text={shown} label={t("editor.code.copyYaml")} />
      </div>
      <div ref={place} className="sw-code sw-code-edit" data-testid="yaml" />
    </div>
  );
}

function useYaml(text: string): string {
  const [shown, setShown] = useState("");
  useEffect(() => {
    let isLatest = true;
    void yamlOf(text).then((yaml) => isLatest && setShown(yaml ?? ""));
    return () => {
      isLatest = false;
    };
  }, [text]);
  return shown;
}
