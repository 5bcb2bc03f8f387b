import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

const SOURCE = dirname(fileURLToPath(import.meta.url));

/** What each folder may import besides itself. Drawing and reducing stand alone, so that others can embed them. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  app: ["screens", "editor", "execution", "graph", "api", "ui", "clock", "locales"],
  screens: ["editor", "execution", "graph", "api", "ui", "clock", "locales"],
  editor: ["execution", "graph", "api", "ui", "clock", "locales"],
  execution: ["graph", "api", "locales"],
  graph: ["clock", "locales"],
  ui: ["clock", "locales"],
  api: [],
  clock: [],
  locales: [],
};

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf-8");
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)["']([^"']+)["']/g)].map((match) => match[1] ?? "");
}

function folderOf(path: string): string {
  return relative(SOURCE, path).split("/")[0] ?? "";
}

function target(file: string, name: string): string | undefined {
  if (name.startsWith("@/")) return name.slice(2).split("/")[0];
  return name.startsWith(".") ? folderOf(resolve(dirname(file), name)) : undefined;
}

const edges = files(SOURCE).flatMap((file) => imports(file).map((name) => ({ file: relative(SOURCE, file), from: folderOf(file), name, to: target(file, name) })));

describe("imports", () => {
  test("point downward", () => {
    const wrong = edges.filter(({ from, to }) => from in MAY_IMPORT && to && to !== from && !MAY_IMPORT[from]?.includes(to));
    expect(wrong).toEqual([]);
  });

  test("of the component set stand in ui/ alone", () => {
    const wrong = edges.filter(({ from, name }) => name.startsWith("@cloudscape-design/") && from !== "ui");
    expect(wrong).toEqual([]);
  });

  test("of the component set name the component, not the whole set", () => {
    expect(edges.filter(({ name }) => name === "@cloudscape-design/components")).toEqual([]);
  });
});
