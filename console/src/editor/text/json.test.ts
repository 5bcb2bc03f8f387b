import { describe, expect, test } from "vitest";

import { formatted, insertItem, insertMember, removeValue, renameMember, setValue, type Json, type Path } from "./json";

const LINES = `{
    "a": 1.50,
    "list" : [1,2,   3],
    "inner": {
        "x": "y"
    },
    "empty": {}
}
`;

describe("a value is set where it stands", () => {
  const cases: [string, string, Path, Json, string][] = [
    ["a scalar", LINES, ["a"], 2, LINES.replace("1.50", "2")],
    ["the same value is left as it is spelled", LINES, ["a"], 1.5, LINES],
    ["the same list is left as it is spelled", LINES, ["list"], [1, 2, 3], LINES],
    ["an item", LINES, ["list", 1], "two", LINES.replace("1,2,", '1,"two",')],
    ["a new member of an object in lines", LINES, ["inner", "z"], true, LINES.replace('"y"', '"y",\n        "z": true')],
    ["a first member", LINES, ["empty", "z"], true, LINES.replace('"empty": {}', '"empty": {\n        "z": true\n    }')],
    ["a member of an object that is not there", LINES, ["new", "z"], 1, LINES.replace('"empty": {}', '"empty": {},\n    "new": {\n        "z": 1\n    }')],
    ["a structure, indented as the text is", LINES, ["a"], { b: { c: [] } }, LINES.replace("1.50", '{\n        "b": {\n            "c": []\n        }\n    }')],
    ["in a text on one line", '{"a":1,"b":{}}', ["b", "c"], { d: 1 }, '{"a":1,"b":{"c":{"d":1}}}'],
    ["in a text on one line with blanks", '{ "a": 1 }', ["b"], 2, '{ "a": 1, "b": 2 }'],
    ["with tabs and carriage returns", '{\r\n\t"a": {\r\n\t\t"b": 1\r\n\t}\r\n}', ["a", "c"], [{ d: 1 }], '{\r\n\t"a": {\r\n\t\t"b": 1,\r\n\t\t"c": [\r\n\t\t\t{\r\n\t\t\t\t"d": 1\r\n\t\t\t}\r\n\t\t]\r\n\t}\r\n}'],
  ];
  test.each(cases)("%s", (_, text, path, value, wanted) => {
    expect(setValue(text, path, value)).toBe(wanted);
  });
});

describe("a member is added and taken away", () => {
  test("before another", () => {
    expect(insertMember(LINES, [], "b", { json: 1 }, ["inner", "empty"])).toBe(LINES.replace('    "inner"', '    "b": 1,\n    "inner"'));
  });
  test("an item between others", () => {
    expect(insertItem('{"l":[1, 3]}', ["l"], 1, { json: 2 })).toBe('{"l":[1, 2,3]}');
  });
  const cases: [string, Path, string][] = [
    ["the first", ["a"], LINES.replace('"a": 1.50,\n    ', "")],
    ["one in the middle", ["list"], LINES.replace('"list" : [1,2,   3],\n    ', "")],
    ["the last", ["empty"], LINES.replace(',\n    "empty": {}', "")],
    ["the only one", ["inner", "x"], LINES.replace('{\n        "x": "y"\n    }', "{}")],
    ["an item", ["list", 2], LINES.replace("2,   3", "2")],
    ["what is not there", ["nothing"], LINES],
  ];
  test.each(cases)("%s is removed with its comma", (_, path, wanted) => {
    expect(removeValue(LINES, path)).toBe(wanted);
  });
  test("a member keeps its place under another name", () => {
    expect(renameMember(LINES, ["inner", "x"], 'with "quotes"')).toBe(LINES.replace('"x"', '"with \\"quotes\\""'));
  });
});

describe("formatting", () => {
  test("spells every value as it was", () => {
    expect(formatted('{"a":1.50,"b":[1,2]}')).toBe('{\n  "a": 1.50,\n  "b": [\n    1,\n    2\n  ]\n}\n');
  });
  test("leaves a text with faults", () => {
    expect(formatted('{"a":')).toBe('{"a":');
  });
});
