import { useMemo } from "react";

import type { Model } from "@/execution/reducer";
import { readGraph, walk } from "@/graph";
import { Pane } from "@/ui/pane";

import { GraphPane } from "../graph-pane";
import type { StateDifference } from "./compare";
import { useStatuses, type ExecutionInView } from "./use-execution";

interface GraphTabProps {
  execution: ExecutionInView;
  shown: Model;
  isNow: boolean;
  selected: string | null;
  onSelect: (state: string | null) => void;
  marked: readonly StateDifference[];
}

/** The definition, coloured by the picture that is looked at. */
export function GraphTab({ execution, shown, isNow, selected, onSelect, marked }: GraphTabProps) {
  const definition = execution.machine.data?.definition;
  const statuses = useStatuses(execution, shown, isNow, definition);
  const marks = useMemo(() => {
    if (marked.length === 0 || definition === undefined) return undefined;
    const names = new Set(marked.map(({ state }) => state));
    const nodes = [...walk(readGraph(definition).flow)].filter((node) => names.has(node.name));
    return new Map(nodes.map((node) => [node.id, "changed" as const]));
  }, [marked, definition]);
  return (
    <Pane query={execution.machine}>
      {(machine) => <GraphPane definition={machine.definition} statuses={statuses} selected={selected} onSelect={onSelect} {...(marks && { marks })} />}
    </Pane>
  );
}
