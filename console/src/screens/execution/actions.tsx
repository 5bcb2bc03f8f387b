import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { machineArnOf } from "@/api/arn";
import { call } from "@/api/aws";
import type { Execution } from "@/api/operations";
import { usePictureDownload } from "@/editor/share/picture";
import type { Model } from "@/execution/reducer";
import { statusesOf, takenIn } from "@/execution/statuses";
import { drawWhole, StatusStore } from "@/graph";
import { Button, ButtonDropdown, FormField, Input, SpaceBetween } from "@/ui/cloudscape";
import { Dialog } from "@/ui/dialog";
import { download } from "@/ui/download";
import { flash } from "@/ui/flash";
import { Trouble } from "@/ui/pane";
import { address } from "@/ui/screen";

import { StartExecution } from "../start/start-execution";
import { CompareWith } from "./compare-with";
import { startOf, type ExecutionInView } from "./use-execution";

interface ActionsProps {
  execution: ExecutionInView;
  /** Answers the picture that is looked at. */
  shown: () => Model;
  onGo: (to: string) => void;
  onCompare: (arn: string) => void;
}

/** Why a redrive is not offered, or `null` when it is. */
function reasonAgainst(described: Execution | undefined): string | null {
  if (!described) return "";
  return described.redriveStatus === "REDRIVABLE" ? null : (described.redriveStatusReason ?? described.redriveStatus ?? "");
}

export function Actions({ execution, shown, onGo, onCompare }: ActionsProps) {
  const { t } = useTranslation();
  const { arn, express, following, described, machine } = execution;
  const [layer, setLayer] = useState<"stop" | "again" | "compare" | null>(null);
  const running = following.recording.live.status === "RUNNING";
  const succeeded = following.recording.live.status === "SUCCEEDED";
  const input = described.data?.input ?? String(following.recording.events[0]?.details["input"] ?? "{}");
  const redrive = useMutation({
    mutationFn: () => call("RedriveExecution", { executionArn: arn }),
    onSuccess: () => {
      following.resume();
      flash({ type: "success", text: t("execution.redriven") });
    },
    onError: (failure) => flash({ type: "error", text: t("execution.notRedriven"), detail: failure.message }),
  });
  const against = reasonAgainst(described.data);
  const savePicture = usePictureDownload();
  const pick = (id: string) => {
    if (id === "svg" || id === "png") void savePicture(id, () => pictureOf(execution, shown()));
    else if (id === "again" || id === "compare") setLayer(id);
    else if (id === "edit") onGo(address(["machines", machineArnOf(arn), "edit"]));
    else download(`${arn.split(":").at(-1)}.json`, JSON.stringify(following.recording.events, null, 2));
  };
  const items = (["again", "edit", "compare", "history", "svg", "png"] as const).map((id) => ({ id, text: t(`execution.action.${id}`) }));
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        <ButtonDropdown items={items} onItemClick={({ detail }) => pick(detail.id)} data-testid="execution-actions">
          {t("machine.actions")}
        </ButtonDropdown>
        {running ? (
          <Button disabled={express} disabledReason={t("execution.expressNoStop")} onClick={() => setLayer("stop")} data-testid="stop">
            {t("execution.action.stop")}
          </Button>
        ) : (
          <Button
            disabled={express || against !== null}
            disabledReason={express ? t("execution.expressNoRedrive") : succeeded ? t("execution.succeededNoRedrive") : (against ?? "")}
            loading={redrive.isPending}
            onClick={() => redrive.mutate()}
            data-testid="redrive"
          >
            {t("execution.action.redrive")}
          </Button>
        )}
      </SpaceBetween>
      {layer === "stop" && <Stop arn={arn} onClose={() => setLayer(null)} />}
      {layer === "again" && (
        <StartExecution
          machine={{ stateMachineArn: machineArnOf(arn), name: machine.data?.name ?? "" }}
          input={input}
          onClose={() => setLayer(null)}
          onGo={onGo}
        />
      )}
      {layer === "compare" && <CompareWith arn={arn} onClose={() => setLayer(null)} onCompare={onCompare} />}
    </>
  );
}

/** The whole graph, coloured as it is looked at. */
async function pictureOf({ arn, machine, following }: ExecutionInView, shown: Model) {
  const definition = machine.data?.definition ?? "{}";
  const statuses = new StatusStore();
  const waits = shown === following.recording.live ? following.waits : {};
  statuses.set(statusesOf(shown, waits), takenIn(shown, startOf(definition)));
  return { ...(await drawWhole(definition)), title: arn.split(":").at(-1) ?? arn, statuses };
}

function Stop({ arn, onClose }: { arn: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [error, setError] = useState("");
  const [cause, setCause] = useState("");
  const stop = useMutation({
    mutationFn: () => call("StopExecution", { executionArn: arn, ...(error && { error }), ...(cause && { cause }) }),
    onSuccess: onClose,
  });
  const actions = (
    <Button variant="primary" loading={stop.isPending} onClick={() => stop.mutate()} data-testid="stop-confirm">
      {t("execution.action.stop")}
    </Button>
  );
  return (
    <Dialog title={t("execution.stopTitle")} actions={actions} onClose={onClose}>
      <FormField label={t("executions.bulk.error")}>
        <Input value={error} onChange={({ detail }) => setError(detail.value.slice(0, 256))} autoFocus />
      </FormField>
      <FormField label={t("executions.bulk.cause")}>
        <Input value={cause} onChange={({ detail }) => setCause(detail.value)} />
      </FormField>
      {stop.isError && <Trouble error={stop.error} />}
    </Dialog>
  );
}
