/** Stands for the component set's own: see `vite.config.ts`. */
export default function SortableArea(): never {
  throw new Error("a list that is sorted by dragging is not in this build");
}
