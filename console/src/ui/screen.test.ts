import { describe, expect, test } from "vitest";

import { address, numberIn, textIn, wordIn } from "./screen";

describe("an address", () => {
  test("holds any name", () => {
    expect(address(["executions", "arn:a/b?c"], { view: "graph", at: 7, step: undefined, q: "" })).toBe("/executions/arn%3Aa%2Fb%3Fc?view=graph&at=7");
  });

  test("that is wrong means what is usual", () => {
    const raw = { view: "nonsense", at: "-3", step: ["a"] };
    expect(wordIn(raw, "view", ["graph", "table"])).toBe("graph");
    expect(numberIn(raw, "at")).toBeUndefined();
    expect(textIn(raw, "step")).toBeUndefined();
  });

  test("is read as it was written", () => {
    expect(wordIn({ view: "table" }, "view", ["graph", "table"])).toBe("table");
    expect(numberIn({ at: "25000" }, "at")).toBe(25000);
    expect(numberIn({ at: 25000 }, "at")).toBe(25000);
    expect(textIn({ from: 1 }, "from")).toBe("1");
    expect(textIn({ step: "Größe / 크기" }, "step")).toBe("Größe / 크기");
  });
});
