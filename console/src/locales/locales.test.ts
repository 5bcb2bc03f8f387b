import { describe, expect, test } from "vitest";

import en from "./en";
import { preferredLanguage } from "./i18n";
import ko from "./ko";

const PLURAL = /_(zero|one|two|few|many|other)$/;

function texts(tree: object, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const here = path ? `${path}.${key}` : key;
    return typeof value === "string" ? [[here, value] as [string, string]] : texts(value as object, here);
  });
}

/** Korean has one plural form and English two: a text is the same text whatever form it is in. */
function keys(tree: object): string[] {
  return [...new Set(texts(tree).map(([key]) => key.replace(PLURAL, "")))].sort();
}

function holes(text: string): string[] {
  return (text.match(/\{\{\s*\w+/g) ?? []).map((hole) => hole.replace(/\W/g, "")).sort();
}

describe("the languages", () => {
  test("have the same texts", () => {
    expect(keys(ko)).toEqual(keys(en));
  });

  test("fill the same holes", () => {
    const english = new Map(texts(en).map(([key, text]) => [key.replace(PLURAL, ""), new Set(holes(text))]));
    for (const [key, text] of texts(ko)) {
      for (const hole of holes(text)) expect([key, [...(english.get(key.replace(PLURAL, "")) ?? [])]]).toEqual([key, expect.arrayContaining([hole])]);
    }
  });

  test("the first one of the browser that is spoken here is taken, else English", () => {
    expect(preferredLanguage(["fr-FR", "ko-KR", "en"])).toBe("ko");
    expect(preferredLanguage(["fr"])).toBe("en");
  });
});
