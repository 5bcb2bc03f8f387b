/** What the last tests of states came to, so that the form, the test and the data flow show the same. */
import { create } from "zustand";

import type { InspectionData, TestStateOutput } from "@/api/generated/service";

export interface Outcome {
  answer?: TestStateOutput;
  /** Why there is no answer. */
  refused?: string;
  timeMs: number;
}

/** By JSON pointer of the state. */
export const useOutcomes = create<{ outcomes: Record<string, Outcome> }>(() => ({ outcomes: {} }));

export function keepOutcome(state: string, outcome: Outcome): void {
  useOutcomes.setState(({ outcomes }) => ({ outcomes: { ...outcomes, [state]: outcome } }));
}

/** The stages of a state's data, in the order in which it passes through them, with the field that makes each. */
export const STAGES = [
  ["input", ""],
  ["afterInputPath", "InputPath"],
  ["afterItemsPath", "ItemsPath"],
  ["afterItemSelector", "ItemSelector"],
  ["afterItemBatcher", "ItemBatcher"],
  ["afterParameters", "Parameters"],
  ["afterArguments", "Arguments"],
  ["result", "Resource"],
  ["afterResultSelector", "ResultSelector"],
  ["afterResultPath", "ResultPath"],
] as const satisfies readonly (readonly [keyof InspectionData, string])[];

export interface Stage {
  name: (typeof STAGES)[number][0] | "output" | "variables";
  field: string;
  text: string;
}

export function stagesOf(answer: TestStateOutput, language: "JSONPath" | "JSONata"): Stage[] {
  const data = answer.inspectionData ?? {};
  const found: Stage[] = STAGES.flatMap(([name, field]) => {
    const text = data[name];
    return typeof text === "string" ? [{ name, field, text }] : [];
  });
  if (answer.output !== undefined) found.push({ name: "output", field: language === "JSONata" ? "Output" : "OutputPath", text: answer.output });
  if (data.variables !== undefined) found.push({ name: "variables", field: "Assign", text: data.variables });
  return found;
}
