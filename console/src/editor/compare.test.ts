import { describe, expect, test } from "vitest";

import { differences } from "./compare";
import { assignedBy, variablesAt } from "./scope";

describe("what differs between definitions", () => {
  const before = { StartAt: "A", States: { A: { Type: "Pass", Next: "B" }, B: { Type: "Pass", End: true }, M: { Type: "Map", ItemProcessor: { StartAt: "I", States: { I: { Type: "Pass", End: true } } }, Next: "A" } } };

  test("nothing, whatever the order of members", () => {
    const same = { States: { ...before.States, A: { Next: "B", Type: "Pass" } }, StartAt: "A" };
    expect(differences(before, same)).toEqual([]);
  });

  test("states that were added, removed and changed, with the fields; inner ones where they are", () => {
    const after = { Comment: "new", StartAt: "A", States: { A: { Type: "Pass", Next: "C" }, C: { Type: "Succeed" }, M: { ...before.States.M, ItemProcessor: { StartAt: "I", States: { I: { Type: "Wait", Seconds: 1, End: true } } } } } };
    expect(differences(before, after).map(({ id, change, fields }) => [id, change, fields])).toEqual([
      ["", "changed", ["Comment"]],
      ["/States/A", "changed", ["Next"]],
      ["/States/C", "added", []],
      ["/States/M/ItemProcessor/States/I", "changed", ["Type", "Seconds"]],
      ["/States/B", "removed", []],
    ]);
  });
});

describe("variables in scope", () => {
  const definition = {
    StartAt: "A",
    States: {
      A: { Type: "Pass", Assign: { "one.$": "$.x" }, Next: "B" },
      B: { Type: "Choice", Choices: [{ Assign: { two: 1 }, Next: "M" }], Default: "Z" },
      M: { Type: "Map", Assign: { three: 1 }, ItemProcessor: { StartAt: "I", States: { I: { Type: "Pass", Assign: { inner: 1 }, Next: "J" }, J: { Type: "Pass", End: true } } }, End: true },
      Z: { Type: "Succeed" },
    },
  };
  test("are those that states before it set, and those around it", () => {
    expect(variablesAt(definition, ["States", "A"])).toEqual([]);
    expect(variablesAt(definition, ["States", "M"])).toEqual(["one", "two"]);
    expect(variablesAt(definition, ["States", "M", "ItemProcessor", "States", "J"])).toEqual(["inner", "one", "two"]);
  });
  test("a state sets those of its rules and catchers too", () => {
    expect(assignedBy({ Assign: { a: 1 }, Catch: [{ Assign: { "b.$": "$" } }] })).toEqual(["a", "b"]);
  });
});
