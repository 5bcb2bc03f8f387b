import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { call } from "@/api/aws";
import type { Machine } from "@/api/operations";
import { Alert, Button, FormField, Input, Select, Textarea } from "@/ui/cloudscape";
import { Copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { size } from "@/ui/format";
import { Trouble } from "@/ui/pane";
import { address } from "@/ui/screen";

import { usePublished, versionNumber } from "../machine/versions";
import { commandLine } from "./command-line";
import { faultIn, INPUT_BYTES_MAX } from "./fault";
import { Inputs } from "./inputs";
import { remember } from "./recent";

const SHOWN_MAX = 2_000; // characters of a command

interface StartProps {
  machine: Pick<Machine, "stateMachineArn" | "name">;
  /** What to begin with: the input of another execution. */
  input?: string;
  onClose: () => void;
  onGo: (to: string) => void;
}

/** Starts an execution: input, name, version or alias; and says the command that does the same. */
export function StartExecution({ machine, input = "{}", onClose, onGo }: StartProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState(input);
  const [name, setName] = useState("");
  const [target, setTarget] = useState(machine.stateMachineArn);
  const fault = faultIn(text);
  const request = { stateMachineArn: target, input: text, ...(name && { name }) };
  const start = useMutation({
    mutationFn: () => call("StartExecution", request),
    onSuccess: ({ executionArn }) => {
      remember(machine.name, text);
      void client.invalidateQueries({ queryKey: ["executions"] });
      onClose();
      onGo(address(["executions", executionArn]));
    },
  });
  const actions = (
    <Button variant="primary" disabled={fault !== null} loading={start.isPending} onClick={() => start.mutate()} data-testid="start-confirm">
      {t("start.title")}
    </Button>
  );
  return (
    <Dialog title={t("start.of", { name: machine.name })} size="large" testid="start-dialog" actions={actions} onClose={onClose}>
      <div className="sw-row">
        <Target machine={machine} value={target} onChange={setTarget} />
        <FormField label={t("start.name")}>
          <Input value={name} onChange={({ detail }) => setName(detail.value.slice(0, 80))} placeholder={t("start.nameHint")} />
        </FormField>
        <Inputs machine={machine.name} text={text} onText={setText} />
      </div>
      <FormField
        stretch
        label={t("start.input")}
        errorText={fault && t(`start.fault.${fault.kind}`, { detail: fault.detail })}
        constraintText={t("start.size", { size: size(text), max: INPUT_BYTES_MAX / 1024 })}
      >
        <Textarea value={text} rows={12} spellcheck={false} onChange={({ detail }) => setText(detail.value)} data-testid="start-input" />
      </FormField>
      <Alert type="info" header={t("start.command")} action={<Copy wide text={commandLine(request)} label={t("start.copyCommand")} />}>
        <span className="sw-mono">{begun(commandLine(request))}</span>
      </Alert>
      {start.isError && <Trouble error={start.error} />}
    </Dialog>
  );
}

/** As much of a command as is worth reading. */
function begun(command: string): string {
  return command.length > SHOWN_MAX ? `${command.slice(0, SHOWN_MAX)}…` : command;
}

interface TargetProps {
  machine: Pick<Machine, "stateMachineArn">;
  value: string;
  onChange: (arn: string) => void;
}

/** The current definition, a version or an alias. */
function Target({ machine, value, onChange }: TargetProps) {
  const { t } = useTranslation();
  const found = usePublished(machine.stateMachineArn);
  const current = { value: machine.stateMachineArn, label: t("machine.versions.current") };
  const aliases = (found.data?.aliases ?? []).map((alias) => ({ value: alias.stateMachineAliasArn ?? "", label: alias.name ?? "" }));
  const versions = (found.data?.versions ?? []).map(({ stateMachineVersionArn: arn }) => ({ value: arn, label: t("machine.versions.numbered", { version: versionNumber(arn) }) }));
  const options = [current, ...aliases, ...versions];
  return (
    <FormField label={t("start.target")}>
      <Select
        options={options}
        selectedOption={options.find((option) => option.value === value) ?? current}
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? machine.stateMachineArn)}
        statusType={found.isLoading ? "loading" : "finished"}
        expandToViewport
      />
    </FormField>
  );
}
