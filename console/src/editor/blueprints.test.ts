import { describe, expect, test } from "vitest";

import { actionState, blankState, PATTERNS, patternStates } from "./blueprints";
import { STATE_TYPES } from "./language";
import { addAfter, addFirst, EXIT, insertOnEdge, type NewState } from "./text/arrange";
import { check } from "./text/checks";
import { statesOf, type QueryLanguage } from "./text/flows";
import { isObject, valueAt, type Json } from "./text/json";

const LANGUAGES: QueryLanguage[] = ["JSONPath", "JSONata"];
const offered: [string, NewState][] = LANGUAGES.flatMap((language) => [
  ...STATE_TYPES.map((type): [string, NewState] => [`${type} in ${language}`, blankState(type, language)]),
  ...PATTERNS.map((pattern): [string, NewState] => [`${pattern} in ${language}`, patternStates(pattern, language)]),
]);

/** Without the inner flows that are left to be filled. */
const problems = (text: string) => check(text).problems.filter(({ word }) => word !== "noStates");

function names(value: Json | undefined): string[] {
  return JSON.stringify(value).includes(EXIT) ? ["an exit is left open"] : [];
}

describe.each(offered)("%s", (_, added) => {
  test("as the first state", () => {
    const text = addFirst("{}", [], added)?.text ?? "";
    expect(problems(text)).toEqual([]);
    expect(names(valueAt(text, []))).toEqual([]);
  });

  test("between two states, twice", () => {
    const once = insertOnEdge('{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}', ["States", "A", "Next"], added)?.text ?? "";
    const twice = insertOnEdge(once, ["States", "A", "Next"], added)?.text ?? "";
    const unreached = problems(twice).map(({ word }) => word);
    expect(unreached.filter((word) => word !== "unreachable")).toEqual([]);
    expect(names(valueAt(twice, []))).toEqual([]);
  });

  test("at an end", () => {
    const text = addAfter('{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}', ["States", "A"], added)?.text ?? "";
    expect(problems(text)).toEqual([]);
  });

  test("has fields of one query language only", () => {
    const text = addFirst("{}", [], added)?.text ?? "";
    const fields = new Set(statesOf(valueAt(text, [])).flatMap(({ value }) => Object.keys(value)));
    expect(["Parameters", "OutputPath", "ItemsPath"].some((name) => fields.has(name)) && ["Arguments", "Output", "Items"].some((name) => fields.has(name))).toBe(false);
  });
});

describe("an action", () => {
  const schema = { type: "object", properties: { QueueUrl: { type: "string" }, MessageBody: {}, DelaySeconds: { type: "integer" } }, required: ["QueueUrl", "MessageBody"] };
  test("comes with the members that it needs", () => {
    expect(actionState("sqs", "sendMessage", "", "JSONata", schema)).toEqual({
      name: "Send message",
      value: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Arguments: { QueueUrl: "", MessageBody: {} } },
    });
  });
  test("that waits for a token hands it on", () => {
    const { value } = actionState("sqs", "sendMessage", "waitForTaskToken", "JSONPath", schema);
    expect(value.Resource).toBe("arn:aws:states:::sqs:sendMessage.waitForTaskToken");
    expect(value.Parameters).toEqual({ QueueUrl: "", MessageBody: { "token.$": "$$.Task.Token" } });
  });
  test("of a function hands the input on", () => {
    expect(actionState("lambda", "invoke", "", "JSONPath", { type: "object", required: ["FunctionName"], properties: { FunctionName: { type: "string" } } }).value.Parameters).toEqual({ FunctionName: "", "Payload.$": "$" });
    const made = actionState("lambda", "invoke", "", "JSONata", null).value.Arguments;
    expect(isObject(made) && made.Payload).toBe("{% $states.input %}");
  });
  test("without a model has no arguments", () => {
    expect(actionState("aws-sdk:x", "doIt", "", "JSONata", null).value).toEqual({ Type: "Task", Resource: "arn:aws:states:::aws-sdk:x:doIt" });
  });
});
