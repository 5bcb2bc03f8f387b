/** The keys of the editor. */
import { useKeys } from "@/ui/keys";

import { pointerOf } from "../text/pointer";

import type { Gestures } from "./gestures";
import { useStudioStore } from "./store";

interface Wanted {
  gestures: Gestures;
  onAdd: () => void;
  onRename: () => void;
  onSave: () => void;
  onTest: () => void;
}

export function useEditorKeys({ gestures, onAdd, onRename, onSave, onTest }: Wanted): void {
  const store = useStudioStore();
  const removeSelected = () => {
    const { selected } = store.getState();
    if (selected) gestures.remove({ kind: "state", id: pointerOf(selected) });
  };
  useKeys({
    a: onAdd,
    Delete: removeSelected,
    F2: onRename,
    "Mod+d": () => gestures.duplicate(),
    "Mod+z": () => store.getState().undo(),
    "Mod+Shift+z": () => store.getState().redo(),
    "Mod+y": () => store.getState().redo(),
    "Mod+s": onSave,
    "Mod+Enter": onTest,
    "Mod+.": () => gestures.fix(),
  });
}
