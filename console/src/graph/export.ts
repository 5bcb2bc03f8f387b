/** A drawn graph as a file: SVG with text as text, a title and a description; PNG made from it. */
import { walk, walkEdges, type Graph, type GraphNode } from "./asl";
import { HEADER, LABEL_FONT, type Box, type Placed, type Rect, type Route } from "./elk";
import { statusGlyph, typeGlyph } from "./glyphs";
import { fitted, inTwoLines, widthOf } from "./letters";
import { styleSheet } from "./palette";
import { arrowHead, roundedPath } from "./path";
import { edgeKey, type StateStatus, type StatusSource } from "./status";
import type { Words } from "./words";

export type Theme = "auto" | "light" | "dark";

export interface Picture {
  graph: Graph;
  placed: Placed;
  title: string;
  statuses: StatusSource;
  words: Words;
}

const MARGIN = 24;
const TEXT_LEFT = 42;
const NAME_FONT = 13;
const DETAIL_FONT = 11;
/** What bold letters of the detail's size are as wide as. */
const BOLD_FONT = 11.7;
const BADGE_HEIGHT = 18;
const PNG_SCALE = 2;
/** No browser makes a larger canvas than this, a side. */
const PNG_SIDE_MAX = 16_384;

/** The document. With the theme `auto` it follows whoever looks at it. */
export function toSvg(picture: Picture, theme: Theme = "auto"): string {
  const width = picture.placed.width + 2 * MARGIN;
  const height = picture.placed.height + 2 * MARGIN;
  const [x, y] = [picture.placed.x - MARGIN, picture.placed.y - MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="${n(x)} ${n(y)} ${n(width)} ${n(height)}" role="img" aria-labelledby="title description">`,
    `<title id="title">${xml(picture.title)}</title>`,
    `<desc id="description">${xml(describe(picture))}</desc>`,
    `<style>${styleSheet(theme)}</style>`,
    rect({ x, y, width, height }, 0, "page"),
    ...layers(picture),
    "</svg>\n",
  ].join("\n");
}

/** A PNG of twice the size, less where a browser could not make it. */
export async function toPng(picture: Picture, theme: "light" | "dark"): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([toSvg(picture, theme)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(PNG_SCALE, PNG_SIDE_MAX / image.width, PNG_SIDE_MAX / image.height);
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width * scale, height: image.height * scale });
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large for this browser"))), "image/png");
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The picture in words: every state with where it leads. */
function describe({ graph, statuses, words }: Picture): string {
  const names = namesOf(graph);
  const ways = new Map<string, string[]>();
  for (const edge of walkEdges(graph.flow)) {
    const target = names.get(edge.target);
    const name = (target ? words.nameOf(target) : "") + (edge.label ? ` (${edge.label})` : "");
    ways.set(edge.source, [...(ways.get(edge.source) ?? []), name]);
  }
  const told = [...walk(graph.flow)].filter((node) => node.mark !== "end");
  return told.map((node) => `${words.describe(node, known(statuses, node))} → ${ways.get(node.id)?.join(", ") ?? ""}.`).join(" ");
}

function namesOf(graph: Graph): Map<string, GraphNode> {
  return new Map([...walk(graph.flow)].map((node) => [node.id, node]));
}

function known(statuses: StatusSource, node: GraphNode): StateStatus | undefined {
  return node.mark ? undefined : statuses.statusOf(node);
}

/** From outside in: containers, then the edges between them, then what lies inside. Ways that were taken lie on top. */
function layers({ graph, placed, statuses, words }: Picture): string[] {
  const names = namesOf(graph);
  const isTaken = (route: Route) => statuses.isTaken(edgeKey(route.edge, names));
  const boxes = [...placed.boxes.values()];
  const routes = [...placed.routes.values()].sort((one, other) => Number(isTaken(one)) - Number(isTaken(other)));
  const depths = Math.max(0, ...boxes.map((box) => box.depth));
  return Array.from({ length: depths + 1 }, (_, depth) => [
    ...boxes.filter((box) => box.depth === depth).map((box) => nodeOf(box, known(statuses, box.node), words)),
    ...routes.filter((route) => route.depth === depth).map((route) => edgeOf(route, isTaken(route))),
    ...routes.filter((route) => route.depth === depth).map(labelOf),
  ]).flat();
}

function nodeOf(box: Box, status: StateStatus | undefined, words: Words): string {
  const { node } = box;
  const isMark = node.mark === "start" || node.mark === "end";
  const isOpen = box.lanes.length > 0;
  const classes = ["node", node.mark, status?.status, node.reached ? "" : "unreached", isOpen ? "container" : ""].filter(Boolean);
  const head = { ...box, height: isOpen ? HEADER : box.height };
  const inside = isMark
    ? [rect(box, box.height / 2, "body"), text("name", box.x + box.width / 2, box.y + box.height / 2, words.nameOf(node), "middle")]
    : [rect(box, 8, "body"), tile(node, head), ...texts(node, head, words), ...box.lanes.map((lane) => rect(lane, 6, "lane"))];
  const badge = status ? badgeOf(box, status, words) : "";
  return `<g class="${classes.join(" ")}"><title>${xml(words.describe(node, status))}</title>${inside.join("")}${badge}</g>`;
}

function tile(node: GraphNode, { x, y, height }: Rect): string {
  const top = y + (height - 24) / 2;
  const glyph = `<path class="glyph" transform="translate(${n(x + 14)} ${n(top + 4)})" d="${typeGlyph(node.type)}"/>`;
  return rect({ x: x + 10, y: top, width: 24, height: 24 }, 6, "tile") + glyph;
}

function texts(node: GraphNode, { x, y, width, height }: Rect, words: Words): string[] {
  const room = width - TEXT_LEFT - 10;
  const names = inTwoLines(words.nameOf(node), room, NAME_FONT);
  const detail = words.detailOf(node);
  let line = y + height / 2 - (15 * names.length + (detail ? 13 : 0)) / 2;
  const lines = names.map((name) => {
    line += 15;
    return text("name", x + TEXT_LEFT, line - 7.5, name);
  });
  if (detail) lines.push(text("detail", x + TEXT_LEFT, line + 6.5, fitted(detail, room, DETAIL_FONT)));
  return lines;
}

function badgeOf(box: Box, status: StateStatus, words: Words): string {
  const said = words.statusOf(status);
  const width = widthOf(said, BOLD_FONT) + 28;
  const at = { x: Math.max(box.x + box.width - width - 8, box.x + box.width / 2 + 10), y: box.y - BADGE_HEIGHT / 2 };
  const place = `translate(${n(at.x + 7)} ${n(at.y + 3.5)}) scale(.68)`;
  const glyph = `<path class="glyph" transform="${place}" d="${statusGlyph(status.status)}"/>`;
  const body = rect({ ...at, width, height: BADGE_HEIGHT }, 9, "");
  return `<g class="badge ${status.status}">${body}${glyph}${text("status", at.x + 22, box.y, said)}</g>`;
}

function edgeOf({ edge, points }: Route, taken: boolean): string {
  const end = points.at(-1) ?? { x: 0, y: 0 };
  const ways = `<path class="way" d="${roundedPath(points, 7)}"/><path class="head" d="${arrowHead(end)}"/>`;
  return `<g class="edge ${edge.way}${taken ? " taken" : ""}">${ways}</g>`;
}

function labelOf({ edge, label }: Route): string {
  if (!label) return "";
  const words = text("words", label.x + label.width / 2, label.y + label.height / 2, edge.label, "middle");
  return `<g class="label ${edge.way}">${rect({ ...label, height: LABEL_FONT + 5 }, 4, "")}${words}</g>`;
}

function rect({ x, y, width, height }: Rect, radius: number, name: string): string {
  const of = name ? ` class="${name}"` : "";
  return `<rect${of} x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${n(radius)}"/>`;
}

/** A line whose letters stand around `middle`: not every program knows dominant-baseline. */
function text(name: string, x: number, middle: number, words: string, anchor = ""): string {
  const where = anchor ? ` text-anchor="${anchor}"` : "";
  return `<text class="${name}" x="${n(x)}" y="${n(middle + (name === "name" ? 4.5 : 4))}"${where}>${xml(words)}</text>`;
}

/** Text for XML, which has no place for most control characters and for halves of surrogate pairs. */
function xml(words: string): string {
  return words
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function n(number: number): number {
  return Math.round(number * 10) / 10;
}
