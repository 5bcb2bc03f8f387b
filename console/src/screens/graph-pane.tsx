import { memo } from "react";

import { fetched } from "@/ui/fetched";
import { Skeleton } from "@/ui/pane";

import type { GraphViewProps } from "./graph-view";
import "./screens.css";

const GraphView = fetched(() => import("./graph-view"), <Skeleton lines={6} height={40} />);

/** Fetch it, and start its layout's worker, before there is anything to draw. */
export const prepareGraph = GraphView.prepare;

/** The graph, fetched when it is first seen: lists do not pay for it. */
export const GraphPane = memo(function GraphPane(props: GraphViewProps) {
  return (
    <div className="sw-graph-pane">
      <GraphView {...props} />
    </div>
  );
});
