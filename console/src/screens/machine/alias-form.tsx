import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { arnParts } from "@/api/arn";
import { call } from "@/api/aws";
import type { Alias, Machine, Version } from "@/api/operations";
import { Button, FormField, Input, Select } from "@/ui/cloudscape";
import { Dialog } from "@/ui/dialog";
import { flash } from "@/ui/flash";
import { Trouble } from "@/ui/pane";

interface AliasFormProps {
  machine: Machine;
  versions: readonly Version[];
  alias: Alias | null;
  onClose: () => void;
  onGo: (to: string) => void;
}

interface Draft {
  name: string;
  description: string;
  first: string;
  second: string;
  /** Of 100 starts, how many go to the first version. */
  weight: string;
}

function draftOf(alias: Alias | null, versions: readonly Version[]): Draft {
  const [first, second] = alias?.routingConfiguration ?? [];
  return {
    name: alias?.name ?? "",
    description: alias?.description ?? "",
    first: first?.stateMachineVersionArn ?? versions[0]?.stateMachineVersionArn ?? "",
    second: second?.stateMachineVersionArn ?? "",
    weight: String(first?.weight ?? 100),
  };
}

function routesOf({ first, second, weight }: Draft) {
  if (!second) return [{ stateMachineVersionArn: first, weight: 100 }];
  return [
    { stateMachineVersionArn: first, weight: Number(weight) },
    { stateMachineVersionArn: second, weight: 100 - Number(weight) },
  ];
}

/** Makes an alias, or leads it elsewhere: to one version, or shared between two. */
export function AliasForm({ machine, versions, alias, onClose }: AliasFormProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(alias, versions));
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const wrongWeight = draft.second !== "" && !(/^\d{1,3}$/.test(draft.weight) && Number(draft.weight) <= 100);
  const save = useMutation({
    mutationFn: async () => {
      const routingConfiguration = routesOf(draft);
      if (alias?.stateMachineAliasArn) {
        await call("UpdateStateMachineAlias", { stateMachineAliasArn: alias.stateMachineAliasArn, routingConfiguration, description: draft.description });
      } else {
        await call("CreateStateMachineAlias", { name: draft.name, routingConfiguration, ...(draft.description && { description: draft.description }) });
      }
    },
    onSuccess: async () => {
      flash({ type: "success", text: t("machine.aliases.saved", { name: draft.name }) });
      await client.invalidateQueries({ queryKey: ["versions", machine.stateMachineArn] });
      onClose();
    },
  });
  const actions = (
    <Button variant="primary" disabled={!draft.name || wrongWeight} loading={save.isPending} onClick={() => save.mutate()} data-testid="alias-save">
      {t("machine.aliases.save")}
    </Button>
  );
  return (
    <Dialog title={t(alias ? "machine.aliases.editing" : "machine.aliases.create")} actions={actions} onClose={onClose}>
      <FormField label={t("machine.aliases.name")}>
        <Input value={draft.name} disabled={alias !== null} onChange={({ detail }) => change({ name: detail.value })} autoFocus={!alias} />
      </FormField>
      <FormField label={t("machine.aliases.description")}>
        <Input value={draft.description} onChange={({ detail }) => change({ description: detail.value.slice(0, 256) })} />
      </FormField>
      <VersionSelect label={t("machine.aliases.leadsTo")} versions={versions} value={draft.first} onChange={(first) => change({ first })} />
      <VersionSelect label={t("machine.aliases.also")} versions={versions} value={draft.second} onChange={(second) => change({ second })} none={t("machine.aliases.noSecond")} />
      {draft.second && (
        <FormField label={t("machine.aliases.weight")} errorText={wrongWeight && t("machine.aliases.wrongWeight")}>
          <Input type="number" value={draft.weight} onChange={({ detail }) => change({ weight: detail.value })} />
        </FormField>
      )}
      {save.isError && <Trouble error={save.error} />}
    </Dialog>
  );
}

interface VersionSelectProps {
  label: string;
  versions: readonly Version[];
  value: string;
  onChange: (arn: string) => void;
  none?: string;
}

function VersionSelect({ label, versions, value, onChange, none }: VersionSelectProps) {
  const { t } = useTranslation();
  const options = [
    ...(none ? [{ value: "", label: none }] : []),
    ...versions.map((version) => ({
      value: version.stateMachineVersionArn,
      label: t("machine.versions.numbered", { version: arnParts(version.stateMachineVersionArn).name }),
    })),
  ];
  return (
    <FormField label={label}>
      <Select
        options={options}
        selectedOption={options.find((option) => option.value === value) ?? null}
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
}
