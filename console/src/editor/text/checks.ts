/** What can be said about a text at once, without asking the server: faults of JSON, targets and reach. */
import { flowsOf, listOf, referencesOf, stateOf, type Flow } from "./flows";
import { isObject, parseText, valueAt, type Json, type JsonObject, type Path } from "./json";
import { lineOf, placeOfPath } from "./places";

export type Severity = "ERROR" | "WARNING";

/** One remark. `word` names its text in the languages and `holes` fill it; a server's remark brings its own `message`. */
export interface Problem {
  severity: Severity;
  word?: ProblemWord;
  holes?: Record<string, string>;
  message?: string;
  code?: string;
  path: Path;
  from: number;
  to: number;
  line: number;
  /** Path of the state that it is about, if it is about one. */
  state: Path | undefined;
}

export type ProblemWord =
  | "parse"
  | "notObject"
  | "noStart"
  | "noStates"
  | "missingTarget"
  | "unreachable"
  | "noType"
  | "noWayOut"
  | "duplicateName";

export interface Checked {
  /** The value of the text, if it is an object without faults. */
  definition: JsonObject | undefined;
  problems: Problem[];
}

/** The definition that a text holds, and what is wrong with it at first sight. */
export function check(text: string): Checked {
  const { root, faults } = parseText(text);
  const [fault] = faults;
  if (!root || fault) return { definition: undefined, problems: [parseProblem(text, fault?.offset ?? 0, fault?.length ?? 1, fault?.message ?? "ValueExpected")] };
  const definition = valueAt(text, []);
  if (!isObject(definition)) return { definition: undefined, problems: [{ severity: "ERROR", word: "notObject", path: [], from: 0, to: 1, line: 1, state: undefined }] };
  const flows = flowsOf(definition);
  const problems = [...flows.flatMap((flow) => flowProblems(flow)), ...doubled(flows)];
  return { definition, problems: problems.map(({ word, path, holes, severity }) => located(text, definition, word, path, holes, severity)) };
}

function parseProblem(text: string, offset: number, length: number, message: string): Problem {
  const from = Math.min(offset, text.length);
  return { severity: "ERROR", word: "parse", holes: { what: message }, path: [], from, to: Math.min(text.length, from + Math.max(1, length)), line: lineOf(text, from), state: undefined };
}

interface Found {
  word: ProblemWord;
  path: Path;
  holes?: Record<string, string>;
  severity?: Severity;
}

function located(text: string, definition: Json, word: ProblemWord, path: Path, holes: Record<string, string> = {}, severity: Severity = "ERROR"): Problem {
  const place = placeOfPath(text, path) ?? placeOfPath(text, path.slice(0, -1)) ?? { from: 0, to: 1, line: 1 };
  return { severity, word, holes, path, from: place.from, to: place.to, line: place.line, state: stateOf(definition, path)?.path };
}

function flowProblems(flow: Flow): Found[] {
  const found: Found[] = [];
  if (flow.states.size === 0) return [{ word: "noStates", path: [...flow.path, "States"] }];
  if (!flow.startAt) found.push({ word: "noStart", path: [...flow.path, "StartAt"] });
  for (const { path, target } of referencesOf(flow)) if (!flow.states.has(target)) found.push({ word: "missingTarget", path, holes: { name: target } });
  const reached = reachable(flow);
  for (const [name, state] of flow.states) {
    const path = [...flow.path, "States", name];
    if (flow.startAt && !reached.has(name)) found.push({ word: "unreachable", path, holes: { name }, severity: "WARNING" });
    if (typeof state.Type !== "string") found.push({ word: "noType", path, holes: { name } });
    else if (!leads(state)) found.push({ word: "noWayOut", path, holes: { name } });
  }
  return found;
}

/** The names that can be reached from the start of a flow. */
export function reachable(flow: Flow): Set<string> {
  const ways = new Map<string, string[]>();
  for (const { owner, target } of referencesOf(flow)) ways.set(owner ?? "", [...(ways.get(owner ?? "") ?? []), target]);
  const reached = new Set<string>();
  const left = flow.startAt ? [flow.startAt] : [];
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    left.push(...(ways.get(name) ?? []));
  }
  return reached;
}

function leads(state: JsonObject): boolean {
  if (state.Type === "Succeed" || state.Type === "Fail") return true;
  if (state.Type === "Choice") return listOf(state.Choices).length > 0 || typeof state.Default === "string";
  return typeof state.Next === "string" || state.End === true;
}

function doubled(flows: readonly Flow[]): Found[] {
  const seen = new Set<string>();
  const found: Found[] = [];
  for (const flow of flows) {
    for (const name of flow.states.keys()) {
      if (seen.has(name)) found.push({ word: "duplicateName", path: [...flow.path, "States", name], holes: { name } });
      seen.add(name);
    }
  }
  return found;
}
