import { useTranslation } from "react-i18next";

import { ButtonDropdown } from "@/ui/cloudscape";

import { useKeepSnippet } from "../palette/snippets";
import { stateOf } from "../text/flows";
import { pointerOf } from "../text/pointer";

import type { Gestures } from "./gestures";
import { useStudio } from "./store";

/** What can be done with the selected state. */
export function StateMenu({ gestures, onRename, onAdd }: { gestures: Gestures; onRename: () => void; onAdd: () => void }) {
  const { t } = useTranslation();
  const selected = useStudio((state) => state.selected);
  const definition = useStudio((state) => state.good.definition);
  const keep = useKeepSnippet();
  const state = selected && stateOf(definition, selected);
  if (!state) return null;
  const { Type } = state.value;
  const isContainer = Type === "Parallel" || Type === "Map";
  const acts: Record<string, () => void> = {
    add: onAdd,
    rename: onRename,
    duplicate: gestures.duplicate,
    parallel: () => gestures.wrap("Parallel"),
    map: () => gestures.wrap("Map"),
    extract: gestures.extract,
    branch: gestures.addBranch,
    snippet: () => keep.mutate({ name: state.name, value: state.value }),
    remove: () => gestures.remove({ kind: "state", id: pointerOf(state.path) }),
  };
  const item = (id: string, shortcut?: string, disabled = false) => ({ id, text: t(`editor.act.${id}` as "editor.act.add"), disabled, ...(shortcut && { secondaryText: shortcut }) });
  const isSimple = Type === "Choice" || Type === "Succeed" || Type === "Fail";
  const items = [
    item("add", "A", Type === "Succeed" || Type === "Fail"),
    item("rename", "F2"),
    item("duplicate", "Ctrl+D"),
    item("parallel", undefined, isSimple),
    item("map", undefined, isSimple),
    item("extract", undefined, !isContainer && state.flow.path.length === 0),
    ...(Type === "Parallel" ? [item("branch")] : []),
    item("snippet"),
    item("remove", "Del"),
  ];
  return (
    <ButtonDropdown variant="normal" items={items} onItemClick={({ detail }) => acts[detail.id]?.()} data-testid="state-menu" expandToViewport>
      {t("editor.act.menu")}
    </ButtonDropdown>
  );
}
