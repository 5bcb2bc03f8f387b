import { describe, expect, test } from "vitest";

import { jsonLines, textLines } from "./json-lines";

function print(value: unknown): string {
  return jsonLines(value)
    .map((line) => "  ".repeat(line.depth) + (line.key === null ? "" : `${JSON.stringify(line.key)}: `) + line.text)
    .join("\n");
}

describe("JSON in lines", () => {
  test.each([[null], [1.5], ["a\n<b>"], [[]], [{}], [[1, [2, { a: null }], {}]], [{ a: { "b c": [true, false] }, d: "" }]])("reads like JSON itself: %j", (value) => {
    const text = JSON.stringify(value, null, 2);
    expect(print(value)).toBe(text);
  });

  test("each line knows the path of its value", () => {
    const paths = jsonLines({ order: { "item no": [7, { id: 1 }] } }).map((line) => line.path);
    expect(paths).toEqual(['$', '$.order', '$.order["item no"]', '$.order["item no"][0]', '$.order["item no"][1]', '$.order["item no"][1].id', '$.order["item no"][1]', '$.order["item no"]', '$.order', '$']);
  });

  test("of any depth", () => {
    let deep: unknown = 0;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(jsonLines(deep)).toHaveLength(40_001);
  });

  test("text that is not JSON stays as it is", () => {
    expect(textLines("no { json\nhere").map((line) => line.text)).toEqual(["no { json", "here"]);
  });
});
