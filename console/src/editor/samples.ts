/** Examples to start from: whole definitions that run on any Stepwell, with an input for the first run. */
import firstSteps from "./samples/first-steps.json";
import inventory from "./samples/inventory.json";
import orders from "./samples/orders.json";
import poll from "./samples/poll.json";
import sideBySide from "./samples/side-by-side.json";
import undo from "./samples/undo.json";
import { formatted } from "./text/json";

export const SAMPLES = ["first-steps", "side-by-side", "orders", "undo", "poll", "inventory"] as const;
export type SampleId = (typeof SAMPLES)[number];

const HELD: Record<SampleId, { input: unknown; definition: unknown }> = {
  "first-steps": firstSteps,
  "side-by-side": sideBySide,
  orders,
  undo,
  poll,
  inventory,
};

export interface Sample {
  definition: string;
  input: string;
}

export function sample(id: SampleId): Sample {
  const { definition, input } = HELD[id];
  return { definition: formatted(JSON.stringify(definition)), input: JSON.stringify(input, null, 2) };
}

export function isSample(id: string | undefined): id is SampleId {
  return SAMPLES.some((known) => known === id);
}
