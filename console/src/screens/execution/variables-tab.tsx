import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { variablesAt } from "@/execution/visits";
import { Box, SpaceBetween } from "@/ui/cloudscape";
import { JsonView } from "@/ui/json-view";

import type { StepProps } from "./step";

/** Variables hold JSON texts; together they read as one object. */
function asObject(variables: Record<string, string>): string {
  const members = Object.entries(variables).map(([name, value]) => `${JSON.stringify(name)}: ${value}`);
  return `{${members.join(", ")}}`;
}

export function VariablesTab({ execution, visit, entered, exited }: StepProps) {
  const { t } = useTranslation();
  const { events } = execution.following.recording;
  const before = useMemo(() => (visit ? variablesAt(events, execution.visits, visit.id) : {}), [events, execution.visits, visit]);
  const assigned = exited?.details["assignedVariables"] as Record<string, string> | undefined;
  if (!entered) return <Box color="text-body-secondary">{t("execution.notYet")}</Box>;
  return (
    <SpaceBetween size="s">
      <section>
        <Box variant="h3">{t("execution.variables.entry")}</Box>
        <JsonView text={asObject(before)} label={t("execution.variables.entry")} maxHeight={240} />
      </section>
      <section>
        <Box variant="h3">{t("execution.variables.exit")}</Box>
        {exited ? <JsonView text={asObject({ ...before, ...assigned })} label={t("execution.variables.exit")} maxHeight={240} /> : t("execution.notYet")}
      </section>
    </SpaceBetween>
  );
}
