/** A graph as a file. What makes it is fetched when it is first wanted. */
import { readGraph, type Graph } from "./asl";
import type { Placed } from "./elk";
import type { Picture } from "./export";
import { layOut } from "./layout";

export type PictureKind = "svg" | "png";

/** The whole of a definition with nothing folded, as it would be drawn. */
export async function drawWhole(definition: string): Promise<{ graph: Graph; placed: Placed }> {
  const graph = readGraph(definition);
  return { graph, placed: await layOut(graph, new Set()) };
}

/** The file: an SVG follows whoever looks at it, a PNG has one theme. */
export async function pictureFile(kind: PictureKind, picture: Picture, theme: "light" | "dark"): Promise<Blob> {
  const { toPng, toSvg } = await import("./export");
  return kind === "png" ? toPng(picture, theme) : new Blob([toSvg(picture)], { type: "image/svg+xml" });
}
