/** Trying steps and expressions by the operation TestState: nothing of it is stored, and mocked work is not done. */
import { call } from "@/api/aws";
import type { TestStateInput, TestStateOutput } from "@/api/generated/service";

import { languageOf, stateOf, type QueryLanguage } from "../text/flows";
import { isObject, type Json, type JsonObject, type Path } from "../text/json";

import type { StepSample } from "./samples";

export type Inspection = "INFO" | "DEBUG" | "TRACE";

/** A role in whose name nothing is done: TestState wants one for Task states. */
const ROLE = "arn:aws:iam::000000000000:role/stepwell-test";

/** What is tried: a state of the whole definition, or, where that has faults elsewhere, the state by itself. */
export interface Trial {
  definition: string;
  stateName?: string;
  isTask: boolean;
}

export function trialOf(definition: JsonObject, path: Path, isWhole: boolean): Trial | undefined {
  const place = stateOf(definition, path);
  if (!place) return undefined;
  const isTask = place.value.Type === "Task";
  if (isWhole) return { definition: JSON.stringify(definition), stateName: place.name, isTask };
  const language = languageOf(definition, place.value);
  return { definition: JSON.stringify(language === "JSONata" ? { ...place.value, QueryLanguage: language } : place.value), isTask };
}

export function tryStep({ isTask, ...tried }: Trial, sample: StepSample, level: Inspection, roleArn: string): Promise<TestStateOutput> {
  const input: TestStateInput = { ...tried, input: sample.input.trim() || "{}", inspectionLevel: level };
  if (isTask) input.roleArn = roleArn || ROLE;
  if (sample.variables.trim() && sample.variables.trim() !== "{}") input.variables = sample.variables;
  if (sample.mock === "result") input.mock = { result: sample.result, fieldValidationMode: "NONE" };
  if (sample.mock === "error") input.mock = { errorOutput: { error: sample.error, ...(sample.cause && { cause: sample.cause }) } };
  if (sample.mock !== "none" && sample.context.trim()) input.context = sample.context;
  return call("TestState", input);
}

export interface Tried {
  value?: string;
  fault?: string;
}

/** What an expression, a path or a template gives for a sample. */
export async function tryValue(path: Path, value: Json, language: QueryLanguage, sample: StepSample, signal: AbortSignal): Promise<Tried> {
  const asked = language === "JSONata" ? jsonataTrial(path, value, sample) : pathTrial(value, sample);
  try {
    const answer = await call("TestState", { variables: sample.variables.trim() || "{}", ...asked }, signal);
    if (answer.output === undefined) return { fault: answer.cause ?? answer.error ?? "" };
    return { value: language === "JSONata" ? answer.output : lone(answer.output) };
  } catch (error) {
    if (signal.aborted) return {};
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function lone(output: string): string {
  const held = JSON.parse(output) as Json;
  return JSON.stringify(isObject(held) ? held.value : held);
}

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:trial";

/** Where the expression stands decides what it may look at: a result, an error, or the input alone. */
function jsonataTrial(path: Path, value: Json, sample: StepSample): TestStateInput {
  const input = sample.input.trim() || "{}";
  const text = JSON.stringify(value);
  const end = { QueryLanguage: "JSONata", End: true };
  if (path.includes("Catch") && text.includes("$states.errorOutput")) {
    const state = { Type: "Task", Resource: FUNCTION, Catch: [{ ErrorEquals: ["States.ALL"], Output: value, Next: "Caught" }], ...end };
    return { definition: JSON.stringify(state), input, roleArn: ROLE, mock: { errorOutput: { error: sample.error || "Error", cause: sample.cause } } };
  }
  if (text.includes("$states.result")) {
    const state = { Type: "Task", Resource: FUNCTION, Output: value, ...end };
    return { definition: JSON.stringify(state), input, roleArn: ROLE, mock: { result: sample.result.trim() || "{}", fieldValidationMode: "NONE" } };
  }
  return { definition: JSON.stringify({ Type: "Pass", Output: value, ...end }), input };
}

function pathTrial(value: Json, sample: StepSample): TestStateInput {
  const parameters = typeof value === "string" ? { "value.$": value } : { value };
  return { definition: JSON.stringify({ Type: "Pass", Parameters: parameters, End: true }), input: sample.input.trim() || "{}" };
}
