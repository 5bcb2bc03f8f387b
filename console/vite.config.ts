import { extname } from "node:path";
import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { noticesPlugin } from "./notices.ts";

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

const server = process.env.STEPWELL_URL ?? "http://127.0.0.1:8083";

/** Components that nobody uses are left out: what these make has no effect until it is used. */
export const TREESHAKE = { manualPureFunctions: ["memo", "forwardRef", "createContext"] };

/** What only some views need, and must not come with what the others share. */
const HEAVY = /codemirror|lezer|xyflow|elkjs|[\\/]src[\\/](graph|editor)[\\/]|jsonc-parser|node_modules[\\/]yaml/;
/** Small, and asked for by nearly every view: none is to fetch what else those share for its sake. */
const EVERYWHERE = /[\\/]src[\\/](api[\\/]arn|clock[\\/])/;
const COMPONENTS = /node_modules[\\/]@cloudscape-design/;
const SHARED = { minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 60_000 };
/**
 * Few files: a browser fetches six at a time, and each costs more than its bytes. What every page needs is three, which change for
 * different reasons; what several views share is gathered in some of a size that is worth a fetch.
 */
const SPLITTING = {
  groups: [
    { name: "libraries", tags: ["$initial" as const], test: /node_modules[\\/](?!@cloudscape-design)|rolldown/ },
    { name: "components", tags: ["$initial" as const], test: COMPONENTS },
    { name: "everywhere", test: EVERYWHERE },
    { name: "console", tags: ["$initial" as const] },
    { name: "components", test: COMPONENTS, ...SHARED },
    { name: "shared", test: (id: string) => !HEAVY.test(id), ...SHARED },
  ],
};

/** Short: the name of what is gathered would list all that share it. */
function fileName(name: string, suffix: string): string {
  return `assets/${name.split("~")[0]?.replace(/\.(css|js|svg)$/, "")}-[hash]${suffix}`;
}

/**
 * The console is served by the process whose API it calls; while developing, Vite hands both on. Addresses in the build are
 * relative: where the console lives is said once, by `<base>` in index.html, and the server may say it differently.
 */
export default defineConfig(({ command }) => ({
  base: command === "serve" ? "/console/" : "./",
  plugins: [react(), noticesPlugin(here("."))],
  resolve: {
    alias: [
      { find: "@", replacement: here("./src") },
      // The names of the component set's own variables: those of its package for others have other names.
      { find: "component-tokens", replacement: here("./node_modules/@cloudscape-design/components/internal/generated/styles/tokens.js") },
      // What lets a list be sorted by dragging comes with every list of the component set. The console has none that is, and it weighs 17 kB.
      { find: /^.*\/internal\/components\/sortable-area$/, replacement: here("./src/ui/sortable-area.ts") },
    ],
  },
  worker: { format: "es" },
  build: {
    outDir: "../src/stepwell/console/dist",
    emptyOutDir: true,
    sourcemap: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: { treeshake: TREESHAKE, output: { codeSplitting: SPLITTING, chunkFileNames: ({ name }) => fileName(name, ".js"), assetFileNames: ({ names: [name = ""] }) => fileName(name, extname(name)) } },
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: {
      "/console/api": { target: server },
      "^/$": { target: server },
    },
  },
  // Not isolated: what the files import is read once, not once for each; so a file takes back what it lends to the globals.
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node", isolate: false },
}));
