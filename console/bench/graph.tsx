/** A page with nothing but a graph on it, driven from outside: `window.show` draws, `window.store` colours, `window.timeLayout` times. */
import "@/ui/theme.css";

import { useState } from "react";
import { createRoot } from "react-dom/client";

import { Graph, readGraph, startLayout, StatusStore, type GraphProps } from "@/graph";
import { layOut } from "@/graph/layout";
import { largeDefinition } from "@/graph/testing/large";
import { isLanguage, speak } from "@/locales/i18n";

type Shown = Pick<GraphProps, "definition"> & Partial<GraphProps> & { live?: boolean; edit?: boolean };

declare global {
  interface Window {
    show: (shown: Shown) => void;
    store: StatusStore;
    log: unknown[];
    /** A definition with so many states. */
    large: (states: number) => string;
    /** Milliseconds that a layout of so many states takes, each of `times` times. */
    timeLayout: (states: number, times: number) => Promise<number[]>;
  }
}

const log: unknown[] = (window.log = []);
const store = (window.store = new StatusStore());
const editing = {
  onInsert: (edge: unknown) => log.push(["insert", edge]),
  accepts: (types: readonly string[]) => types.includes("text/plain"),
  onDrop: (place: unknown, data: DataTransfer) => log.push(["drop", place, data.getData("text/plain")]),
  onConnect: (source: string, target: string) => log.push(["connect", source, target]),
  onMove: (id: string, at: unknown) => log.push(["move", id, at]),
  onDelete: (what: unknown) => log.push(["delete", what]),
};

window.large = largeDefinition;
window.timeLayout = async (states, times) => {
  const graph = readGraph(largeDefinition(states));
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const began = performance.now();
    const placed = await layOut(graph, new Set());
    if (placed.plain) throw new Error("no layout came in time");
    took.push(performance.now() - began);
  }
  return took;
};

function Page() {
  const [{ live, edit, ...shown }, show] = useState<Shown>({ definition: '{"States":{}}' });
  const [selected, select] = useState<string>();
  window.show = (next) => {
    select(next.selected);
    show(next);
  };
  const props = { ...shown, ...(live ? { statuses: store } : {}), ...(edit ? { editing } : {}) };
  return (
    <div style={{ position: "fixed", inset: 0 }}>
      <Graph {...props} selected={selected} onSelect={select} />
    </div>
  );
}

const query = new URLSearchParams(location.search);
const language = query.get("language") ?? "en";
document.body.classList.toggle("awsui-dark-mode", query.has("dark"));
await speak(isLanguage(language) ? language : "en");
startLayout();
const root = document.getElementById("root");
if (root) createRoot(root).render(<Page />);
