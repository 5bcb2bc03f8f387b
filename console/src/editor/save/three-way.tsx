import { json } from "@codemirror/lang-json";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Machine } from "@/api/operations";
import { Alert, Button } from "@/ui/cloudscape";
import "@/ui/code.css";
import { Dialog } from "@/ui/dialog";
import { flash } from "@/ui/flash";
import { highlighting } from "@/ui/highlight";
import { Trouble } from "@/ui/pane";

import { differences } from "../compare";
import { useStudio, useStudioStore } from "../studio/store";
import { check } from "../text/checks";
import { valueAt, type Json } from "../text/json";

import { update } from "./saving";

interface ThreeWayProps {
  theirs: Machine;
  wish: { comment: string; publish: boolean; name: string };
  onClose: () => void;
  onSaved: (arn: string) => void;
}

/**
 * Somebody else has saved meanwhile: what both began with, what they made of it, and what was made here, to be brought
 * together by a person. Nothing is written before that.
 */
export default function ThreeWay({ theirs, wish, onClose, onSaved }: ThreeWayProps) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const base = useStudio((state) => state.saved?.text ?? "");
  const mine = useStudio((state) => state.stack.text);
  const [merged, setMerged] = useState(mine);
  const [trouble, setTrouble] = useState<unknown>();
  const isBroken = check(merged).definition === undefined;
  const settle = async (text: string) => {
    try {
      const outcome = await update(theirs.stateMachineArn, text, wish);
      if (outcome.kind !== "saved") return;
      store.getState().change(text);
      store.getState().keep({ saved: outcome.saved });
      flash({ type: "success", text: t("editor.save.done", { name: wish.name }) });
      onSaved(outcome.arn);
    } catch (error) {
      setTrouble(error);
    }
  };
  const takeTheirs = () => {
    store.getState().replace(theirs.definition);
    store.getState().keep({ saved: { text: theirs.definition, revisionId: theirs.revisionId } });
    onClose();
  };
  return (
    <Dialog
      title={t("editor.threeWay.title")}
      size="max"
      gap="s"
      testid="three-way"
      onClose={onClose}
      actions={
        <>
          <Button onClick={takeTheirs} data-testid="take-theirs">
            {t("editor.threeWay.theirs")}
          </Button>
          <Button variant="primary" disabled={isBroken} onClick={() => void settle(merged)} data-testid="save-merged">
            {t("editor.threeWay.save")}
          </Button>
        </>
      }
    >
      <Alert type="warning">{t("editor.threeWay.what")}</Alert>
      {trouble !== undefined && <Trouble error={trouble} />}
      <Touched base={base} theirs={theirs.definition} mine={mine} />
      <Merge theirs={theirs.definition} mine={mine} onMerged={setMerged} />
      <details data-testid="three-way-base">
        <summary>{t("editor.threeWay.base")}</summary>
        <pre className="sw-pre">{base}</pre>
      </details>
    </Dialog>
  );
}

function definitionOf(text: string): Json {
  return check(text).definition ?? valueAt("{}", []) ?? {};
}

/** Which states were touched by whom since the text that both began with. */
function Touched({ base, theirs, mine }: { base: string; theirs: string; mine: string }) {
  const { t } = useTranslation();
  const [by, own] = useMemo(() => [theirs, mine].map((text) => new Map(differences(definitionOf(base), definitionOf(text)).map(({ id, name, change }) => [id, { name, change }]))), [base, theirs, mine]);
  const ids = [...new Set([...(by?.keys() ?? []), ...(own?.keys() ?? [])])];
  return (
    <table className="sw-touched" data-testid="touched">
      <thead>
        <tr>
          <th scope="col">{t("editor.threeWay.state")}</th>
          <th scope="col">{t("editor.threeWay.byThem")}</th>
          <th scope="col">{t("editor.threeWay.byYou")}</th>
        </tr>
      </thead>
      <tbody>
        {ids.map((id) => {
          const [one, other] = [by?.get(id), own?.get(id)];
          return (
            <tr key={id} data-both={one && other ? "" : undefined}>
              <th scope="row">{one?.name || other?.name || t("editor.wholeDefinition")}</th>
              <td>{one ? t(`editor.diff.${one.change}`) : "–"}</td>
              <td>{other ? t(`editor.diff.${other.change}`) : "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Their text at the left, this one at the right, where it can be changed; arrows take a part over. */
function Merge({ theirs, mine, onMerged }: { theirs: string; mine: string; onMerged: (text: string) => void }) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const tell = useRef(onMerged);
  tell.current = onMerged;
  const labels = [t("editor.threeWay.theirText"), t("editor.threeWay.yourText")] as const;
  useEffect(() => {
    if (!place.current) return;
    const shared = [lineNumbers(), json(), highlighting];
    const view = new MergeView({
      a: { doc: theirs, extensions: [...shared, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-label": labels[0], tabindex: "0" })] },
      b: {
        doc: mine,
        extensions: [...shared, EditorView.contentAttributes.of({ "aria-label": labels[1], tabindex: "0" }), EditorView.updateListener.of((change) => change.docChanged && tell.current(change.state.doc.toString()))],
      },
      parent: place.current,
      revertControls: "a-to-b",
      collapseUnchanged: { margin: 3 },
    });
    return () => view.destroy();
  }, [theirs, mine, labels[0], labels[1]]);
  return (
    <div>
      <div className="sw-merge-heads">
        <strong>{labels[0]}</strong>
        <strong>{labels[1]}</strong>
      </div>
      <div ref={place} className="sw-code sw-merge" data-testid="merge" />
    </div>
  );
}
