/** Where to look: the opening view, and the moves that keep something in sight. */
import type { Placed, Point, Rect } from "./elk";

export interface View extends Point {
  zoom: number;
}

export interface Extent {
  width: number;
  height: number;
}

export const ZOOM_MIN = 0.05;
export const ZOOM_MAX = 2;
/** Below this nobody can read, so the opening view never goes there. */
export const OPENING_ZOOM_MIN = 0.55;
/** Below this the labels of edges are hidden. */
export const LABEL_ZOOM_MIN = 0.45;
const MARGIN = 24;
/** What the buttons take of the pane's width, on the right. */
const CONTROLS = 40;

/** The whole if it can be read; else its width, with what matters most in the upper third. */
export function openingView(whole: Rect, pane: Extent, focus: Rect | undefined): View {
  const { across, down } = scales(whole, pane);
  const zoom = Math.min(1, across, down);
  if (zoom >= OPENING_ZOOM_MIN) return centred(whole, pane, zoom);
  return lookAt(whole, pane, focus, Math.min(1, Math.max(across, OPENING_ZOOM_MIN)));
}

/** All of it, however small. */
export function fittingView(whole: Rect, pane: Extent): View {
  const { across, down } = scales(whole, pane);
  return centred(whole, pane, Math.max(ZOOM_MIN, Math.min(1, across, down)));
}

/** The zooms at which the whole is as broad, and as high, as there is room. */
function scales(whole: Extent, pane: Extent): { across: number; down: number } {
  const across = (pane.width - 2 * MARGIN - CONTROLS) / Math.max(whole.width, 1);
  return { across, down: (pane.height - 2 * MARGIN) / Math.max(whole.height, 1) };
}

function centred(whole: Rect, pane: Extent, zoom: number): View {
  const [x, y] = [(pane.width - CONTROLS - whole.width * zoom) / 2, Math.max((pane.height - whole.height * zoom) / 2, MARGIN)];
  return { x: x - whole.x * zoom, y: y - whole.y * zoom, zoom };
}

function lookAt(whole: Rect, pane: Extent, focus: Rect | undefined, zoom: number): View {
  const place = focus ?? { x: whole.x + whole.width / 2, y: whole.y, width: 0, height: 0 };
  const fits = whole.width * zoom <= pane.width - CONTROLS;
  const x = fits ? (pane.width - CONTROLS - whole.width * zoom) / 2 - whole.x * zoom : pane.width / 2 - (place.x + place.width / 2) * zoom;
  const y = Math.min(MARGIN - whole.y * zoom, pane.height / 3 - place.y * zoom);
  return { x, y, zoom };
}

/** The view that shows a box: the same one if it is in sight, else moved no further than needed to have it in the middle. */
export function viewShowing(box: Rect, pane: Extent, view: View): View {
  const left = box.x * view.zoom + view.x;
  const top = box.y * view.zoom + view.y;
  const [width, height] = [Math.min(box.width * view.zoom, pane.width), Math.min(box.height * view.zoom, pane.height)];
  const inSight = left >= 0 && top >= 0 && left + width <= pane.width && top + height <= pane.height;
  if (inSight && view.zoom >= LABEL_ZOOM_MIN) return view;
  const zoom = Math.max(view.zoom, OPENING_ZOOM_MIN);
  const x = pane.width / 2 - (box.x + box.width / 2) * zoom;
  const y = Math.max(pane.height / 2 - (box.y + box.height / 2) * zoom, MARGIN - box.y * zoom);
  return { x, y: box.height * zoom > pane.height ? MARGIN - box.y * zoom : y, zoom };
}

/** Zoom about the middle of the pane. */
export function zoomed(view: View, pane: Extent, zoom: number): View {
  const bounded = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, zoom));
  const scale = bounded / view.zoom;
  return {
    x: pane.width / 2 - (pane.width / 2 - view.x) * scale,
    y: pane.height / 2 - (pane.height / 2 - view.y) * scale,
    zoom: bounded,
  };
}

/** What the opening view should show if not all fits: the first of these that has a box. */
export function focusOf(placed: Placed, ids: readonly (string | undefined)[]): Rect | undefined {
  for (const id of ids) {
    const box = id === undefined ? undefined : placed.boxes.get(id);
    if (box) return box;
  }
  return undefined;
}
