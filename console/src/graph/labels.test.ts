import { expect, test } from "vitest";

import { catchLabel, detailOf, LABEL_CHARACTERS_MAX, ruleLabel, shortened, type JsonObject } from "./labels";
import { definition } from "./testing/definitions";

test("every comparison has its sign", () => {
  const { States } = JSON.parse(definition("every-comparison")) as { States: { Sort: { Choices: JsonObject[] } } };
  expect(States.Sort.Choices.map((rule, index) => ruleLabel(index, rule))).toEqual([
    "#1 $.x is present",
    "#2 $.x > 10",
    '#3 $.x ≈ "a*"',
    "#4 $.x is not present",
    '#5 $.x ≤ "2026-01-31T00:00:00Z"',
    "#6 $.x = true",
    "#7 $.x = $.limit",
    "#8 $.x is null",
    "#9 not ($.y is a string)",
    "#10 $.a < 1 and ($.b is a number or $.c…",
  ]);
});

test("half-written rules are told as far as they go", () => {
  expect(ruleLabel(0, {})).toBe("#1");
  expect(ruleLabel(0, { And: [null, { Variable: "$.a" }] })).toBe("#1 … and $.a");
  expect(ruleLabel(0, { Condition: "{% $x > 1 %}" })).toBe("#1 $x > 1");
});

test("labels are one line, and not too long", () => {
  expect(shortened("a \n b")).toBe("a b");
  expect([...shortened("🙂".repeat(99))]).toHaveLength(LABEL_CHARACTERS_MAX);
  expect(catchLabel({ ErrorEquals: "States.ALL" })).toBe("");
});

const arn = (resource: string) => ({ Type: "Task", Resource: `arn:aws:states:::${resource}` });

test.each([
  [{ Type: "Task", Resource: "arn:aws:lambda:us-east-1:000000000000:function:price" }, { text: "lambda: price" }],
  [{ Type: "Task", Resource: "arn:aws:states:us-east-1:000000000000:activity:by-hand" }, { text: "activity: by-hand" }],
  [arn("dynamodb:putItem"), { text: "dynamodb: putItem" }],
  [arn("aws-sdk:s3:listObjectsV2"), { text: "s3: listObjectsV2" }],
  [arn("states:startExecution.sync:2"), { text: "states: startExecution", pattern: "sync" }],
  [arn("ecs:runTask.sync"), { text: "ecs: runTask", pattern: "sync" }],
  [arn("sqs:sendMessage.waitForTaskToken"), { text: "sqs: sendMessage", pattern: "token" }],
  [{ Type: "Task", Resource: "${Function}" }, { text: "${Function}" }],
  [{ Type: "Task" }, { text: "Task", key: "type" }],
  [{ Type: "Wait", Seconds: 5 }, { text: "5", key: "wait" }],
  [{ Type: "Wait", Timestamp: "{% $then %}" }, { text: "$then", key: "waitUntil" }],
  [{ Type: "Fail", Error: "Broken" }, { text: "Broken", key: "fail" }],
  [{ Type: "Map", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED" } } }, { text: "", key: "distributed" }],
  [{ Type: "Choice" }, { text: "Choice", key: "type" }],
  [{ Type: 7 }, { text: "" }],
])("%o says what it does", (state, detail) => {
  expect(detailOf(state)).toEqual(detail);
});
