/** The view of a canvas and its moves. */
import { useStore, useStoreApi } from "@xyflow/react";
import { useLayoutEffect, useMemo, useRef } from "react";

import type { Placed, Point } from "./elk";
import { fittingView, focusOf, openingView, viewShowing, zoomed, type Extent, type View } from "./view";

const GLIDE_MS = 180;

/** What can be asked of a canvas. */
export interface CanvasHandle {
  fit(): void;
  zoomTo(zoom: number): void;
  zoomBy(factor: number): void;
  /** Bring a node into sight. */
  reveal(id: string): void;
  /** Have a point of the drawing in the middle, at once. */
  centreOn(at: Point): void;
  focus(): void;
}

export interface ViewControls extends Omit<CanvasHandle, "focus"> {
  /** The person takes over. */
  interrupt(): void;
  /** From the page to the drawing. */
  toCanvas(at: Point): Point;
}

/** The view and its moves. A picture of other states opens where it matters most; one of the same stays where the eye is. */
export function useView(placed: Placed, focusIds: readonly (string | undefined)[]): ViewControls {
  const store = useStoreApi();
  const isReady = useStore((state) => state.panZoom !== null && state.width > 0 && state.height > 0);
  const latest = useRef(placed);
  latest.current = placed;
  const before = useRef<Placed>(undefined);
  useLayoutEffect(() => {
    if (!isReady) return;
    const isKnown = before.current !== undefined && haveStatesInCommon(before.current, placed);
    before.current = placed;
    if (isKnown) return;
    const { panZoom, width, height } = store.getState();
    void panZoom?.setViewport(openingView(placed, { width, height }, focusOf(placed, focusIds)));
  }, [isReady, placed, focusIds, store]);
  return useMemo(() => {
    let goal: View | undefined;
    const pane = (): Extent => ({ width: store.getState().width, height: store.getState().height });
    const shown = (): View => {
      const [x, y, zoom] = store.getState().transform;
      return { x, y, zoom };
    };
    // While gliding, the next move begins where this one ends: two quick presses zoom twice.
    const now = () => goal ?? shown();
    const move = (view: View) => {
      const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : GLIDE_MS;
      goal = view;
      void store.getState().panZoom?.setViewport(view, { duration }).then(() => {
        if (goal === view) goal = undefined;
      });
    };
    return {
      interrupt: () => {
        goal = undefined;
      },
      fit: () => move(fittingView(latest.current, pane())),
      zoomTo: (zoom) => move(zoomed(now(), pane(), zoom)),
      zoomBy: (factor) => move(zoomed(now(), pane(), now().zoom * factor)),
      reveal: (id) => {
        const box = latest.current.boxes.get(id);
        if (!box || pane().width === 0) return;
        const before = now();
        const view = viewShowing(box, pane(), before);
        if (view !== before) move(view);
      },
      centreOn: ({ x, y }) => {
        const { zoom } = shown();
        goal = undefined;
        void store.getState().panZoom?.setViewport({ x: pane().width / 2 - x * zoom, y: pane().height / 2 - y * zoom, zoom });
      },
      toCanvas: ({ x, y }) => {
        const frame = store.getState().domNode?.getBoundingClientRect();
        const view = shown();
        return { x: (x - (frame?.left ?? 0) - view.x) / view.zoom, y: (y - (frame?.top ?? 0) - view.y) / view.zoom };
      },
    };
  }, [store]);
}

function haveStatesInCommon(one: Placed, other: Placed): boolean {
  return [...one.boxes].some(([id, { node }]) => node.mark === undefined && other.boxes.has(id));
}
