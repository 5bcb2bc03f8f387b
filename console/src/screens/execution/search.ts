import { numberIn, textIn, wordIn, type RawSearch } from "@/ui/screen";

export const EXECUTION_VIEWS = ["graph", "timeline", "table", "events"] as const;
export const STEP_TABS = ["input", "output", "flow", "variables", "definition", "attempts", "events", "logs", "iterations"] as const;
export type StepTab = (typeof STEP_TABS)[number];

/** All that a person has chosen to see of an execution. */
export interface ExecutionSearch {
  view: (typeof EXECUTION_VIEWS)[number];
  /** Name of the selected state. */
  step?: string | undefined;
  /** Id of the event that entered it, when a certain visit is meant. */
  visit?: number | undefined;
  tab: StepTab;
  /** A single event. */
  event?: number | undefined;
  /** The event after which the execution is shown; without it, as it is now. */
  at?: number | undefined;
  /** Map iteration that is looked into: JSON of its path. */
  path?: string | undefined;
  /** ARN of the execution it is compared with. */
  compare?: string | undefined;
}

export function parseExecutionSearch(raw: RawSearch): ExecutionSearch {
  return {
    view: wordIn(raw, "view", EXECUTION_VIEWS),
    step: textIn(raw, "step"),
    visit: numberIn(raw, "visit"),
    tab: wordIn(raw, "tab", STEP_TABS),
    event: numberIn(raw, "event"),
    at: numberIn(raw, "at"),
    path: textIn(raw, "path"),
    compare: textIn(raw, "compare"),
  };
}

/** The iteration in an address: names of Maps and indices, from outside. */
export function pathIn(text: string | undefined): [string, number][] {
  try {
    const path: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(path) && path.every(isPiece) ? path : [];
  } catch {
    return [];
  }
}

function isPiece(piece: unknown): piece is [string, number] {
  return Array.isArray(piece) && piece.length === 2 && typeof piece[0] === "string" && Number.isInteger(piece[1]);
}
