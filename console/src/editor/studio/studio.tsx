import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { GraphHandle } from "@/graph";
import { Alert, Button, SpaceBetween } from "@/ui/cloudscape";
import { fetched } from "@/ui/fetched";
import { clock } from "@/ui/format";
import { Skeleton } from "@/ui/pane";
import { usePreferences } from "@/ui/preferences";

import type { CodeHandle } from "../code/code-view";
import { Palette } from "../palette/palette";
import { Problems } from "../problems/problems";
import { useValidation } from "../problems/validation";
import { useDraft } from "../save/draft";
import { SaveDialog } from "../save/save-dialog";
import type { Outcome } from "../save/saving";
import { useImport } from "../share/import";
import { RunDialog } from "../share/run-dialog";
import { openSamples } from "../test/samples";
import { pathOf, pointerOf } from "../text/pointer";

import { useArranging } from "./arranging";
import { EditCanvas, type Opened } from "./canvas";
import { useGestures } from "./gestures";
import { Inspector, type InspectorTab } from "./inspector";
import { useEditorKeys } from "./shortcuts";
import { isDirty, StudioContext, useStudio, useStudioStore, type StudioStore } from "./store";
import { Toolbar, type View } from "./toolbar";

import "./studio.css";

const CodeView = fetched(() => import("../code/code-view"), <Skeleton lines={12} />);
const YamlView = fetched(() => import("../code/yaml-view"), <Skeleton lines={12} />);
const ThreeWay = fetched(() => import("../save/three-way"));

/** What of the editor is in the address. */
export interface StudioPlace {
  view: View;
  tab: InspectorTab;
  /** JSON pointer of the selected state. */
  state: string | undefined;
}

interface StudioProps {
  store: StudioStore;
  place: StudioPlace;
  onPlace: (change: Partial<StudioPlace>) => void;
  onSaved: (arn: string) => void;
  onStarted: (arn: string) => void;
}

type Dialog = { kind: "save" } | { kind: "run" } | { kind: "conflict"; outcome: Outcome & { kind: "conflict" }; wish: { name: string; comment: string; publish: boolean } };

/** The editor of a definition: palette, graph and text, form, problems. */
export function Studio(props: StudioProps) {
  return (
    <StudioContext value={props.store}>
      <Desk {...props} />
    </StudioContext>
  );
}

function Desk({ place, onPlace, onSaved, onStarted }: StudioProps) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const gestures = useGestures();
  const arranging = useArranging();
  const [opened, setOpened] = useState<Opened>();
  const [dialog, setDialog] = useState<Dialog>();
  const [runs, setRuns] = useState(0);
  const graph = useRef<GraphHandle>(null);
  const code = useRef<CodeHandle>(null);
  const imported = useImport();
  useValidation();
  useAddress(place, onPlace);
  useSamplesOfMachine();
  useFitOn(place.view, graph);
  const add = useCallback(() => {
    const target = gestures.here();
    if (target) setOpened({ kind: "insert", target, at: placeOfSelected() });
  }, [gestures]);
  const rename = () => {
    store.getState().keep({ focus: "Name" });
    onPlace({ tab: "form" });
  };
  useEditorKeys({
    gestures,
    onAdd: add,
    onRename: rename,
    onSave: () => setDialog({ kind: "save" }),
    onTest: () => {
      onPlace({ tab: "test" });
      setRuns((count) => count + 1);
    },
  });
  const take = (offer: Parameters<typeof gestures.add>[0]) => {
    const target = gestures.here();
    if (target) void gestures.add(offer, target);
  };
  const { view } = place;
  return (
    <div className="sw-studio" data-view={view} data-dropping={imported.over ? "" : undefined} data-testid="studio" {...imported.handlers}>
      <Toolbar view={view} onView={(next) => onPlace({ view: next })} onSave={() => setDialog({ kind: "save" })} onRun={() => setDialog({ kind: "run" })} onImport={imported.take} arranging={arranging} graph={graph} />
      <DraftOffer />
      <div className="sw-desk">
        <aside className="sw-desk-palette" aria-label={t("editor.palette.title")}>
          <Palette onTake={take} />
        </aside>
        <div className="sw-desk-middle">
          {view !== "text" && view !== "yaml" && <EditCanvas gestures={gestures} arranging={arranging} opened={opened} onOpen={setOpened} handle={graph} />}
          {(view === "split" || view === "text") && <CodeView ref={code} />}
          {view === "yaml" && <YamlView />}
        </div>
        <Inspector tab={place.tab} onTab={(tab) => onPlace({ tab })} gestures={gestures} runs={runs} onRename={rename} onAdd={add} />
      </div>
      <section className="sw-desk-problems" aria-label={t("editor.problems.title")}>
        <Problems
          onGo={(problem) => {
            onPlace({ tab: "form" });
            code.current?.reveal(problem.from);
          }}
        />
      </section>
      {dialog && <Dialogs dialog={dialog} onDialog={setDialog} onSaved={onSaved} onStarted={onStarted} />}
    </div>
  );
}

interface DialogsProps extends Pick<StudioProps, "onSaved" | "onStarted"> {
  dialog: Dialog;
  onDialog: (dialog: Dialog | undefined) => void;
}

/** What opens over the desk. */
function Dialogs({ dialog, onDialog, onSaved, onStarted }: DialogsProps) {
  const close = () => onDialog(undefined);
  const saved = (arn: string) => {
    close();
    onSaved(arn);
  };
  if (dialog.kind === "save") return <SaveDialog onClose={close} onConflict={(outcome, wish) => onDialog({ kind: "conflict", outcome, wish })} onSaved={saved} />;
  if (dialog.kind === "run") return <RunDialog onClose={close} onStarted={onStarted} />;
  return <ThreeWay theirs={dialog.outcome.theirs} wish={dialog.wish} onClose={close} onSaved={saved} />;
}

/** The graph gets more or less room with another view, and is looked at anew. */
function useFitOn(view: View, graph: { readonly current: GraphHandle | null }): void {
  const shown = useRef(view);
  useEffect(() => {
    if (shown.current === view) return;
    shown.current = view;
    const frame = requestAnimationFrame(() => graph.current?.fit());
    return () => cancelAnimationFrame(frame);
  }, [view, graph]);
}

/** Where a panel about the selected state opens: beside its node, or in the middle. */
function placeOfSelected(): { x: number; y: number } {
  const node = document.querySelector("[data-testid='graph-node'][data-picked='true']") ?? document.querySelector(".sw-desk-canvas");
  const box = node?.getBoundingClientRect();
  return box ? { x: box.left + Math.min(box.width, 230), y: box.top } : { x: 300, y: 200 };
}

/** The selected state is in the address, and the address selects a state. */
function useAddress(place: StudioPlace, onPlace: StudioProps["onPlace"]): void {
  const store = useStudioStore();
  const selected = useStudio((state) => state.selected);
  const id = selected && pointerOf(selected);
  const asked = useRef(place.state);
  useEffect(() => {
    if (asked.current !== undefined) store.getState().select(pathOf(asked.current));
  }, [store]);
  const tell = useRef(onPlace);
  tell.current = onPlace;
  useEffect(() => tell.current({ state: id }), [id]);
}

function useSamplesOfMachine(): void {
  const arn = useStudio((state) => state.arn);
  useEffect(() => void openSamples(arn ?? ""), [arn]);
}

/** A draft from an earlier time, to go on with or to forget. Leaving with changes is asked about by the browser. */
function DraftOffer() {
  const { t } = useTranslation();
  const { draft, restore, discard } = useDraft();
  const dirty = useStudio(isDirty);
  const zone = usePreferences((preferences) => preferences.zone);
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);
  if (!draft) return null;
  return (
    <div data-testid="draft-offer">
      <Alert
        type="info"
        action={
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={restore} data-testid="draft-restore">
              {t("editor.draft.restore")}
            </Button>
            <Button onClick={discard} data-testid="draft-discard">
              {t("editor.draft.discard")}
            </Button>
          </SpaceBetween>
        }
      >
        {t("editor.draft.found", { time: clock(draft.timeMs, zone) })}
      </Alert>
    </div>
  );
}
