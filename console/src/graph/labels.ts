/**
 * What is written on nodes and edges: what a state does, when a rule holds, what a catcher takes.
 *
 * Fields may be of any type here, since definitions are drawn while they are written. Words of a language are not made here:
 * what is found is told by names, paths, signs, and the keys of texts.
 */
export type JsonObject = Record<string, unknown>;

/** The line below a state's name. `key` names a text of the locale that takes `text`; `pattern` is how a task is waited for. */
export interface Detail {
  text: string;
  key?: "wait" | "waitUntil" | "fail" | "distributed" | "type";
  pattern?: "sync" | "token";
}

export const LABEL_CHARACTERS_MAX = 40;
const DEPTH_MAX = 4; // rules inside rules; what lies deeper is an ellipsis
const SIGNS: Record<string, string> = {
  Equals: "=",
  LessThan: "<",
  LessThanEquals: "≤",
  GreaterThan: ">",
  GreaterThanEquals: "≥",
  Matches: "≈",
};
const COMPARISON =
  /^(?:String|Numeric|Boolean|Timestamp)(Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals|Matches)(Path)?$/;
const TESTS: Record<string, string> = {
  IsPresent: "present",
  IsNull: "null",
  IsString: "a string",
  IsNumeric: "a number",
  IsBoolean: "a boolean",
  IsTimestamp: "a timestamp",
};

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The number of a Choice rule, counted from 1, and its test. */
export function ruleLabel(index: number, rule: JsonObject): string {
  return shortened(`#${index + 1} ${test(rule, 0)}`);
}

/** The names of the errors that a catcher takes. */
export function catchLabel(catcher: JsonObject): string {
  return Array.isArray(catcher.ErrorEquals) ? shortened(catcher.ErrorEquals.map(String).join(", ")) : "";
}

/** A text in one line that is not too long for an edge. */
export function shortened(text: string): string {
  const letters = [...text.split(/\s+/).filter(Boolean).join(" ")];
  if (letters.length <= LABEL_CHARACTERS_MAX) return letters.join("");
  return `${letters.slice(0, LABEL_CHARACTERS_MAX - 1).join("").trimEnd()}…`;
}

/** An expression without the marks around it. */
function bare(text: string): string {
  return text.trim().replace(/^\{%/, "").replace(/%\}$/, "").trim();
}

function test(rule: JsonObject, depth: number): string {
  if (typeof rule.Condition === "boolean") return String(rule.Condition);
  if (typeof rule.Condition === "string") return bare(rule.Condition);
  if (Array.isArray(rule.And)) return rule.And.map((part) => inner(part, depth)).join(" and ");
  if (Array.isArray(rule.Or)) return rule.Or.map((part) => inner(part, depth)).join(" or ");
  if ("Not" in rule) return `not (${inner(rule.Not, depth)})`;
  return comparison(rule);
}

function inner(rule: unknown, depth: number): string {
  if (depth >= DEPTH_MAX || !isObject(rule)) return "…";
  const text = test(rule, depth + 1);
  return "And" in rule || "Or" in rule ? `(${text})` : text;
}

function comparison(rule: JsonObject): string {
  const variable = typeof rule.Variable === "string" ? rule.Variable : "";
  for (const [field, value] of Object.entries(rule)) {
    const kind = TESTS[field];
    if (kind) return `${variable} is ${value === true ? "" : "not "}${kind}`;
    const [, operator, path] = COMPARISON.exec(field) ?? [];
    if (operator) return `${variable} ${SIGNS[operator] ?? ""} ${path ? String(value) : JSON.stringify(value)}`;
  }
  return variable;
}

/** What a state does, in a few words. */
export function detailOf(state: JsonObject): Detail {
  switch (state.Type) {
    case "Task":
      return taskDetail(state.Resource);
    case "Wait":
      return waitDetail(state);
    case "Fail":
      return typeof state.Error === "string" ? { text: bare(state.Error), key: "fail" } : { text: "Fail", key: "type" };
    case "Map":
      return isDistributed(state) ? { text: "", key: "distributed" } : { text: "Map", key: "type" };
    default:
      return typeof state.Type === "string" ? { text: state.Type, key: "type" } : { text: "" };
  }
}

function isDistributed(state: JsonObject): boolean {
  const processor = isObject(state.ItemProcessor) ? state.ItemProcessor : {};
  return isObject(processor.ProcessorConfig) && processor.ProcessorConfig.Mode === "DISTRIBUTED";
}

/** `arn:aws:states:::dynamodb:putItem` is `dynamodb: putItem`; functions and activities are told by their names. */
function taskDetail(resource: unknown): Detail {
  if (typeof resource !== "string" || !resource) return { text: "Task", key: "type" };
  const parts = resource.split(":");
  if (resource.startsWith("${")) return { text: resource };
  if (parts[0] !== "arn" || parts.length < 6) return { text: "Task", key: "type" };
  if (parts[2] === "lambda") return { text: parts[6] ? `lambda: ${parts[6]}` : "lambda" };
  if (parts[5] === "activity") return { text: `activity: ${parts.slice(6).join(":")}` };
  return serviceDetail(parts.slice(5).join(":"));
}

function serviceDetail(action: string): Detail {
  const [, call = "", ending] = /^(.*?)(\.waitForTaskToken|\.sync|\.sync:2)?$/s.exec(action) ?? [];
  const [service = "", ...name] = call.replace(/^aws-sdk:/, "").split(":");
  const text = name.length ? `${service}: ${name.join(":")}` : service;
  if (!ending) return { text };
  return { text, pattern: ending === ".waitForTaskToken" ? "token" : "sync" };
}

function waitDetail(state: JsonObject): Detail {
  const until = state.Timestamp ?? state.TimestampPath;
  if (typeof until === "string") return { text: bare(until), key: "waitUntil" };
  const seconds = state.Seconds ?? state.SecondsPath;
  if (typeof seconds === "number" || typeof seconds === "string") return { text: bare(String(seconds)), key: "wait" };
  return { text: "Wait", key: "type" };
}
