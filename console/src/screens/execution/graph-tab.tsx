import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";

import { call } from "@/api/aws";
import type { MapRun } from "@/api/operations";
import type { Model } from "@/execution/reducer";
import type { Tally } from "@/execution/statuses";
import { readGraph, walk } from "@/graph";
import { Pane } from "@/ui/pane";

import { GraphPane, prepareGraph } from "../graph-pane";
import type { StateDifference } from "./compare";
import { useStatuses, type ExecutionInView } from "./use-execution";

prepareGraph();

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
  const tallies = useTallies(shown, isNow);
  const statuses = useStatuses(execution, shown, isNow, definition, tallies);
  const marks = useMemo(() => {
    if (marked.length === 0 || definition === undefined) return undefined;
    const names = new Set(marked.map(({ state }) => state));
    const nodes = [...walk(readGraph(definition).flow)].filter((node) => names.has(node.name));
    return new Map(nodes.map((node) => [node.id, "changed" as const]));
  }, [marked, definition]);
  return (
    <Pane query={execution.machine}>
      {(machine) => <GraphPane definition={machine.definition} {...(!execution.endsOnly && { statuses })} selected={selected} onSelect={onSelect} {...(marks && { marks })} />}
    </Pane>
  );
}

const EACH_MS = 1_000;

/** How far the Map Runs of the execution are now. */
function useTallies(shown: Model, isNow: boolean): ReadonlyMap<string, Tally> {
  const runs = isNow ? Object.values(shown.states).flatMap(({ iterations }) => iterations?.mapRunArn ?? []) : [];
  return useQueries({
    queries: runs.map((arn) => ({
      queryKey: ["map-run", arn],
      queryFn: ({ signal }: { signal: AbortSignal }) => call("DescribeMapRun", { mapRunArn: arn }, signal),
      refetchInterval: shown.status === "RUNNING" ? EACH_MS : (false as const),
    })),
    combine: tally,
  });
}

function tally(found: { data?: MapRun | undefined }[]): ReadonlyMap<string, Tally> {
  const runs = found.flatMap(({ data }) => data ?? []);
  return new Map(
    runs.map(({ mapRunArn, itemCounts: { total, succeeded, failed, timedOut, aborted } }) => [mapRunArn, { total, succeeded, failed: failed + timedOut + aborted }]),
  );
}
