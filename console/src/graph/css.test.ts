import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

const CSS = readFileSync(new URL("./graph.css", import.meta.url), "utf-8").replace(/\/\*.*?\*\//gs, "");

test("every rule is about the graph, and touches nothing else on the page", () => {
  const selectors = [...CSS.matchAll(/(?:^|[{}])\s*([^{}@]+?)\s*\{/g)].flatMap(([, list = ""]) => list.split(/,\s*/));
  expect(selectors.length).toBeGreaterThan(50);
  expect(selectors.filter((selector) => !selector.startsWith(".sw-graph") && selector !== "to")).toEqual([]);
});
