import { useTranslation } from "react-i18next";

import type { HistoryEvent } from "@/execution/reducer";
import { ExpandableSection, SpaceBetween } from "@/ui/cloudscape";
import { size } from "@/ui/format";

import { asText, Payload } from "./payload";
import type { StepProps } from "./step";

interface Stage {
  name: "input" | "arguments" | "submitted" | "result" | "assigned" | "output";
  event: HistoryEvent;
  member: string;
}

/** Which member of which event holds a stage; the last attempt's is shown. */
const STAGES: [RegExp, Stage["name"], string][] = [
  [/StateEntered$/, "input", "input"],
  [/^TaskScheduled$/, "arguments", "parameters"],
  [/^(Activity|LambdaFunction)Scheduled$/, "arguments", "input"],
  [/^TaskSubmitted$/, "submitted", "output"],
  [/^(Task|Activity|LambdaFunction)Succeeded$/, "result", "output"],
  [/StateExited$/, "assigned", "assignedVariables"],
  [/StateExited$/, "output", "output"],
];

/** The stages that a step's data went through, out of its events. */
export function stagesOf(events: readonly HistoryEvent[], visit: number, last: number): Stage[] {
  const found = new Map<Stage["name"], Stage>();
  for (const event of events.slice(visit - 1, last)) {
    if (event.visit !== visit) continue;
    for (const [type, name, member] of STAGES) {
      if (type.test(event.type) && event.details[member] !== undefined) found.set(name, { name, event, member });
    }
  }
  return STAGES.map(([, name]) => found.get(name))
    .filter((stage) => stage !== undefined)
    .filter((stage, index, all) => all.indexOf(stage) === index);
}

export function FlowTab({ execution, model, visit }: StepProps) {
  const { t } = useTranslation();
  if (!visit) return <>{t("execution.notYet")}</>;
  const stages = stagesOf(execution.following.recording.events, visit.id, visit.exitId ?? model.last);
  return (
    <SpaceBetween size="xs">
      {stages.map(({ name, event, member }, index) => (
        <ExpandableSection
          key={name}
          defaultExpanded={index === 0 || stages.length < 4}
          headerText={`${index + 1}. ${t(`execution.flow.${name}`)}`}
          headerDescription={t("execution.flow.from", { id: event.id, type: event.type, size: size(asText(event.details[member]) ?? "") })}
        >
          <Payload arn={execution.arn} event={event} member={member} label={t(`execution.flow.${name}`)} maxHeight={260} />
        </ExpandableSection>
      ))}
    </SpaceBetween>
  );
}
