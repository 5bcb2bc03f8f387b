/** What mends a problem at one press, for those where there is little doubt. */
import { remove, type Arranged } from "./arrange";
import type { Problem } from "./checks";
import { flowsOf } from "./flows";
import { insertMember, setValue, valueAt } from "./json";

/** The text without the problem, or undefined if a person has to decide. */
export function fixOf(text: string, problem: Problem): Arranged | undefined {
  switch (problem.word) {
    case "missingTarget":
      return addTarget(text, problem);
    case "noStart":
      return startAtFirst(text, problem);
    case "noWayOut":
      return { text: setValue(text, [...problem.path, "End"], true), selected: problem.path };
    case "unreachable":
      return remove(text, problem.path);
    default:
      return undefined;
  }
}

function flowOf(text: string, problem: Problem) {
  const flows = flowsOf(valueAt(text, []));
  return flows.findLast((flow) => flow.path.every((piece, at) => piece === problem.path[at]));
}

/** The state that was named and is not there yet: a Pass that ends. */
function addTarget(text: string, problem: Problem): Arranged | undefined {
  const flow = flowOf(text, problem);
  const name = valueAt(text, problem.path);
  if (!flow || typeof name !== "string" || name === "") return undefined;
  const states = [...flow.path, "States"];
  return { text: insertMember(text, states, name, { json: { Type: "Pass", End: true } }), selected: [...states, name] };
}

function startAtFirst(text: string, problem: Problem): Arranged | undefined {
  const flow = flowOf(text, problem);
  const [first] = flow?.states.keys() ?? [];
  if (!flow || first === undefined) return undefined;
  return { text: setValue(text, [...flow.path, "StartAt"], first, ["States"]), selected: [...flow.path, "States", first] };
}
