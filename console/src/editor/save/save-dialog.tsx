import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Alert, Button, Checkbox } from "@/ui/cloudscape";
import { Dialog } from "@/ui/dialog";
import { flash } from "@/ui/flash";
import { Trouble } from "@/ui/pane";

import { DefinitionDiff } from "../diff/definition-diff";
import { ChoiceControl, Labelled, TextControl } from "../form/controls";
import { useStudio, useStudioStore } from "../studio/store";
import { samplesMovedTo } from "../test/samples";

import { dropDraft, keepDraft } from "./draft";
import { save, type Outcome, type Wish } from "./saving";

interface SaveProps {
  onClose: () => void;
  onConflict: (outcome: Outcome & { kind: "conflict" }, wish: Wish) => void;
  onSaved: (arn: string) => void;
}

const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/;

/** Save with a comment, as a version if wanted, after a look at what changes. */
export function SaveDialog({ onClose, onConflict, onSaved }: SaveProps) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const { arn, saved, stack } = useStudio((state) => state);
  const errors = useStudio((state) => state.problems.filter(({ severity }) => severity === "ERROR").length);
  const [name, setName] = useState(store.getState().name);
  const [comment, setComment] = useState("");
  const [publish, setPublish] = useState(false);
  const isNew = arn === undefined;
  const nameFault = isNew && !NAME.test(name);
  const wish = { name, comment, publish };
  const { run, busy, trouble } = useSaving(wish, onSaved, (outcome) => onConflict(outcome, wish));
  return (
    <Dialog
      title={t("editor.save.title")}
      size="large"
      testid="save-dialog"
      onClose={onClose}
      actions={
        <>
          {errors > 0 && <KeepDraft name={name} onKept={onClose} />}
          <Button variant="primary" onClick={run} loading={busy} disabled={errors > 0 || nameFault} data-testid="save-confirm">
            {t(publish ? "editor.save.publish" : "editor.save.save")}
          </Button>
        </>
      }
    >
      <EnterSaves onEnter={() => errors === 0 && !nameFault && !busy && run()} />
      {errors > 0 && <Alert type="error">{t("editor.save.errors", { count: errors })}</Alert>}
      {trouble !== undefined && <Trouble error={trouble} />}
      {isNew && <NewMachine name={name} onName={setName} fault={nameFault && name !== ""} />}
      <Labelled label={t("editor.save.comment")} name="comment" hint={t("editor.save.commentHint")}>
        {(id) => <TextControl id={id} testid="save-comment" value={comment} onChange={setComment} />}
      </Labelled>
      <Checkbox checked={publish} onChange={({ detail }) => setPublish(detail.checked)} data-testid="save-publish">
        {t("editor.save.asVersion")}
      </Checkbox>
      {saved && <DefinitionDiff before={saved.text} after={stack.text} beforeName={t("editor.save.before")} afterName={t("editor.save.now")} />}
    </Dialog>
  );
}

/** Saving what is open, and what is to be done when it is saved, or was saved by somebody else meanwhile. */
function useSaving(wish: Wish, onSaved: (arn: string) => void, onConflict: (outcome: Outcome & { kind: "conflict" }) => void) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<unknown>();
  const settle = (outcome: Outcome & { kind: "saved" }) => {
    const before = store.getState().arn;
    dropDraft(before);
    store.getState().keep({ arn: outcome.arn, saved: outcome.saved, name: wish.name });
    if (before === undefined) samplesMovedTo(outcome.arn);
    const version = outcome.version?.split(":").pop() ?? "";
    flash({ type: "success", text: t(outcome.version ? "editor.save.published" : "editor.save.done", { name: wish.name, version }) });
    onSaved(outcome.arn);
  };
  const run = async () => {
    setBusy(true);
    setTrouble(undefined);
    try {
      const outcome = await save(store.getState(), wish);
      if (outcome.kind === "conflict") onConflict(outcome);
      else settle(outcome);
    } catch (error) {
      setTrouble(error);
      setBusy(false);
    }
  };
  return { run: () => void run(), busy, trouble };
}

/** Enter in a field of the dialog is a press on its button. */
function EnterSaves({ onEnter }: { onEnter: () => void }) {
  const enter = useRef(onEnter);
  enter.current = onEnter;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.closest("[role='dialog']")) enter.current();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
  return null;
}

function NewMachine({ name, onName, fault }: { name: string; onName: (name: string) => void; fault: boolean }) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const { type, roleArn } = useStudio((state) => state);
  const types = ["STANDARD", "EXPRESS"] as const;
  return (
    <>
      <Labelled label={t("editor.save.name")} name="name" required problem={fault ? t("editor.save.nameFault") : undefined}>
        {(id) => <TextControl id={id} testid="save-name" value={name} onChange={onName} />}
      </Labelled>
      <div className="sw-two">
        <Labelled label={t("editor.save.type")} name="type">
          {(id) => <ChoiceControl id={id} testid="save-type" value={type} options={types.map((one) => ({ value: one, text: one }))} onChange={(next) => store.getState().keep({ type: types.find((one) => one === next) ?? "STANDARD" })} />}
        </Labelled>
        <Labelled label={t("editor.save.role")} name="role" hint={t("editor.save.roleHint")}>
          {(id) => <TextControl id={id} mono testid="save-role" value={roleArn} placeholder="arn:aws:iam::000000000000:role/stepwell" onChange={(next) => store.getState().keep({ roleArn: next })} />}
        </Labelled>
      </div>
    </>
  );
}

/** A text with errors cannot become a machine's, but it can be kept in the console's store. */
function KeepDraft({ name, onKept }: { name: string; onKept: () => void }) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const keep = async () => {
    try {
      await keepDraft(store.getState(), name);
      flash({ type: "success", text: t("editor.save.draftKept") });
      onKept();
    } catch (error) {
      flash({ type: "error", text: t("editor.save.draftNotKept"), detail: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <Button onClick={() => void keep()} data-testid="keep-draft">
      {t("editor.save.asDraft")}
    </Button>
  );
}
