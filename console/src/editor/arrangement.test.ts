import { expect, test } from "vitest";

import { hashOf } from "./arrangement";

test("a definition has one hash however it is spaced, and another text has another", () => {
  const texts = ["", "a", "b", "ab", "ba", '{"StartAt":"A"}', '{"StartAt":"B"}', "한국어"];
  expect(new Set(texts.map(hashOf)).size).toBe(texts.length);
  expect(hashOf('{ "StartAt":\n"A" }')).toBe(hashOf('{"StartAt":"A"}'));
  for (const text of texts) expect(hashOf(text)).toMatch(/^[0-9a-f]{16}$/);
});
