/**
 * What there is to draw of a definition: its states, their ways to each other, and the flows inside.
 *
 * A definition is read as it stands, half-written ones too: whatever is no state machine is passed over, a target that does not
 * exist becomes a node of its own, and nothing here throws. What is wrong with a definition is said by the server, not here.
 */
import { parse, printParseErrorCode, type ParseError } from "jsonc-parser";

import { catchLabel, detailOf, isObject, ruleLabel, type Detail, type JsonObject } from "./labels";

export type Way = "next" | "choice" | "default" | "catch";
export type Mark = "start" | "end" | "missing";

/** A state, or a mark. `id` is the JSON pointer of the state; `lanes` are the flows inside it, in written order. */
export interface GraphNode {
  id: string;
  name: string;
  /** As written; "" where there is none. */
  type: string;
  detail: Detail;
  mark?: Mark;
  /** False if no way leads here from the start. */
  reached: boolean;
  lanes: Flow[];
  /** The id of the state around it; undefined in the outermost flow. */
  parent?: string;
}

/** A way from one node of a flow to another. `id` is the JSON pointer of the field that says so. */
export interface GraphEdge {
  id: string;
  source: string;
  target: string;
  way: Way;
  label: string;
}

/** Nodes and edges in written order. `start` is the id of the node where an execution comes in. */
export interface Flow {
  pointer: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  start?: string;
}

export interface Graph {
  flow: Flow;
  /** Where the text stops being JSON; the graph is then what could be read. */
  fault?: { code: string; offset: number };
}

/** Flows inside flows; what lies deeper is not drawn. */
export const DEPTH_MAX = 32;

export const START_ID = "start";
export const END_ID = "end";

/** The graph of a definition's text, from Start to End. */
export function readGraph(text: string): Graph {
  const errors: ParseError[] = [];
  let value: unknown;
  try {
    value = parse(text, errors, { allowTrailingComma: false, disallowComments: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // nested deeper than the parser's stack
    return { flow: new FlowReader("", undefined, 0).readWhole(), fault: { code: "TooDeep", offset: 0 } };
  }
  const flow = new FlowReader("", value, 0).readWhole();
  const first = errors[0];
  return first ? { flow, fault: { code: printParseErrorCode(first.error), offset: first.offset } } : { flow };
}

/** All nodes of a flow, those of inner flows too; what encloses comes first. */
export function* walk(flow: Flow): Generator<GraphNode> {
  for (const node of flow.nodes) {
    yield node;
    for (const lane of node.lanes) yield* walk(lane);
  }
}

/** All edges of a flow, those of inner flows too. */
export function* walkEdges(flow: Flow): Generator<GraphEdge> {
  yield* flow.edges;
  for (const node of flow.nodes) for (const lane of node.lanes) yield* walkEdges(lane);
}

/** A name as part of a JSON pointer (RFC 6901). */
export function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

const NO_DETAIL: Detail = { text: "" };

class FlowReader {
  private readonly states: Map<string, unknown>;
  private readonly start: unknown;
  private readonly flow: Flow;
  private readonly named = new Map<string, GraphNode>();
  private end?: GraphNode;

  constructor(
    pointer: string,
    value: unknown,
    private readonly depth: number,
    private readonly parent?: string,
  ) {
    const fields = isObject(value) ? value : {};
    this.states = new Map(isObject(fields.States) ? Object.entries(fields.States) : []);
    this.start = fields.StartAt;
    this.flow = { pointer, nodes: [], edges: [] };
  }

  readWhole(): Flow {
    const start = this.mark(START_ID, "start");
    this.flow.start = start.id;
    this.flow.nodes.push(start);
    this.end = this.mark(END_ID, "end");
    this.readStates();
    if (typeof this.start === "string") this.go("/StartAt", start, this.start, "next");
    else if (this.states.size === 0) this.link("/StartAt", start, this.end, "next");
    return this.finish();
  }

  private readLane(): Flow {
    this.readStates();
    if (typeof this.start === "string") this.flow.start = this.target(this.start).id;
    return this.finish();
  }

  private readStates(): void {
    for (const [name, state] of this.states) {
      const node = this.node(name, state);
      this.named.set(name, node);
      this.flow.nodes.push(node);
    }
  }

  private finish(): Flow {
    for (const [name, state] of this.states) {
      const node = this.named.get(name);
      if (node && isObject(state)) this.leave(node, state);
    }
    if (this.end) this.flow.nodes.push(this.end);
    markReached(this.flow);
    return this.flow;
  }

  private mark(id: string, mark: Mark, name = ""): GraphNode {
    return { id, name, type: "", detail: NO_DETAIL, mark, reached: true, lanes: [], parent: this.parent };
  }

  private node(name: string, state: unknown): GraphNode {
    const id = `${this.flow.pointer}/States/${escaped(name)}`;
    const fields = isObject(state) ? state : {};
    const type = typeof fields.Type === "string" ? fields.Type : "";
    const inner = this.depth < DEPTH_MAX ? innerFlows(fields) : [];
    const lanes = inner.map(([place, flow]) => new FlowReader(`${id}/${place}`, flow, this.depth + 1, id).readLane());
    return { id, name, type, detail: detailOf(fields), reached: true, lanes, parent: this.parent };
  }

  /** The ways out of a state: rules, Default, Next or the end, then its catchers. */
  private leave(node: GraphNode, state: JsonObject): void {
    objects(state.Choices).forEach((rule, index) => {
      this.go(`${node.id}/Choices/${index}/Next`, node, rule.Next, "choice", ruleLabel(index, rule));
    });
    this.go(`${node.id}/Default`, node, state.Default, "default", "Default");
    this.go(`${node.id}/Next`, node, state.Next, "next");
    const ends = state.End === true || state.Type === "Succeed" || state.Type === "Fail";
    if (ends && this.end) this.link(`${node.id}/End`, node, this.end, "next");
    objects(state.Catch).forEach((catcher, index) => {
      this.go(`${node.id}/Catch/${index}/Next`, node, catcher.Next, "catch", catchLabel(catcher));
    });
  }

  private go(id: string, source: GraphNode, name: unknown, way: Way, label = ""): void {
    if (typeof name === "string") this.link(id, source, this.target(name), way, label);
  }

  private link(id: string, source: GraphNode, target: GraphNode, way: Way, label = ""): void {
    this.flow.edges.push({ id, source: source.id, target: target.id, way, label });
  }

  private target(name: string): GraphNode {
    const found = this.named.get(name);
    if (found) return found;
    const missing = this.mark(`missing:${this.flow.pointer}/${escaped(name)}`, "missing", name);
    this.named.set(name, missing);
    this.flow.nodes.push(missing);
    return missing;
  }
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map((item) => (isObject(item) ? item : {})) : [];
}

function innerFlows(state: JsonObject): [place: string, flow: unknown][] {
  if (state.Type === "Parallel" && Array.isArray(state.Branches)) {
    return state.Branches.map((branch, index) => [`Branches/${index}`, branch]);
  }
  if (state.Type !== "Map") return [];
  const name = ["ItemProcessor", "Iterator"].find((field) => isObject(state[field]));
  return name ? [[name, state[name]]] : [];
}

/** Tell the nodes to which no way leads from the start. */
function markReached(flow: Flow): void {
  const after = new Map<string, GraphEdge[]>(flow.nodes.map((node) => [node.id, []]));
  for (const edge of flow.edges) after.get(edge.source)?.push(edge);
  const reached = new Set(flow.start === undefined ? [] : [flow.start]);
  for (const id of reached) for (const edge of after.get(id) ?? []) reached.add(edge.target); // grows as it is walked
  for (const node of flow.nodes) node.reached = node.mark === "end" || reached.has(node.id);
}
