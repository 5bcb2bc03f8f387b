import { useRef } from "react";
import { useTranslation } from "react-i18next";

import type { GraphHandle } from "@/graph";
import { Button, SegmentedControl, SpaceBetween, StatusIndicator } from "@/ui/cloudscape";

import { ExportMenu } from "../share/export-menu";
import { formatted } from "../text/json";

import type { Arranging } from "./arranging";
import { isDirty, useStudio, useStudioStore } from "./store";

export const VIEWS = ["graph", "split", "text", "yaml"] as const;
export type View = (typeof VIEWS)[number];

interface ToolbarProps {
  view: View;
  onView: (view: View) => void;
  onSave: () => void;
  onRun: () => void;
  onImport: (file: File) => void;
  arranging: Arranging;
  graph: { readonly current: GraphHandle | null };
}

/** What is done with the whole definition. */
export function Toolbar({ view, onView, onSave, onRun, onImport, arranging, graph }: ToolbarProps) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const dirty = useStudio(isDirty);
  const isNew = useStudio((state) => state.arn === undefined);
  const hasText = useStudio((state) => state.checked.definition !== undefined && state.good.text !== "{}");
  const canUndo = useStudio((state) => state.stack.done.length > 0);
  const canRedo = useStudio((state) => state.stack.undone.length > 0);
  const file = useRef<HTMLInputElement>(null);
  return (
    <div className="sw-toolbar" role="toolbar" aria-label={t("editor.toolbar")}>
      <SegmentedControl
        selectedId={view}
        label={t("editor.view.label")}
        onChange={({ detail }) => onView(VIEWS.find((one) => one === detail.selectedId) ?? "graph")}
        options={VIEWS.map((id) => ({ id, text: t(`editor.view.${id}`) }))}
      />
      <SpaceBetween direction="horizontal" size="xxs" alignItems="center">
        <Button iconName="undo" variant="icon" ariaLabel={t("editor.undo")} disabled={!canUndo} onClick={() => store.getState().undo()} data-testid="undo" />
        <Button iconName="redo" variant="icon" ariaLabel={t("editor.redo")} disabled={!canRedo} onClick={() => store.getState().redo()} data-testid="redo" />
        <Button variant="link" onClick={() => store.getState().change(formatted(store.getState().stack.text))} data-testid="format">
          {t("editor.format")}
        </Button>
        <Button variant="link" disabled={arranging.arrangement.size === 0} onClick={arranging.reset} data-testid="arrange">
          {t("editor.arrange")}
        </Button>
      </SpaceBetween>
      <ProblemCount />
      <div className="sw-toolbar-end">
        <input ref={file} type="file" accept=".json,.yaml,.yml,.asl" hidden data-testid="import-file" onChange={(event) => event.target.files?.[0] && onImport(event.target.files[0])} />
        <Button onClick={() => file.current?.click()} data-testid="import">
          {t("editor.import.title")}
        </Button>
        <ExportMenu graph={graph} />
        <Button onClick={onRun} disabled={isNew} data-testid="run" {...(isNew && { disabledReason: t("editor.run.saveFirst") })}>
          {t("editor.run.run")}
        </Button>
        <Button variant="primary" onClick={onSave} disabled={isNew ? !hasText : !dirty} data-testid="save">
          {t("editor.save.save")}
        </Button>
      </div>
    </div>
  );
}

function ProblemCount() {
  const { t } = useTranslation();
  const problems = useStudio((state) => state.problems);
  const judged = useStudio((state) => state.judged === state.stack.text);
  const errors = problems.filter(({ severity }) => severity === "ERROR").length;
  const warnings = problems.length - errors;
  const type = errors > 0 ? "error" : warnings > 0 ? "warning" : judged ? "success" : "pending";
  const text = errors > 0 ? t("editor.problems.errors", { count: errors }) : warnings > 0 ? t("editor.problems.warnings", { count: warnings }) : judged ? t("editor.problems.valid") : t("editor.problems.checking");
  return (
    <span data-testid="problem-count" data-judged={judged ? "" : undefined}>
      <StatusIndicator type={type}>{text}</StatusIndicator>
    </span>
  );
}
