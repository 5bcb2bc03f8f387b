import { describe, expect, test } from "vitest";

import { check } from "./checks";
import { fieldOf, placeOfLocation } from "./places";
import { valueAt } from "./json";

const words = (text: string) => check(text).problems.map(({ word, path, line }) => [word, path.join("/"), line]);

describe("at first sight", () => {
  const cases: [string, string, [string, string, number][]][] = [
    ["a whole definition has no problem", '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}', []],
    ["a broken text says where", '{\n"StartAt": "A",\n"States": {"A": }\n}', [["parse", "", 3]]],
    ["a list is no definition", "[]", [["notObject", "", 1]]],
    ["nothing at all", "", [["parse", "", 1]]],
    ["no states", '{"StartAt":"A"}', [["noStates", "States", 1]]],
    ["no start", '{"States":{"A":{"Type":"Succeed"}}}', [["noStart", "StartAt", 1]]],
    ["a target that is missing", '{"StartAt":"A","States":{\n"A":{"Type":"Pass",\n"Next":"B"}}}', [["missingTarget", "States/A/Next", 3]]],
    ["a state that nobody reaches", '{"StartAt":"A","States":{"A":{"Type":"Succeed"},\n"B":{"Type":"Pass","Next":"A"}}}', [["unreachable", "States/B", 2]]],
    ["a state without type", '{"StartAt":"A","States":{"A":{}}}', [["noType", "States/A", 1]]],
    ["a state without a way out", '{"StartAt":"A","States":{"A":{"Type":"Wait"}}}', [["noWayOut", "States/A", 1]]],
    ["a name that is used twice", '{"StartAt":"A","States":{"A":{"Type":"Map","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"End":true}}}', [["duplicateName", "States/A/ItemProcessor/States/A", 1]]],
  ];
  test.each(cases)("%s", (_, text, wanted) => {
    expect(words(text)).toEqual(wanted);
  });
});

describe("a location of the server", () => {
  const text = `{
  "StartAt": "A/B[0]",
  "States": {
    "A/B[0]": {
      "Type": "Parallel",
      "Branches": [
        {"StartAt": "Inner", "States": {"Inner": {"Type": "Task"}}}
      ]
    }
  }
}`;
  const cases: [string, (string | number)[], number][] = [
    ["/States/A/B[0]/Branches[0]/States/Inner", ["States", "A/B[0]", "Branches", 0, "States", "Inner"], 7],
    ["/States/A/B[0]/Branches[0]/StartAt", ["States", "A/B[0]", "Branches", 0, "StartAt"], 7],
    ["/States/A/B[0]/Next", ["States", "A/B[0]"], 4],
    ["/", [], 1],
  ];
  test.each(cases)("%s", (location, path, line) => {
    expect(placeOfLocation(text, location)).toMatchObject({ path, line });
  });

  test("of the reader of JSON is a line and a column", () => {
    expect(placeOfLocation(text, "[Source: (String)...; line: 5, column: 7]")).toMatchObject({ line: 5 });
  });

  test("is in a state and a field of it", () => {
    const { state, field } = fieldOf(valueAt(text, []), ["States", "A/B[0]", "Branches", 0, "States", "Inner", "Resource"]);
    expect([state?.name, field]).toEqual(["Inner", "Resource"]);
  });
});
