import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { CodePane } from "@/ui/code-pane";

/** The text of a state out of a definition, wherever it stands: the names of states are unique. */
export function stateText(definition: string, state: string): string {
  const open: unknown[] = [parsed(definition)];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    const states = (value as { States?: Record<string, unknown> }).States;
    if (states && typeof states === "object" && Object.hasOwn(states, state)) return JSON.stringify(states[state], null, 2);
    open.push(...Object.values(value));
  }
  return "";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function DefinitionTab({ definition, state }: { definition: string; state: string }) {
  const { t } = useTranslation();
  const text = useMemo(() => stateText(definition, state), [definition, state]);
  return <CodePane text={text} label={t("execution.tab.definition")} maxHeight="50vh" />;
}
