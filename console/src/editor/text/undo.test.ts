import { describe, expect, test } from "vitest";

import { changed, redo, undo, undoStack } from "./undo";

describe("undo", () => {
  test("takes a gesture back in one step and brings it again", () => {
    let stack = changed(undoStack("ab"), "axb", "typing", 0);
    stack = changed(stack, "axyb", "typing", 100);
    stack = changed(stack, "axyzb", "typing", 200);
    expect(stack.done).toHaveLength(1);
    expect(undo(stack).text).toBe("ab");
    expect(redo(undo(stack)).text).toBe("axyzb");
  });

  test("knows gestures apart by name, pause, and being undone", () => {
    let stack = changed(undoStack(""), "a", "typing", 0);
    stack = changed(stack, "ab", "field", 10);
    stack = changed(stack, "abc", "field", 1000);
    stack = changed(stack, "abcd", "", 1001);
    stack = changed(stack, "abcde", "", 1002);
    expect(stack.done).toHaveLength(5);
    expect(undo(undo(stack)).text).toBe("abc");
    const again = changed(redo(undo(stack)), "abcdef", "typing", 1003);
    expect(again.done).toHaveLength(6);
    expect(again.undone).toEqual([]);
  });

  test("a gesture that comes back to where it began is none", () => {
    expect(changed(changed(undoStack("a"), "ab", "typing", 0), "a", "typing", 1).done).toEqual([]);
  });

  test("with nothing to undo, nothing happens", () => {
    const stack = undoStack("a");
    expect([undo(stack), redo(stack), changed(stack, "a", "", 0)]).toEqual([stack, stack, stack]);
  });

  test("keeps a bounded number of steps", () => {
    let stack = undoStack("");
    for (let count = 1; count <= 600; count += 1) stack = changed(stack, "x".repeat(count), "", count);
    expect(stack.done).toHaveLength(500);
  });
});
