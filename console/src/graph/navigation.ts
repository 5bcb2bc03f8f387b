/** The ways of the keyboard through a graph: down and up its edges, and sideways among those who stand beside. */
import { walk, walkEdges, type Graph, type GraphNode } from "./asl";
import type { Placed } from "./elk";
import type { StatusSource, StatusWord } from "./status";

export type Direction = "down" | "up" | "left" | "right";

/** The node that a key leads to from `id`; undefined if none. Only nodes that are shown count. */
export function neighbour(graph: Graph, placed: Placed, id: string, direction: Direction): string | undefined {
  if (direction === "left" || direction === "right") return beside(placed, id, direction);
  return direction === "down" ? below(graph, placed, id) : above(graph, placed, id);
}

/** Into an open container first, then along the first edge out, then out of the container. */
function below(graph: Graph, placed: Placed, id: string): string | undefined {
  const box = placed.boxes.get(id);
  if (!box) return undefined;
  const entry = box.folded ? undefined : box.node.lanes.map((lane) => lane.start ?? lane.nodes[0]?.id).find(Boolean);
  return entry ?? after(graph, placed, box.node);
}

function after(graph: Graph, placed: Placed, node: GraphNode): string | undefined {
  const next = [...walkEdges(graph.flow)].find((edge) => edge.source === node.id && edge.target !== node.id);
  if (next) return next.target;
  const parent = node.parent === undefined ? undefined : placed.boxes.get(node.parent);
  return parent && after(graph, placed, parent.node);
}

/** Along the first edge in, else to the container around. */
function above(graph: Graph, placed: Placed, id: string): string | undefined {
  const before = [...walkEdges(graph.flow)].find((edge) => edge.target === id && edge.source !== id);
  return before?.source ?? placed.boxes.get(id)?.node.parent;
}

/** The nearest node whose middle is at a like height, on that side. */
function beside(placed: Placed, id: string, direction: "left" | "right"): string | undefined {
  const box = placed.boxes.get(id);
  if (!box) return undefined;
  const sign = direction === "right" ? 1 : -1;
  let nearest: { id: string; far: number } | undefined;
  for (const [other, { x, y, width, height, depth, node }] of placed.boxes) {
    const across = (x + width / 2 - box.x - box.width / 2) * sign;
    const down = Math.abs(y + height / 2 - box.y - box.height / 2);
    if (other === id || across <= 1 || depth !== box.depth || isAround(placed, node, id)) continue;
    const far = across + 3 * down;
    if (!nearest || far < nearest.far) nearest = { id: other, far };
  }
  return nearest?.id;
}

function isAround(placed: Placed, node: GraphNode, id: string): boolean {
  let parent = placed.boxes.get(id)?.node.parent;
  while (parent !== undefined && parent !== node.id) parent = placed.boxes.get(parent)?.node.parent;
  return parent === node.id;
}

/** The next state in written order, after `id` and round again, that has one of the statuses. */
export function nextWith(graph: Graph, statuses: StatusSource, wanted: readonly StatusWord[], id?: string): GraphNode | undefined {
  const nodes = [...walk(graph.flow)].filter((node) => !node.mark);
  const at = nodes.findIndex((node) => node.id === id) + 1;
  return [...nodes.slice(at), ...nodes.slice(0, at)].find((node) => {
    const status = statuses.statusOf(node)?.status;
    return status !== undefined && wanted.includes(status);
  });
}

/** The ids of the containers around a node, the innermost first. */
export function around(graph: Graph, id: string): string[] {
  const nodes = new Map([...walk(graph.flow)].map((node) => [node.id, node]));
  const found: string[] = [];
  for (let parent = nodes.get(id)?.parent; parent !== undefined; parent = nodes.get(parent)?.parent) found.push(parent);
  return found;
}
