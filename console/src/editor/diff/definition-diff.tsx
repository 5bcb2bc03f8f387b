import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { Graph, type NodeMark } from "@/graph";
import { CodePane } from "@/ui/code-pane";
import { SegmentedControl, StatusIndicator } from "@/ui/cloudscape";

import { differences, type Difference } from "../compare";
import { parseText, readable, valueAt } from "../text/json";

import "./diff.css";

interface DiffProps {
  before: string;
  after: string;
  beforeName: string;
  afterName: string;
}

const TYPES = { added: "success", removed: "error", changed: "info" } as const;
type View = "text" | "after" | "before";

/** What differs between two definitions: state by state, in the text, and marked on the graphs of both. */
export function DefinitionDiff({ before, after, beforeName, afterName }: DiffProps) {
  const { t } = useTranslation();
  const [view, setView] = useState<View>("text");
  const found = useMemo(() => (isReadable(before) && isReadable(after) ? differences(valueAt(before, []) ?? {}, valueAt(after, []) ?? {}) : []), [before, after]);
  const marks = useMemo(() => new Map<string, NodeMark>(found.map(({ id, change }) => [id, change])), [found]);
  if (before === after) return <p data-testid="diff-none">{t("editor.diff.same")}</p>;
  return (
    <div className="sw-diff" data-testid="definition-diff">
      <Summary found={found} />
      <SegmentedControl
        selectedId={view}
        onChange={({ detail }) => setView(detail.selectedId as View)}
        label={t("editor.diff.view")}
        options={[
          { id: "text", text: t("editor.diff.text") },
          { id: "after", text: t("editor.diff.graphOf", { name: afterName }) },
          { id: "before", text: t("editor.diff.graphOf", { name: beforeName }) },
        ]}
      />
      {view === "text" && <CodePane text={readable(after)} since={readable(before)} label={t("editor.diff.text")} maxHeight="46vh" testid="diff-text" />}
      {(view === "after" || view === "before") && (
        <div className="sw-diff-graph" data-testid={`diff-graph-${view}`}>
          <Graph definition={view === "after" ? after : before} marks={marks} key={view} />
        </div>
      )}
    </div>
  );
}

function isReadable(text: string): boolean {
  return parseText(text).faults.length === 0;
}

function Summary({ found }: { found: readonly Difference[] }) {
  const { t } = useTranslation();
  if (found.length === 0) return <p>{t("editor.diff.spacing")}</p>;
  return (
    <ul className="sw-diff-list" data-testid="diff-list">
      {found.map(({ id, name, change, fields }) => (
        <li key={change + id} data-change={change} data-name={name}>
          <StatusIndicator type={TYPES[change]}>{t(`editor.diff.${change}`)}</StatusIndicator>
          <strong>{id === "" ? t("editor.wholeDefinition") : name}</strong>
          {fields.length > 0 && <span className="sw-muted">{fields.join(", ")}</span>}
        </li>
      ))}
    </ul>
  );
}
