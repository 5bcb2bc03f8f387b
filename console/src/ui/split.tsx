import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

import "./split.css";

interface SplitProps {
  /** Under this name the sizes are remembered in this browser. */
  name: string;
  /** What the handle does, for those who cannot see it. */
  label: string;
  left: ReactNode;
  right: ReactNode;
  /** Part of the width that the left pane has at first, in percent. */
  start?: number;
}

const LEAST = 20;
const MOST = 85;
const STEP = 3;

function remembered(name: string): number | null {
  const value = Number(localStorage.getItem(`stepwell.split.${name}`));
  return value >= LEAST && value <= MOST ? value : null;
}

/** Two panes side by side with a handle between them, to drag or to move with the arrow keys. */
export function Split({ name, label, left, right, start = 60 }: SplitProps) {
  const root = useRef<HTMLDivElement>(null);
  const [part, setPart] = useState(() => remembered(name) ?? start);
  const move = (next: number) => {
    const bounded = Math.round(Math.min(MOST, Math.max(LEAST, next)));
    setPart(bounded);
    localStorage.setItem(`stepwell.split.${name}`, String(bounded));
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const box = root.current?.getBoundingClientRect();
    if (box && event.currentTarget.hasPointerCapture(event.pointerId)) move((100 * (event.clientX - box.left)) / box.width);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    move(part + step);
  };
  return (
    <div ref={root} className="sw-split" style={{ gridTemplateColumns: `minmax(0, ${part}fr) 10px minmax(0, ${100 - part}fr)` }}>
      <div className="sw-split__pane">{left}</div>
      <div
        className="sw-split__handle"
        role="separator"
        aria-orientation="vertical"
        aria-label={label}
        aria-valuenow={part}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={onPointerMove}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      />
      <div className="sw-split__pane sw-split__pane--scroll">{right}</div>
    </div>
  );
}
