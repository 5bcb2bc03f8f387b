/** From places to what React Flow draws. What does not change keeps its object, so that only what changes is drawn anew. */
import { Position } from "@xyflow/react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { DropPlace } from "./drop";
import type { CanvasEdge } from "./edge-view";
import type { Box, Placed, Route } from "./elk";
import type { CanvasNode } from "./node-view";

export function useNodes(placed: Placed, active: string | undefined, selected: string | undefined, isOpenToLinks: boolean): CanvasNode[] {
  const made = useMemo(() => new WeakMap<Box, CanvasNode>(), [isOpenToLinks]);
  const plain = useMemo(() => [...placed.boxes.values()].map((box) => once(made, box, () => toNode(box, isOpenToLinks))), [placed, made, isOpenToLinks]);
  return useMemo(
    () =>
      plain.map((node) => {
        const [isActive, isPicked] = [node.id === active, node.id === selected];
        return isActive || isPicked ? { ...node, data: { ...node.data, isActive, isPicked } } : node;
      }),
    [plain, active, selected],
  );
}

/** What is made of something, which is made once. */
function once<Of extends object, Made>(made: WeakMap<Of, Made>, of: Of, make: () => Made): Made {
  const known = made.get(of) ?? make();
  made.set(of, known);
  return known;
}

function toNode(box: Box, isOpenToLinks: boolean): CanvasNode {
  const { node, x, y, width, height, depth, folded } = box;
  const isMark = node.mark === "start" || node.mark === "end";
  const type = isMark ? "mark" : node.lanes.length > 0 && !folded ? "container" : "state";
  const size = { width, height };
  return {
    id: node.id,
    type,
    position: { x, y },
    ...size,
    measured: size,
    handles: [
      { type: "target", position: Position.Top, x: width / 2, y: 0, width: 1, height: 1 },
      { type: "source", position: Position.Bottom, x: width / 2, y: height, width: 1, height: 1 },
    ],
    data: { box, isActive: false, isPicked: false, isOpenToLinks },
    zIndex: depth * 10,
    focusable: false,
  };
}

export function useEdges(placed: Placed, target: DropPlace | undefined, selected: string | undefined): CanvasEdge[] {
  const { t } = useTranslation();
  const made = useMemo(() => new WeakMap<Route, CanvasEdge>(), [t]);
  const plain = useMemo(() => {
    const nameOf = (id: string) => {
      const node = placed.boxes.get(id)?.node;
      return node?.mark === "start" || node?.mark === "end" ? t(`graph.mark.${node.mark}`) : (node?.name ?? "");
    };
    const toEdge = (route: Route): CanvasEdge => {
      const { id, source, target: end, label } = route.edge;
      const data = { route, isTarget: false, isPicked: false };
      const ariaLabel = [nameOf(source), "→", nameOf(end), label && `(${label})`].filter(Boolean).join(" ");
      return { id, source, target: end, type: "route", data, ariaLabel, zIndex: route.depth * 10 + 1, focusable: false };
    };
    return [...placed.routes.values()].map((route) => once(made, route, () => toEdge(route)));
  }, [placed, made, t]);
  const over = target?.kind === "edge" ? target.edge.id : undefined;
  return useMemo(
    () =>
      plain.map((edge) => {
        if (!edge.data || (edge.id !== over && edge.id !== selected)) return edge;
        return { ...edge, data: { ...edge.data, isTarget: edge.id === over, isPicked: edge.id === selected } };
      }),
    [plain, over, selected],
  );
}
