import { useState } from "react";
import { useTranslation } from "react-i18next";

import { SegmentedControl, SpaceBetween } from "@/ui/cloudscape";
import { CodePane } from "@/ui/code-pane";
import { Pane } from "@/ui/pane";

import { Payload, usePayload } from "./payload";
import type { StepProps } from "./step";

function pretty(text: string | null | undefined): string {
  try {
    return JSON.stringify(JSON.parse(text ?? "null"), null, 2);
  } catch {
    return text ?? "";
  }
}

/** What a step put out, alone or as what it changed of its input. */
export function OutputTab({ execution, entered, exited }: StepProps) {
  const { t } = useTranslation();
  const [view, setView] = useState<"value" | "difference">("value");
  if (!exited) return <Payload arn={execution.arn} event={exited} member="output" label={t("execution.tab.output")} />;
  return (
    <SpaceBetween size="xs">
      <SegmentedControl
        selectedId={view}
        label={t("execution.output.view")}
        options={[
          { id: "value", text: t("execution.output.value") },
          { id: "difference", text: t("execution.output.difference") },
        ]}
        onChange={({ detail }) => setView(detail.selectedId === "difference" ? "difference" : "value")}
      />
      {view === "value" ? (
        <Payload arn={execution.arn} event={exited} member="output" label={t("execution.tab.output")} />
      ) : (
        <Difference arn={execution.arn} entered={entered} exited={exited} />
      )}
    </SpaceBetween>
  );
}

function Difference({ arn, entered, exited }: { arn: string } & Pick<StepProps, "entered" | "exited">) {
  const { t } = useTranslation();
  const input = usePayload(arn, entered, "input");
  const output = usePayload(arn, exited, "output");
  return (
    <Pane query={input}>
      {(before) => <Pane query={output}>{(after) => <CodePane text={pretty(after)} since={pretty(before)} label={t("execution.output.difference")} maxHeight="50vh" />}</Pane>}
    </Pane>
  );
}
