import type { GraphEdge } from "./asl";
import type { DropPlace } from "./drop";
import type { Point } from "./elk";

/** What an editor is told. All of it is by ids, which are JSON pointers into the definition. */
export interface Editing {
  /** The "+" of an edge was pressed; `at` is in the page. */
  onInsert: (edge: GraphEdge, at: { x: number; y: number }) => void;
  /** Whether what is being dragged may be dropped here, by the types of its data. */
  accepts: (types: readonly string[]) => boolean;
  onDrop: (place: DropPlace, data: DataTransfer) => void;
  /** A way was drawn from one state to another; `at` is in the page, for a menu. */
  onConnect: (source: string, target: string, at: { x: number; y: number }) => void;
  /** A node was put elsewhere in its flow; `at` is from the upper left of that. */
  onMove: (id: string, at: Point) => void;
  /** Delete was pressed on a state, or on an edge. */
  onDelete: (what: { kind: "state" | "edge"; id: string }) => void;
}
