/** A page with nothing but a graph on it, driven from outside: `window.show(...)` draws, `window.store` colours. */
import "@/ui/theme.css";

import { useState } from "react";
import { createRoot } from "react-dom/client";

import { Graph, startLayout, StatusStore, type GraphProps } from "@/graph";
import { isLanguage, speak } from "@/locales/i18n";

type Shown = Pick<GraphProps, "definition"> & Partial<GraphProps> & { live?: boolean; edit?: boolean };

declare global {
  interface Window {
    show: (shown: Shown) => void;
    store: StatusStore;
    log: unknown[];
  }
}

const log: unknown[] = (window.log = []);
const store = (window.store = new StatusStore());
const editing = {
  onInsert: (edge: unknown) => log.push(["insert", edge]),
  accepts: (types: readonly string[]) => types.includes("text/plain"),
  onDrop: (place: unknown, data: DataTransfer) => log.push(["drop", place, data.getData("text/plain")]),
  onConnect: (source: string, target: string) => log.push(["connect", source, target]),
  onDelete: (what: unknown) => log.push(["delete", what]),
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
