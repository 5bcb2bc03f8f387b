import { expect, test } from "vitest";

import { hashOf, presentIn, renamedIn } from "./arrangement";

test("a definition has one hash however it is spaced, and another text has another", () => {
  const texts = ["", "a", "b", "ab", "ba", '{"StartAt":"A"}', '{"StartAt":"B"}', "한국어"];
  expect(new Set(texts.map(hashOf)).size).toBe(texts.length);
  expect(hashOf('{ "StartAt":\n"A" }')).toBe(hashOf('{"StartAt":"A"}'));
  for (const text of texts) expect(hashOf(text)).toMatch(/^[0-9a-f]{16}$/);
});

const at = (x: number) => ({ x, y: 0 });

test("a state that is called otherwise stays where it is, with what is inside of it", () => {
  const before = new Map([["/States/Each", at(1)], ["/States/Each/ItemProcessor/States/In", at(2)], ["/States/Each other", at(3)]]);
  const after = renamedIn(before, "/States/Each", "/States/All");
  expect([after.get("/States/All"), after.get("/States/All/ItemProcessor/States/In")]).toEqual([at(1), at(2)]);
  expect(after.get("/States/Each")).toEqual(at(1)); // Undo gives the old name back
  expect(after.has("/States/All other")).toBe(false);
  expect(renamedIn(before, "/States/Gone", "/States/There")).toBe(before);
});

test("what stands nowhere is not kept", () => {
  const text = JSON.stringify({ StartAt: "A", States: { A: { Type: "Pass", End: true } } });
  expect([...presentIn(new Map([["/States/A", at(1)], ["/States/B", at(2)]]), text).keys()]).toEqual(["/States/A"]);
});
