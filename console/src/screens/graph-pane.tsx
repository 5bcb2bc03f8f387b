import { lazy, memo, Suspense } from "react";

import { Skeleton } from "@/ui/pane";

import type { GraphViewProps } from "./graph-view";
import "./screens.css";

const fetchGraph = () => import("./graph-view");
const GraphView = lazy(fetchGraph);

/** Fetch it, and start its layout's worker, before there is anything to draw. */
export function prepareGraph(): void {
  void fetchGraph();
}

/** The graph, fetched when it is first seen: lists do not pay for it. */
export const GraphPane = memo(function GraphPane(props: GraphViewProps) {
  return (
    <div className="sw-graph-pane">
      <Suspense fallback={<Skeleton lines={6} height={40} />}>
        <GraphView {...props} />
      </Suspense>
    </div>
  );
});
