import { describe, expect, test } from "vitest";

import { formatQuery, parseQuery, withTokens } from "./query";

describe("a query", () => {
  test.each([
    ["", []],
    ["status=FAILED,ABORTED", [{ key: "status", operator: "=", values: ["FAILED", "ABORTED"] }]],
    ['error="States.Timeout" 4711', [{ key: "error", operator: "=", values: ["States.Timeout"] }, { key: null, operator: ":", values: ["4711"] }]],
    ['text:"not found"', [{ key: null, operator: ":", values: ["not found"] }]],
    ["input.$.order.id>=4711", [{ key: "input.$.order.id", operator: ">=", values: ["4711"] }]],
    ['input.$["a b"]=1', [{ key: 'input.$["a b"]', operator: "=", values: ["1"] }]],
    ["started>=2026-11-01T08:00:00Z", [{ key: "started", operator: ">=", values: ["2026-11-01T08:00:00Z"] }]],
    ["tag.team=payments name!^x", [{ key: "tag.team", operator: "=", values: ["payments"] }, { key: null, operator: ":", values: ["name!^x"] }]],
    ["colour=blue", [{ key: null, operator: ":", values: ["colour=blue"] }]],
    ['name:"a,b",c', [{ key: "name", operator: ":", values: ["a,b", "c"] }]],
  ])("%s is read", (text, tokens) => expect(parseQuery(text)).toEqual(tokens));

  test.each(["status=FAILED,ABORTED", "4711", 'name:"a b"', "started>-24h duration<=1500ms", 'text!:"x"', 'input.$.a="x \\"y\\""'])("%s is written as it was read", (text) => {
    expect(formatQuery(parseQuery(text))).toBe(text);
  });

  test("written is read as it was meant, whatever it holds", () => {
    for (const word of ["a b", 'say "no"', "status=FAILED", "a,b", "\\", "<img>", "크기"]) {
      const tokens = [{ key: null, operator: ":", values: [word] }];
      expect(parseQuery(formatQuery(tokens))).toEqual(tokens);
    }
  });

  test("takes other tokens of one key", () => {
    expect(withTokens("started>-1h status=FAILED", "started", [{ key: "started", operator: ">", values: ["-24h"] }])).toBe("status=FAILED started>-24h");
  });
});
