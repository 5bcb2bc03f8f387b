import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import * as arrange from "./arrange";
import { check } from "./checks";
import { languageOf, statesOf } from "./flows";
import { isObject, setValue, valueAt, type Json, type JsonObject } from "./json";
import { undo, undoStack, changed } from "./undo";

const CASES = join(import.meta.dirname, "../../../../tests/conformance/cases");

interface Corpus {
  name: string;
  text: string;
}

/** The definitions of the conformance cases, as they are written there. */
const corpus: Corpus[] = readdirSync(CASES).map((name) => {
  const held = JSON.parse(readFileSync(join(CASES, name), "utf-8")) as { definition: Json };
  const definition = typeof held.definition === "string" ? held.definition : JSON.stringify(held.definition, null, name.length % 2 ? 2 : "\t");
  return { name, text: definition };
});
const whole = corpus.filter(({ text }) => check(text).definition);

describe("for every definition of the conformance cases", () => {
  test("there are many", () => {
    expect(whole.length).toBeGreaterThan(50);
  });

  test.each(whole)("$name: setting what stands there changes nothing", ({ text }) => {
    for (const { path, value } of statesOf(valueAt(text, []))) {
      for (const [name, field] of Object.entries(value)) expect(setValue(text, [...path, name], field)).toBe(text);
      expect(arrange.rename(text, path, String(path[path.length - 1]))?.text).toBe(text);
    }
  });

  test.each(whole)("$name: what is arranged is a definition, and undone it is the text", ({ text }) => {
    for (const { path, value } of statesOf(valueAt(text, []))) {
      for (const arranged of [arrange.remove(text, path), arrange.duplicate(text, path), arrange.rename(text, path, "Renamed here"), arrange.wrap(text, path, "Map"), arrange.addAfter(text, path, { name: "New", value: { Type: "Pass" } })]) {
        if (!arranged) continue;
        expect(check(arranged.text).definition).toBeDefined();
        expect(undo(changed(undoStack(text), arranged.text, "", 0)).text).toBe(text);
      }
      expect(["JSONPath", "JSONata"]).toContain(languageOf(valueAt(text, []), value));
    }
  });

  test.each(whole)("$name: a renamed state is the same machine under another name", ({ text }) => {
    const [state] = statesOf(valueAt(text, []));
    if (!state || !isObject(valueAt(text, []))) return;
    const there = arrange.rename(text, state.path, "Renamed here");
    const back = there && arrange.rename(there.text, there.selected ?? [], state.name);
    expect(back?.text).toBe(text);
    expect(Object.keys((valueAt(there?.text ?? "", ["States"]) ?? {}) as JsonObject)).toContain("Renamed here");
  });
});
