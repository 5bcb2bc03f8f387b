// @vitest-environment jsdom
import { describe, expect, test } from "vitest";

import { commandLine } from "./command-line";
import { faultIn, INPUT_BYTES_MAX } from "./fault";
import { recent, remember } from "./recent";

describe("an input", () => {
  test.each(["{}", "[1]", '"text"', "null", " 7 "])("%s is one", (text) => expect(faultIn(text)).toBeNull());

  test("that is no JSON says where", () => {
    expect(faultIn('{\n  "a": }')).toEqual({ kind: "json", detail: "2:8 ValueExpected" });
    expect(faultIn("")?.kind).toBe("json");
    expect(faultIn("{} // no")?.kind).toBe("json");
  });

  test("is bounded in bytes, not characters", () => {
    expect(faultIn(JSON.stringify("한".repeat(INPUT_BYTES_MAX / 3)))?.kind).toBe("size");
  });
});

describe("the command", () => {
  test("quotes what a shell would take apart", () => {
    const command = commandLine({ stateMachineArn: "arn:aws:states:eu-west-1:1:stateMachine:Größe", input: '{ "a": "it\'s" }', name: "n-1" });
    expect(command).toContain(`--name n-1 --input '{"a":"it'\\''s"}'`);
    expect(command).toContain("'arn:aws:states:eu-west-1:1:stateMachine:Größe'");
  });
});

describe("recent inputs", () => {
  test("are the latest ten of a machine, each once", () => {
    for (let number = 0; number < 12; number += 1) remember("m", String(number));
    remember("m", "5");
    expect(recent("m")).toEqual(["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]);
    expect(recent("other")).toEqual([]);
  });
});
