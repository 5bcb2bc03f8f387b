/** What the palette offers: how each thing looks as states, in either query language. */
import type { StateType } from "./language";
import type { QueryLanguage } from "./text/flows";
import { EXIT, type NewState } from "./text/arrange";
import type { Json, JsonObject } from "./text/json";

/** A state of a type, ready to be completed. */
export function blankState(type: StateType, language: QueryLanguage): NewState {
  return { name: type, value: { Type: type, ...BLANK[type](language) } };
}

/** A rule of a Choice, to be filled in. */
export function blankRule(language: QueryLanguage): JsonObject {
  return language === "JSONata" ? { Condition: "{% true %}" } : { Variable: "$.value", IsPresent: true };
}

const BLANK: Record<StateType, (language: QueryLanguage) => JsonObject> = {
  Task: () => ({ Resource: "arn:aws:states:::lambda:invoke" }),
  Choice: (language) => ({ Choices: [{ ...blankRule(language), Next: EXIT }], Default: EXIT }),
  Parallel: () => ({ Branches: [{ States: {} }, { States: {} }] }),
  Map: () => ({ ItemProcessor: { ProcessorConfig: { Mode: "INLINE" }, States: {} } }),
  Pass: () => ({}),
  Wait: () => ({ Seconds: 5 }),
  Succeed: () => ({}),
  Fail: () => ({ Error: "Failed", Cause: "" }),
};

/** A part of a model's schema of arguments, as the server's read gives it. */
export interface ArgumentSchema {
  type?: string;
  properties?: Record<string, ArgumentSchema>;
  required?: string[];
  items?: ArgumentSchema;
  additionalProperties?: ArgumentSchema;
  enum?: string[];
  description?: string;
}

function sampleOf(schema: ArgumentSchema): Json {
  if (schema.enum) return schema.enum[0] ?? "";
  if (schema.type === "object") return Object.fromEntries((schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {})]));
  if (schema.type === "array") return [];
  if (schema.type === "integer" || schema.type === "number") return 0;
  return schema.type === "boolean" ? false : schema.type === "string" ? "" : {};
}

/** A Task that calls an action, with the members that it cannot do without. */
export function actionState(service: string, action: string, pattern: string, language: QueryLanguage, schema: ArgumentSchema | null): NewState {
  const resource = `arn:aws:states:::${service}:${action}${pattern && `.${pattern}`}`;
  const given: Record<string, Json> = schema ? (sampleOf(schema) as JsonObject) : {};
  if (service === "lambda" && action === "invoke") given.Payload = language === "JSONata" ? "{% $states.input %}" : {};
  if (pattern === "waitForTaskToken") Object.assign(given, tokenMember(service, language));
  const field = language === "JSONata" ? "Arguments" : "Parameters";
  return { name: words(action), value: { Type: "Task", Resource: resource, ...(Object.keys(given).length > 0 ? { [field]: fixed(service, action, given, language) } : {}) } };
}

function fixed(service: string, action: string, given: JsonObject, language: QueryLanguage): JsonObject {
  if (language === "JSONata" || service !== "lambda" || action !== "invoke" || "Payload" in given === false || Object.keys(given.Payload as JsonObject).length > 0) return given;
  const { Payload: _, ...rest } = given;
  return { ...rest, "Payload.$": "$" };
}

/** Where the token goes in the calls that carry a text or an event of one's own. */
function tokenMember(service: string, language: QueryLanguage): JsonObject {
  const token: JsonObject = language === "JSONata" ? { token: "{% $states.context.Task.Token %}" } : { "token.$": "$$.Task.Token" };
  const member: Record<string, string> = { sqs: "MessageBody", sns: "Message", lambda: "Payload", states: "Input" };
  const name = member[service];
  return name === undefined ? {} : { [name]: token };
}

/** `sendMessage` as a person would title it: `Send message`. */
export function words(action: string): string {
  const spaced = action.replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export const PATTERNS = ["retry", "poll", "fanOut", "approval", "undo", "guard"] as const;
export type Pattern = (typeof PATTERNS)[number];

/** Groups of states that solve a problem which comes up again and again. */
export function patternStates(pattern: Pattern, language: QueryLanguage): NewState {
  return MADE[pattern](language === "JSONata");
}

const INVOKE = "arn:aws:states:::lambda:invoke";

function invoke(name: string, jsonata: boolean): JsonObject {
  return jsonata
    ? { Type: "Task", Resource: INVOKE, Arguments: { FunctionName: name, Payload: "{% $states.input %}" }, Output: "{% $states.result.Payload %}" }
    : { Type: "Task", Resource: INVOKE, Parameters: { FunctionName: name, "Payload.$": "$" }, OutputPath: "$.Payload" };
}

function rule(jsonata: boolean, condition: string, path: JsonObject, next: string): JsonObject {
  return { ...(jsonata ? { Condition: `{% ${condition} %}` } : path), Next: next };
}

const MADE: Record<Pattern, (jsonata: boolean) => NewState> = {
  retry: (jsonata) => ({
    name: "Try",
    value: {
      ...invoke("work", jsonata),
      Retry: [{ ErrorEquals: ["States.TaskFailed", "States.Timeout"], IntervalSeconds: 2, MaxAttempts: 5, BackoffRate: 2, MaxDelaySeconds: 60, JitterStrategy: "FULL" }],
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Give up" }],
    },
    more: [["Give up", { Type: "Fail", Error: "GaveUp", Cause: "All attempts failed" }]],
  }),
  poll: (jsonata) => ({
    name: "Submit job",
    value: { ...invoke("submit", jsonata), Next: "Pause" },
    more: [
      ["Pause", { Type: "Wait", Seconds: 30, Next: "Look up job" }],
      ["Look up job", { ...invoke("status", jsonata), Next: "Job done?" }],
      ["Job done?", {
        Type: "Choice",
        Choices: [
          rule(jsonata, "$states.input.status = 'DONE'", { Variable: "$.status", StringEquals: "DONE" }, EXIT),
          rule(jsonata, "$states.input.status = 'FAILED'", { Variable: "$.status", StringEquals: "FAILED" }, "Job failed"),
        ],
        Default: "Pause",
      }],
      ["Job failed", { Type: "Fail", Error: "JobFailed", Cause: "The job did not succeed" }],
    ],
  }),
  fanOut: (jsonata) => ({
    name: "Each item",
    value: {
      Type: "Map",
      ...(jsonata ? { Items: "{% $states.input.items %}" } : { ItemsPath: "$.items" }),
      MaxConcurrency: 10,
      ItemProcessor: { ProcessorConfig: { Mode: "INLINE" }, StartAt: "Handle item", States: { "Handle item": { ...invoke("handle", jsonata), End: true } } },
    },
  }),
  approval: (jsonata) => ({
    name: "Ask for approval",
    value: {
      Type: "Task",
      Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      ...(jsonata
        ? { Arguments: { QueueUrl: "", MessageBody: { token: "{% $states.context.Task.Token %}", request: "{% $states.input %}" } } }
        : { Parameters: { QueueUrl: "", MessageBody: { "token.$": "$$.Task.Token", "request.$": "$" } } }),
      TimeoutSeconds: 86400,
      Catch: [{ ErrorEquals: ["States.Timeout"], Next: "Nobody answered" }],
      Next: "Approved?",
    },
    more: [
      ["Approved?", { Type: "Choice", Choices: [rule(jsonata, "$states.input.approved", { Variable: "$.approved", BooleanEquals: true }, EXIT)], Default: "Rejected" }],
      ["Rejected", { Type: "Fail", Error: "Rejected", Cause: "The request was rejected" }],
      ["Nobody answered", { Type: "Fail", Error: "NoAnswer", Cause: "Nobody answered in time" }],
    ],
  }),
  undo: (jsonata) => ({
    name: "Reserve",
    value: { ...invoke("reserve", jsonata), Next: "Charge" },
    more: [
      ["Charge", { ...invoke("charge", jsonata), Catch: [{ ErrorEquals: ["States.ALL"], ...(jsonata ? {} : { ResultPath: "$.error" }), Next: "Release" }], Next: EXIT }],
      ["Release", { ...invoke("release", jsonata), Next: "Undone" }],
      ["Undone", { Type: "Fail", Error: "Undone", Cause: "The charge failed, the reservation was released" }],
    ],
  }),
  guard: (jsonata) => ({
    name: "Input complete?",
    value: {
      Type: "Choice",
      Choices: [rule(jsonata, "$exists($states.input.id)", { Variable: "$.id", IsPresent: true }, EXIT)],
      Default: "Input refused",
    },
    more: [["Input refused", { Type: "Fail", Error: "InputRefused", Cause: "The input has no id" }]],
  }),
};
