import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { call } from "@/api/aws";
import type { MapRun } from "@/api/operations";
import { Button, Container, FormField, Header, Input } from "@/ui/cloudscape";
import { flash } from "@/ui/flash";
import { Trouble } from "@/ui/pane";

/** How many children run at once and how many may fail: to be changed while the run lasts. */
export function MapRunLimits({ run }: { run: MapRun }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [draft, setDraft] = useState({
    maxConcurrency: String(run.maxConcurrency),
    toleratedFailureCount: String(run.toleratedFailureCount),
    toleratedFailurePercentage: String(run.toleratedFailurePercentage),
  });
  const fixed = run.status !== "RUNNING";
  const save = useMutation({
    mutationFn: () =>
      call("UpdateMapRun", {
        mapRunArn: run.mapRunArn,
        maxConcurrency: Number(draft.maxConcurrency),
        toleratedFailureCount: Number(draft.toleratedFailureCount),
        toleratedFailurePercentage: Number(draft.toleratedFailurePercentage),
      }),
    onSuccess: () => flash({ type: "success", text: t("mapRun.saved") }),
    onSettled: () => client.invalidateQueries({ queryKey: ["map-run", run.mapRunArn] }),
  });
  const members = Object.keys(draft) as (keyof typeof draft)[];
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button disabled={fixed} disabledReason={t("mapRun.over")} loading={save.isPending} onClick={() => save.mutate()}>
              {t("mapRun.save")}
            </Button>
          }
        >
          {t("mapRun.limits")}
        </Header>
      }
    >
      <div className="sw-row">
        {members.map((member) => (
          <FormField key={member} label={t(`mapRun.${member}`)}>
            <Input type="number" readOnly={fixed} value={draft[member]} onChange={({ detail }) => setDraft({ ...draft, [member]: detail.value })} />
          </FormField>
        ))}
      </div>
      {save.isError && <Trouble error={save.error} />}
    </Container>
  );
}
