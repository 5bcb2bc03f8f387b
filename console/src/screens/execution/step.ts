import type { HistoryEvent, Model } from "@/execution/reducer";
import type { Visit } from "@/execution/visits";

import type { ExecutionInView } from "./use-execution";

/** What the tabs of a step are given: the visit that is looked at, and the events by which it began and ended. */
export interface StepProps {
  execution: ExecutionInView;
  model: Model;
  state: string;
  visit: Visit | undefined;
  entered: HistoryEvent | undefined;
  exited: HistoryEvent | undefined;
}
