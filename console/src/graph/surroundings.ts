/** What nodes and edges know of the canvas around them. */
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";

import type { GraphEdge, GraphNode } from "./asl";
import { edgeKey, StatusStore, type StateStatus, type StatusSource } from "./status";

/** A remark on a state: of a check, or of a comparison with another definition. */
export type NodeMark = "error" | "warning" | "added" | "removed" | "changed";

export interface Surroundings {
  statuses: StatusSource;
  names: ReadonlyMap<string, GraphNode>;
  marks: ReadonlyMap<string, NodeMark>;
  /** Whether there is an execution to tell of: only then has every node a status. */
  isLive: boolean;
  /** DOM ids of nodes begin with this. */
  prefix: string;
  onFold: (id: string) => void;
  onInsert?: (edge: GraphEdge, at: { x: number; y: number }) => void;
}

export const NO_STATUSES: StatusSource = new StatusStore();

export const SurroundingsContext = createContext<Surroundings>({
  statuses: NO_STATUSES,
  names: new Map(),
  marks: new Map(),
  isLive: false,
  prefix: "",
  onFold: () => undefined,
});

export function useSurroundings(): Surroundings {
  return useContext(SurroundingsContext);
}

/** The status of a node; whoever calls this is drawn anew when that status changes, and only then. */
export function useStatus(node: GraphNode): StateStatus | undefined {
  const { statuses } = useSurroundings();
  const subscribe = useCallback((tell: () => void) => statuses.subscribe([node.id, node.name], tell), [statuses, node.id, node.name]);
  const status = useSyncExternalStore(subscribe, () => statuses.statusOf(node));
  return node.mark ? undefined : status;
}

/** Whether the execution went along an edge. */
export function useTaken(edge: GraphEdge): boolean {
  const { statuses, names } = useSurroundings();
  const key = edgeKey(edge, names);
  const subscribe = useCallback((tell: () => void) => statuses.subscribe([key], tell), [statuses, key]);
  return useSyncExternalStore(subscribe, () => statuses.isTaken(key));
}
