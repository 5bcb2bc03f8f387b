/** The colours of exported pictures: those of the console's theme, since a picture cannot ask the page. A test compares them. */
import type { StatusWord } from "./status";

export interface Palette {
  surface: string;
  canvas: string;
  text: string;
  muted: string;
  border: string;
  hairline: string;
  accent: string;
  selected: string;
  /** Of each status: for lines, glyph and word, and to write on. */
  statuses: Record<StatusWord, readonly [ink: string, soft: string]>;
}

export const LIGHT: Palette = {
  surface: "#ffffff",
  canvas: "#f5f8fa",
  text: "#0f141a",
  muted: "#4d525c",
  border: "#7d828c",
  hairline: "#d5d9e0",
  accent: "#0a6a86",
  selected: "#eaf6f9",
  statuses: {
    notReached: ["#5c626d", "#f5f8fa"],
    running: ["#0059b3", "#e6f1fd"],
    waiting: ["#7a5200", "#fff3d6"],
    succeeded: ["#106b2f", "#e5f6e9"],
    caught: ["#8a4b00", "#ffeedd"],
    failed: ["#b80f0f", "#fdeaea"],
    aborted: ["#4d525c", "#eceef1"],
    timedOut: ["#99247a", "#fbe9f6"],
  },
};

export const DARK: Palette = {
  surface: "#161d26",
  canvas: "#10161e",
  text: "#ebebf0",
  muted: "#b4b8c0",
  border: "#7d8592",
  hairline: "#333b47",
  accent: "#5cc8e6",
  selected: "#12333e",
  statuses: {
    notReached: ["#a4a9b3", "#10161e"],
    running: ["#6db8ff", "#0f2a47"],
    waiting: ["#f0c14b", "#372b0c"],
    succeeded: ["#5fd07a", "#10321c"],
    caught: ["#f5a95c", "#3a2510"],
    failed: ["#ff8a8a", "#431a1d"],
    aborted: ["#b4b8c0", "#2a313b"],
    timedOut: ["#f08fd4", "#3d1a34"],
  },
};

/** The style sheet of an exported picture. `auto` follows whoever looks at it. */
export function styleSheet(theme: "auto" | "light" | "dark"): string {
  if (theme === "auto") return `${SHAPES}${colours(LIGHT)}@media(prefers-color-scheme:dark){${colours(DARK)}}`;
  return SHAPES + colours(theme === "dark" ? DARK : LIGHT);
}

const FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","Noto Sans CJK KR",sans-serif';
const SHAPES = [
  `text{font-family:${FONT}}.name{font-size:13px;font-weight:600}.detail,.status,.words{font-size:11px}.status{font-weight:600}`,
  ".way,.glyph{fill:none;stroke-linecap:round;stroke-linejoin:round}.glyph{stroke-width:1.6}.badge .glyph{stroke-width:2.6}",
  ".way{stroke-width:1.5}.default .way{stroke-width:1}.catch .way{stroke-dasharray:5 4;stroke-linecap:butt}.taken .way{stroke-width:2.5}",
  ".missing .body,.unreached .body{stroke-dasharray:2 3}.lane{stroke-dasharray:4 4}",
].join("");

function colours(of: Palette): string {
  const rules = [
    `.page,.lane,.label rect{fill:${of.canvas}}.lane{stroke:${of.hairline}}.body{fill:${of.surface};stroke:${of.border}}`,
    `.name{fill:${of.text}}.detail,.words{fill:${of.muted}}.tile{fill:${of.selected}}.glyph{stroke:${of.accent}}`,
    `.way{stroke:${of.border}}.head{fill:${of.border}}`,
    `.taken .way{stroke:${of.statuses.succeeded[0]}}.taken .head{fill:${of.statuses.succeeded[0]}}`,
    `.taken.catch .way{stroke:${of.statuses.caught[0]}}.taken.catch .head{fill:${of.statuses.caught[0]}}`,
  ];
  for (const [word, [ink, soft]] of Object.entries(of.statuses)) {
    if (word === "notReached") continue;
    rules.push(`.${word}>.body{fill:${soft};stroke:${ink};stroke-width:1.5}.container.${word}>.body{fill:${of.surface}}`);
    rules.push(`.badge.${word} rect{fill:${soft};stroke:${ink}}.badge.${word} .glyph{stroke:${ink}}.badge.${word} text{fill:${ink}}`);
  }
  return rules.join("");
}
