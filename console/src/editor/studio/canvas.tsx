import { useCallback, useMemo, useState, type Ref } from "react";
import { useTranslation } from "react-i18next";

import { Graph, type Editing, type GraphHandle, type NodeMark } from "@/graph";
import { usePreferences } from "@/ui/preferences";

import { draggedOffer, DRAGGED, type Offer } from "../palette/offers";
import { Palette } from "../palette/palette";
import type { Connection } from "../text/arrange";
import { pathOf, pointerOf } from "../text/pointer";

import type { Arranging } from "./arranging";
import type { Gestures, Target } from "./gestures";
import { Layer } from "./layer";
import { useStudio, useStudioStore } from "./store";

export type Opened =
  | { kind: "insert"; target: Target; at: { x: number; y: number } }
  | { kind: "connect"; source: string; target: string; kinds: Connection[]; at: { x: number; y: number } };

interface CanvasProps {
  gestures: Gestures;
  arranging: Arranging;
  opened: Opened | undefined;
  onOpen: (opened: Opened | undefined) => void;
  handle: Ref<GraphHandle>;
}

/** The graph to edit: things are dropped on it, inserted by its "+", connected and taken away. */
export function EditCanvas({ gestures, arranging, opened, onOpen, handle }: CanvasProps) {
  const store = useStudioStore();
  const text = useStudio((state) => state.stack.text);
  const selected = useStudio((state) => state.selected);
  const turns = useStudio((state) => state.turns);
  const [edge, setEdge] = useState<string>();
  const outline = usePreferences((preferences) => preferences.outline);
  const marks = useMarks();
  const editing = useEditing(gestures, arranging.move, onOpen);
  const select = useCallback(
    (id: string | undefined) => {
      const isState = id !== undefined && pathOf(id).at(-2) === "States";
      setEdge(isState ? undefined : id);
      store.getState().select(isState ? pathOf(id) : undefined);
    },
    [store],
  );
  return (
    <div className="sw-desk-canvas" data-testid="canvas">
      <Graph key={turns} ref={handle} definition={text} selected={selected ? pointerOf(selected) : edge} onSelect={select} marks={marks} arrangement={arranging.arrangement} editing={editing} view={outline ? "outline" : "picture"} />
      {opened?.kind === "insert" && <InsertLayer opened={opened} gestures={gestures} onClose={() => onOpen(undefined)} />}
      {opened?.kind === "connect" && <ConnectLayer opened={opened} gestures={gestures} onClose={() => onOpen(undefined)} />}
    </div>
  );
}

function useMarks(): ReadonlyMap<string, NodeMark> {
  const problems = useStudio((state) => state.problems);
  return useMemo(() => {
    const marks = new Map<string, NodeMark>();
    for (const { state, severity } of problems) {
      const id = state && pointerOf(state);
      if (id !== undefined && marks.get(id) !== "error") marks.set(id, severity === "ERROR" ? "error" : "warning");
    }
    return marks;
  }, [problems]);
}

function useEditing(gestures: Gestures, onMove: Editing["onMove"], onOpen: CanvasProps["onOpen"]): Editing {
  return useMemo(
    () => ({
      onInsert: (edge, at) => onOpen({ kind: "insert", target: { kind: "edge", id: edge.id }, at }),
      accepts: (types) => types.includes(DRAGGED),
      onDrop: (place, data) => {
        const offer = draggedOffer(data.getData(DRAGGED));
        if (offer) void gestures.drop(place, offer);
      },
      onConnect: (source, target, at) => {
        const kinds = gestures.connections(source, target);
        const [only] = kinds;
        if (kinds.length === 1 && only) gestures.connect(source, target, only);
        else if (kinds.length > 1) onOpen({ kind: "connect", source, target, kinds, at });
      },
      onMove,
      onDelete: (what) => gestures.remove(what),
    }),
    [gestures, onMove, onOpen],
  );
}

function InsertLayer({ opened, gestures, onClose }: { opened: Opened & { kind: "insert" }; gestures: Gestures; onClose: () => void }) {
  const { t } = useTranslation();
  const take = (offer: Offer) => {
    onClose();
    void gestures.add(offer, opened.target);
  };
  return (
    <Layer at={opened.at} label={t("editor.insert")} onClose={onClose} testid="insert-layer">
      <Palette onTake={take} />
    </Layer>
  );
}

function ConnectLayer({ opened, gestures, onClose }: { opened: Opened & { kind: "connect" }; gestures: Gestures; onClose: () => void }) {
  const { t } = useTranslation();
  const connect = (kind: Connection) => {
    onClose();
    gestures.connect(opened.source, opened.target, kind);
  };
  return (
    <Layer at={opened.at} label={t("editor.connect.title")} onClose={onClose} testid="connect-layer">
      <ul className="sw-offers">
        {opened.kinds.map((kind) => (
          <li key={kind} className="sw-offer">
            <button type="button" onClick={() => connect(kind)} data-testid={`connect-${kind}`}>
              {t(`editor.connect.${kind}`)}
            </button>
          </li>
        ))}
      </ul>
    </Layer>
  );
}
