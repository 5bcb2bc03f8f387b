import { useState } from "react";
import { useTranslation } from "react-i18next";

import { call } from "@/api/aws";
import { Alert, Button } from "@/ui/cloudscape";
import { Dialog } from "@/ui/dialog";
import { Trouble } from "@/ui/pane";

import { Labelled, TextControl } from "../form/controls";
import { isDirty, useStudio } from "../studio/store";
import { keepSample, sampleOf, useSamples } from "../test/samples";

/** Start an execution of what is saved, with the machine's sample as its input. */
export function RunDialog({ onClose, onStarted }: { onClose: () => void; onStarted: (arn: string) => void }) {
  const { t } = useTranslation();
  const arn = useStudio((state) => state.arn);
  const dirty = useStudio(isDirty);
  const input = useSamples(({ steps }) => sampleOf(steps, "").input);
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<unknown>();
  const run = async () => {
    if (arn === undefined) return;
    setBusy(true);
    try {
      const { executionArn } = await call("StartExecution", { stateMachineArn: arn, input: input.trim() || "{}", ...(name && { name }) });
      onStarted(executionArn);
    } catch (error) {
      setTrouble(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t("editor.run.title")}
      gap="s"
      testid="run-dialog"
      onClose={onClose}
      actions={
        <Button variant="primary" loading={busy} disabled={arn === undefined} onClick={() => void run()} data-testid="run-confirm">
          {t("editor.run.start")}
        </Button>
      }
    >
      {arn === undefined && <Alert type="info">{t("editor.run.saveFirst")}</Alert>}
      {arn !== undefined && dirty && <Alert type="warning">{t("editor.run.dirty")}</Alert>}
      {trouble !== undefined && <Trouble error={trouble} />}
      <Labelled label={t("editor.run.input")} name="input">
        {(id) => <textarea id={id} className="sw-input sw-mono sw-json" rows={8} value={input} spellCheck={false} data-testid="run-input" onChange={(event) => keepSample("", { input: event.target.value })} />}
      </Labelled>
      <Labelled label={t("editor.run.name")} name="name" hint={t("editor.run.nameHint")}>
        {(id) => <TextControl id={id} testid="run-name" value={name} onChange={setName} />}
      </Labelled>
    </Dialog>
  );
}
