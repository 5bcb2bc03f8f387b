/** The whole in a corner, with what is in sight marked: there while not all of it is. For the pointer; the canvas has the keys. */
import { useStore } from "@xyflow/react";
import { memo, type PointerEvent, type ReactNode, type RefObject } from "react";

import type { Placed, Rect } from "./elk";
import type { CanvasHandle } from "./moves";

const SIZE = { width: 150, height: 110 };
const WIDTH_MIN = 24; // of a long chain, so that it can be hit
const AROUND = 40; // of the whole, so that its edge can be looked at, too

interface MiniMapProps {
  placed: Placed;
  canvas: RefObject<CanvasHandle | null>;
}

export function MiniMap({ placed, canvas }: MiniMapProps): ReactNode {
  const sight = useSight();
  const whole = { x: placed.x - AROUND, y: placed.y - AROUND, width: placed.width + 2 * AROUND, height: placed.height + 2 * AROUND };
  if (sight.width === 0 || isInside(placed, sight)) return null;
  const scale = Math.min(SIZE.width / whole.width, SIZE.height / whole.height);
  const across = Math.max(scale, WIDTH_MIN / whole.width);
  const go = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const frame = event.currentTarget.getBoundingClientRect();
    canvas.current?.centreOn({ x: whole.x + (event.clientX - frame.left) / across, y: whole.y + (event.clientY - frame.top) / scale });
  };
  return (
    <svg
      className="sw-mini-map"
      data-testid="graph-mini-map"
      width={whole.width * across}
      height={whole.height * scale}
      viewBox={`${whole.x} ${whole.y} ${whole.width} ${whole.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      onPointerDown={go}
      onPointerMove={go}
    >
      <Boxes placed={placed} />
      <rect className="sw-sight" {...sight} strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

const Boxes = memo(function Boxes({ placed }: { placed: Placed }) {
  return [...placed.boxes.values()].map(({ node, x, y, width, height, lanes }) => (
    <rect key={node.id} className={lanes.length > 0 ? "sw-around" : undefined} x={x} y={y} width={width} height={height} rx={8} />
  ));
});

/** The part of the drawing that is in the pane. */
function useSight(): Rect {
  const [x, y, zoom] = useStore((state) => state.transform);
  const [width, height] = [useStore((state) => state.width), useStore((state) => state.height)];
  return { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
}

function isInside(inner: Rect, outer: Rect): boolean {
  const right = inner.x + inner.width <= outer.x + outer.width;
  return inner.x >= outer.x && inner.y >= outer.y && right && inner.y + inner.height <= outer.y + outer.height;
}
