/** What steps are tried with: kept with the machine in the console's store, and in memory for one that is not saved. */
import { create } from "zustand";

import { documents } from "@/api/reads";

/** Texts as a person wrote them. */
export interface StepSample {
  input: string;
  variables: string;
  context: string;
  mock: "none" | "result" | "error";
  result: string;
  error: string;
  cause: string;
}

export const EMPTY_SAMPLE: StepSample = { input: "{}", variables: "{}", context: "", mock: "none", result: "{}", error: "States.TaskFailed", cause: "" };

interface Samples {
  machine: string;
  /** By name of the state; "" is for all that have none of their own. */
  steps: Record<string, StepSample>;
}

export const useSamples = create<Samples>(() => ({ machine: "", steps: {} }));

const QUIET_MS = 800;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Have the samples of a machine at hand. A store that does not answer leaves the ones that are there. */
export async function openSamples(machine: string): Promise<void> {
  if (useSamples.getState().machine === machine) return;
  useSamples.setState({ machine, steps: {} });
  if (machine === "") return;
  const steps = await heldSamples(machine).catch(() => undefined);
  if (steps && useSamples.getState().machine === machine) useSamples.setState(({ steps: now }) => ({ steps: { ...steps, ...now } }));
}

async function heldSamples(machine: string): Promise<Record<string, StepSample> | undefined> {
  const { rows } = await documents.list("sample");
  return rows.some(({ key }) => key === machine) ? (await documents.get<Record<string, StepSample>>("sample", machine)).content : undefined;
}

export function sampleOf(steps: Record<string, StepSample>, state: string): StepSample {
  return { ...EMPTY_SAMPLE, ...(steps[state] ?? steps[""]) };
}

/** Change the sample of a state, and keep it. */
export function keepSample(state: string, change: Partial<StepSample>): void {
  useSamples.setState(({ steps }) => ({ steps: { ...steps, [state]: { ...sampleOf(steps, state), ...change } } }));
  clearTimeout(timer);
  const { machine } = useSamples.getState();
  if (machine !== "") timer = setTimeout(() => void documents.put("sample", machine, useSamples.getState().steps).catch(() => undefined), QUIET_MS);
}

/** Samples of a machine that has just got its name. */
export function samplesMovedTo(machine: string): void {
  useSamples.setState({ machine });
  void documents.put("sample", machine, useSamples.getState().steps).catch(() => undefined);
}
