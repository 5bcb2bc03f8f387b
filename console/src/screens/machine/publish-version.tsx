import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { arnParts } from "@/api/arn";
import { call } from "@/api/aws";
import type { Machine } from "@/api/operations";
import { Box, Button, FormField, Input } from "@/ui/cloudscape";
import { Dialog } from "@/ui/dialog";
import { flash } from "@/ui/flash";
import { Trouble } from "@/ui/pane";

/** Publishes the definition as it is seen: if somebody has saved another one meanwhile, the server refuses. */
export function PublishVersion({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [description, setDescription] = useState("");
  const publish = useMutation({
    mutationFn: () =>
      call("PublishStateMachineVersion", {
        stateMachineArn: machine.stateMachineArn,
        revisionId: machine.revisionId ?? "INITIAL",
        ...(description && { description }),
      }),
    onSuccess: async ({ stateMachineVersionArn }) => {
      flash({ type: "success", text: t("machine.versions.published", { version: arnParts(stateMachineVersionArn).name }) });
      await client.invalidateQueries({ queryKey: ["versions", machine.stateMachineArn] });
      onClose();
    },
  });
  const actions = (
    <Button variant="primary" loading={publish.isPending} onClick={() => publish.mutate()} data-testid="publish-confirm">
      {t("machine.versions.publish")}
    </Button>
  );
  return (
    <Dialog title={t("machine.versions.publish")} actions={actions} onClose={onClose}>
      <Box>{t("machine.versions.what")}</Box>
      <FormField label={t("machine.versions.description")}>
        <Input value={description} onChange={({ detail }) => setDescription(detail.value.slice(0, 256))} autoFocus />
      </FormField>
      {publish.isError && <Trouble error={publish.error} />}
    </Dialog>
  );
}
