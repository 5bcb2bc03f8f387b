import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Plugin } from "vite";

interface Locked {
  version: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
}

const TEXTS = /^(licen[cs]e|notice|copying|third[-_]party)/i;

/** What each package in the build says of its licence, with the texts that it brings. */
export function notices(root: string): string {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf-8")) as { packages: Record<string, Locked> };
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev && existsSync(join(root, path)));
  return shipped.map(([path, { version, license }]) => [`${path.replace(/^.*node_modules\//, "")} ${version} (${license ?? "see below"})`, ...textsIn(join(root, path))].join("\n\n")).join(`\n\n${"-".repeat(80)}\n\n`);
}

function textsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => TEXTS.test(name));
  return names.map((name) => readFileSync(join(folder, name), "utf-8").trim());
}

/** Puts the notices beside the build, where the settings page links to them. */
export function noticesPlugin(root: string): Plugin {
  return {
    name: "notices",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "third-party-notices.txt", source: notices(root) });
    },
  };
}
