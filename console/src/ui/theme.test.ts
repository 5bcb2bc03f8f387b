import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

const CSS = readFileSync(new URL("./theme.css", import.meta.url), "utf-8");
const STATUSES = ["not-reached", "running", "waiting", "succeeded", "caught", "failed", "aborted", "timed-out"];

type Colours = Record<string, string>;

function block(selector: string): Colours {
  const start = CSS.indexOf(`\n${selector} {`);
  const text = CSS.slice(start, CSS.indexOf("}", start));
  return Object.fromEntries([...text.matchAll(/--sw-([\w-]+):\s*(#\w{6})/g)].map(([, name, colour]) => [name, colour]));
}

const light = block("body");
const dark = { ...light, ...block("body.awsui-dark-mode") };
const THEMES: Record<string, Colours> = {
  light,
  dark,
  "high contrast": { ...light, ...block("body.sw-contrast") },
  "high contrast, dark": { ...dark, ...block("body.sw-contrast.awsui-dark-mode") },
};

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const channel = (at: number) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(one = "", other = ""): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

describe.each(Object.entries(THEMES))("%s", (_, colours) => {
  test.each(STATUSES)("%s is legible on its own ground, the surface and the canvas", (status) => {
    for (const ground of [`${status}-soft`, "surface", "canvas"]) {
      expect([ground, contrast(colours[status], colours[ground]) >= 4.5]).toEqual([ground, true]);
      expect([ground, contrast(colours.text, colours[ground]) >= 4.5]).toEqual([ground, true]);
    }
  });

  test("texts are legible wherever they stand", () => {
    for (const text of ["text", "muted", "accent"]) {
      for (const ground of ["surface", "canvas", "hover", "selected"]) {
        expect([text, ground, contrast(colours[text], colours[ground]) >= 4.5]).toEqual([text, ground, true]);
      }
    }
  });

  test("borders and focus rings are seen", () => {
    for (const line of ["border", "focus"]) {
      for (const ground of ["surface", "canvas"]) {
        expect([line, ground, contrast(colours[line], colours[ground]) >= 3]).toEqual([line, ground, true]);
      }
    }
  });
});
