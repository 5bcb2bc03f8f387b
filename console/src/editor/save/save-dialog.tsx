import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Alert, Box, Button, Checkbox, Modal, SpaceBetween } from "@/ui/cloudscape";
import { flash } from "@/ui/flash";
import { Trouble } from "@/ui/pane";

import { DefinitionDiff } from "../diff/definition-diff";
import { ChoiceControl, Labelled, TextControl } from "../form/controls";
import { useStudio, useStudioStore } from "../studio/store";
import { samplesMovedTo } from "../test/samples";

import { dropDraft, keepDraft } from "./draft";
import { save, type Outcome } from "./saving";

interface SaveProps {
  onClose: () => void;
  onConflict: (outcome: Outcome & { kind: "conflict" }, wish: { comment: string; publish: boolean; name: string }) => void;
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
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<unknown>();
  const isNew = arn === undefined;
  const nameFault = isNew && !NAME.test(name);
  const run = async () => {
    setBusy(true);
    setTrouble(undefined);
    try {
      const wish = { name, comment, publish };
      const outcome = await save(store.getState(), wish);
      if (outcome.kind === "conflict") onConflict(outcome, wish);
      else settle(outcome);
    } catch (error) {
      setTrouble(error);
      setBusy(false);
    }
  };
  const settle = (outcome: Outcome & { kind: "saved" }) => {
    dropDraft(arn);
    store.getState().keep({ arn: outcome.arn, saved: outcome.saved, name });
    if (isNew) samplesMovedTo(outcome.arn);
    flash({ type: "success", text: t(outcome.version ? "editor.save.published" : "editor.save.done", { name, version: outcome.version?.split(":").pop() ?? "" }) });
    onSaved(outcome.arn);
  };
  return (
    <Modal
      visible
      size="large"
      onDismiss={onClose}
      closeAriaLabel={t("ui.close")}
      header={t("editor.save.title")}
      data-testid="save-dialog"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {t("ui.cancel")}
            </Button>
            {errors > 0 && <KeepDraft name={name} onKept={onClose} />}
            <Button variant="primary" onClick={() => void run()} loading={busy} disabled={errors > 0 || nameFault} data-testid="save-confirm">
              {t(publish ? "editor.save.publish" : "editor.save.save")}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <EnterSaves onEnter={() => errors === 0 && !nameFault && !busy && void run()} />
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
      </SpaceBetween>
    </Modal>
  );
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
