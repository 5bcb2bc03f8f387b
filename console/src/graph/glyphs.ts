/** Glyphs of our own: strokes within a square of 16. */
import type { StatusWord } from "./status";

const CIRCLE = "M8 2A6 6 0 1 1 8 14 6 6 0 0 1 8 2";

const TYPES: Record<string, string> = {
  Task: "M9 1.5 3.5 9H7.5L7 14.5 12.5 7H8.5Z",
  Choice: "M8 1.5 14.5 8 8 14.5 1.5 8Z",
  Wait: `${CIRCLE}M8 4.5V8L10.5 10`,
  Pass: "M2 8H13M9.5 4.5 13 8 9.5 11.5",
  Succeed: `${CIRCLE}M5.3 8.2 7.2 10.2 10.8 6`,
  Fail: `${CIRCLE}M5.8 5.8 10.2 10.2M10.2 5.8 5.8 10.2`,
  Parallel: "M3 2.5V13.5M8 2.5V13.5M13 2.5V13.5",
  Map: "M5 5H14V14H5ZM2 11V2H11",
};
const UNKNOWN = "M6 6A2 2 0 1 1 8 8.2V9.5M8 12V12.5";

const STATUSES: Record<StatusWord, string> = {
  notReached: "M4 8H12",
  running: "M8 2A6 6 0 1 1 2.8 5",
  waiting: `${CIRCLE}M8 4.5V8L10.5 10`,
  succeeded: "M3 8.5 6.5 12 13 4.5",
  caught: "M3 3V8A3 3 0 0 0 6 11H13M10 8 13 11 10 14",
  failed: "M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5",
  aborted: "M4 4H12V12H4Z",
  timedOut: "M4 2H12M4 14H12M5 2 11 14M11 2 5 14",
};

/** How a task is waited for: until its job ends, or until its token comes back. */
export const PATTERN_GLYPHS = {
  sync: "M13 8A5 5 0 1 1 11.5 4.5M11.5 1.5V4.5H8.5",
  token: "M10 6A3 3 0 1 1 4 6 3 3 0 0 1 10 6M9.2 8.2 14 13M12 11 13.5 9.5",
};

export function typeGlyph(type: string): string {
  return TYPES[type] ?? UNKNOWN;
}

export function statusGlyph(status: StatusWord): string {
  return STATUSES[status];
}
