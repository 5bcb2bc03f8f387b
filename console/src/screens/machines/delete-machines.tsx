import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { call } from "@/api/aws";
import { Alert, Box, Button, FormField, Input } from "@/ui/cloudscape";
import { Dialog } from "@/ui/dialog";
import { flash } from "@/ui/flash";
import { Trouble } from "@/ui/pane";

interface DeleteProps {
  machines: readonly { arn: string; name: string }[];
  onClose: () => void;
  onDeleted?: () => void;
}

/** Deletes machines after the person has typed what they are about to lose. */
export function DeleteMachines({ machines, onClose, onDeleted }: DeleteProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  const word = machines.length === 1 ? (machines[0]?.name ?? "") : String(machines.length);
  const remove = useMutation({
    mutationFn: async () => {
      for (const { arn } of machines) await call("DeleteStateMachine", { stateMachineArn: arn });
    },
    onSuccess: () => {
      flash({ type: "success", text: t("machines.delete.done", { count: machines.length }) });
      onClose();
      onDeleted?.();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["machines"] }),
  });
  const actions = (
    <Button variant="primary" disabled={typed !== word} loading={remove.isPending} onClick={() => remove.mutate()} data-testid="delete-confirm">
      {t("machines.delete.button")}
    </Button>
  );
  return (
    <Dialog title={t("machines.delete.title", { count: machines.length })} actions={actions} onClose={onClose}>
      <Alert type="warning">{t("machines.delete.warning")}</Alert>
      <Box>{machines.map(({ name }) => name).join(", ")}</Box>
      <FormField label={t("machines.delete.type", { word })}>
        <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} autoFocus />
      </FormField>
      {remove.isError && <Trouble error={remove.error} />}
    </Dialog>
  );
}
