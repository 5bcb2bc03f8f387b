/** How edges look: the way that the layout gave, its arrow, its label, and while editing a "+" to insert a state. */
import type { Edge, EdgeProps } from "@xyflow/react";
import { memo, type MouseEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Route } from "./elk";
import { arrowHead, insertPoint, roundedPath } from "./path";
import { useSurroundings, useTaken } from "./surroundings";
import { useWords } from "./words";

export type EdgeData = { route: Route; isTarget: boolean; isPicked: boolean };
export type CanvasEdge = Edge<EdgeData, "route">;

export const EdgeView = memo(function EdgeView({ data }: EdgeProps<CanvasEdge>) {
  const { names, onInsert } = useSurroundings();
  const words = useWords();
  const taken = useTaken(data?.route.edge ?? NO_EDGE);
  if (!data) return null;
  const { route } = data;
  const { edge, points, label } = route;
  const end = points.at(-1) ?? { x: 0, y: 0 };
  const name = (id: string) => {
    const node = names.get(id);
    return node ? words.nameOf(node) : "";
  };
  return (
    <g
      className="sw-edge"
      data-testid="graph-edge"
      data-edge={edge.id}
      data-source={name(edge.source)}
      data-target={name(edge.target)}
      data-way={edge.way}
      data-taken={taken ? "true" : undefined}
      data-drop={data.isTarget ? "true" : undefined}
      data-picked={data.isPicked ? "true" : undefined}
    >
      <path className="sw-reach" d={roundedPath(points)} />
      <path className="sw-way" d={roundedPath(points, 7)} />
      <path className="sw-arrow" d={arrowHead(end)} />
      {label && (
        <g className="sw-label">
          <title>{edge.label}</title>
          <rect x={label.x} y={label.y} width={label.width} height={label.height} rx={4} />
          <text x={label.x + label.width / 2} y={label.y + label.height / 2} dy="0.35em" textAnchor="middle">
            {edge.label}
          </text>
        </g>
      )}
      {onInsert && <Insert route={route} source={name(edge.source)} target={name(edge.target)} onInsert={onInsert} />}
    </g>
  );
});

const NO_EDGE = { id: "", source: "", target: "", way: "next", label: "" } as const;

interface InsertProps {
  route: Route;
  source: string;
  target: string;
  onInsert: (edge: Route["edge"], at: { x: number; y: number }) => void;
}

function Insert({ route, source, target, onInsert }: InsertProps): ReactNode {
  const { t } = useTranslation();
  const { x, y } = insertPoint(route);
  const press = (event: MouseEvent) => {
    event.stopPropagation();
    onInsert(route.edge, { x: event.clientX, y: event.clientY });
  };
  const label = t("graph.insert", { source, target });
  return (
    <g className="sw-insert" data-testid="graph-insert" transform={`translate(${x} ${y})`} onClick={press}>
      <title>{label}</title>
      <circle r={9} />
      <path d="M-4 0H4M0 -4V4" />
    </g>
  );
}
