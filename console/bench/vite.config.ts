import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { TREESHAKE } from "../vite.config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const ELSEWHERE = /node_modules\/(react|react-dom|scheduler|i18next|react-i18next|jsonc-parser)\/|rolldown/;
const GRAPH = /\/src\/graph\/(?!testing|outline|export|palette)|node_modules\/(@xyflow|elkjs|zustand|d3-[a-z]+|classcat)\//;

/**
 * The pages of the benchmarks, built as the console is. What the graph brings along is a chunk of its own, so that it
 * can be weighed; what other parts of the console need, too, is another.
 */
export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [react()],
  resolve: { alias: { "@": here("../src") } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    emptyOutDir: true,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      treeshake: TREESHAKE,
      input: here("graph.html"),
      output: { manualChunks: (id: string) => (ELSEWHERE.test(id) ? "elsewhere" : GRAPH.test(id) ? "graph-alone" : undefined) },
    },
  },
});
