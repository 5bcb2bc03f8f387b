import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { DARK, LIGHT, type Palette } from "./palette";

const CSS = readFileSync(new URL("../ui/theme.css", import.meta.url), "utf-8");

function block(selector: string): Map<string, string> {
  const start = CSS.indexOf(`\n${selector} {`);
  const text = CSS.slice(start, CSS.indexOf("}", start));
  return new Map([...text.matchAll(/--sw-([\w-]+):\s*(#\w{6})/g)].map(([, name = "", colour = ""]) => [name, colour]));
}

function flat({ statuses, ...rest }: Palette): [string, string][] {
  const kebab = (word: string) => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return [
    ...Object.entries(rest),
    ...Object.entries(statuses).flatMap(([word, [ink, soft]]): [string, string][] => [[kebab(word), ink], [`${kebab(word)}-soft`, soft]]),
  ];
}

test.each([
  ["body", LIGHT],
  ["body.awsui-dark-mode", DARK],
] as const)("exported pictures have the colours of %s", (selector, palette) => {
  const theme = block(selector);
  for (const [name, colour] of flat(palette)) expect([name, colour]).toEqual([name, theme.get(name)]);
});
