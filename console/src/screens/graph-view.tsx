import { useMemo } from "react";

import { NOTHING_MOVED, useHeldArrangement } from "@/editor/arrangement";
import { Graph, readGraph, startLayout, walk, type GraphProps, type StatusSource } from "@/graph";
import { usePreferences } from "@/ui/preferences";

export interface GraphViewProps {
  definition: string;
  statuses?: StatusSource;
  /** Name of the selected state: the names of a definition's states are unique. */
  selected: string | null;
  onSelect: (state: string | null) => void;
  view?: GraphProps["view"];
  marks?: GraphProps["marks"];
}

startLayout();

/** The graph, for views that know states by their names. */
export default function GraphView({ definition, statuses, selected, onSelect, view, marks }: GraphViewProps) {
  const outline = usePreferences((preferences) => preferences.outline);
  const arrangement = useHeldArrangement(definition) ?? NOTHING_MOVED;
  const nodes = useMemo(() => [...walk(readGraph(definition).flow)].filter((node) => !node.mark), [definition]);
  const id = nodes.find((node) => node.name === selected)?.id;
  const select = useMemo(() => (chosen: string | undefined) => onSelect(nodes.find((node) => node.id === chosen)?.name ?? null), [nodes, onSelect]);
  return (
    <Graph
      definition={definition}
      arrangement={arrangement}
      selected={id}
      onSelect={select}
      view={view ?? (outline ? "outline" : "picture")}
      {...(statuses && { statuses })}
      {...(marks && { marks })}
    />
  );
}
