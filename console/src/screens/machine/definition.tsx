import { findNodeAtLocation, parseTree, type Node } from "jsonc-parser";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Machine } from "@/api/operations";
import { readable } from "@/editor/text/json";
import { Box, SegmentedControl, SpaceBetween } from "@/ui/cloudscape";
import { CodePane } from "@/ui/code-pane";
import { Copy } from "@/ui/copy";

import { GraphPane } from "../graph-pane";

type View = "both" | "graph" | "text";

/** The definition as a picture and as a text; a state chosen in the one is shown in the other. */
export function Definition({ machine }: { machine: Machine }) {
  const { t } = useTranslation();
  const [view, setView] = useState<View>("both");
  const [selected, setSelected] = useState<string | null>(null);
  const text = useMemo(() => readable(machine.definition), [machine.definition]);
  const at = useMemo(() => (selected ? stateOffset(text, selected) : undefined), [text, selected]);
  const views: View[] = ["both", "graph", "text"];
  return (
    <SpaceBetween size="s">
      <div className="sw-row">
        <SegmentedControl
          selectedId={view}
          label={t("machine.definition.view")}
          options={views.map((id) => ({ id, text: t(`machine.definition.${id}`) }))}
          onChange={({ detail }) => setView(views.find((id) => id === detail.selectedId) ?? "both")}
        />
        <Copy wide text={machine.definition} label={t("machine.definition.copy")} />
        <Box color="text-body-secondary">{t("machine.definition.role", { role: machine.roleArn })}</Box>
      </div>
      <div className="sw-halves" data-view={view}>
        {view !== "text" && (
          <div className="sw-halves__graph">
            <GraphPane definition={machine.definition} selected={selected} onSelect={setSelected} />
          </div>
        )}
        {view !== "graph" && <CodePane text={text} label={t("machine.tab.definition")} at={at} maxHeight="calc(100vh - 330px)" testid="definition-text" />}
      </div>
    </SpaceBetween>
  );
}

/** Where the member of a state begins in a definition's text: the names of states are unique. */
function stateOffset(text: string, state: string): number | undefined {
  const root = parseTree(text);
  return root && find(root, state)?.parent?.offset;
}

function find(node: Node, state: string): Node | undefined {
  const here = findNodeAtLocation(node, ["States", state]);
  if (here) return here;
  for (const child of node.children ?? []) {
    const found = find(child, state);
    if (found) return found;
  }
  return undefined;
}
