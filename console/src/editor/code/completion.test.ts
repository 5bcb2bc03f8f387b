import { describe, expect, test } from "vitest";

import { offeredAt } from "./completion";

/** What is offered at the mark `|`, while the graph shows `good`: the text with the mark and what is half written left out. */
function offered(marked: string, good: object): string[] {
  const offset = marked.indexOf("|");
  const text = marked.replace("|", "");
  return (offeredAt(text, offset, good as never)?.options ?? []).map(({ label }) => label);
}

const PATH = { StartAt: "A", States: { A: { Type: "Task", Resource: "r", Assign: { known: 1 }, Next: "B" }, B: { Type: "Wait", Seconds: 1, End: true }, C: { Type: "Pass", Parameters: {}, End: true } } };
const ATA = { QueryLanguage: "JSONata", StartAt: "A", States: { A: { Type: "Pass", Assign: { known: 1 }, Next: "B" }, B: { Type: "Task", Resource: "r", Output: "", End: true } } };

describe("completion offers", () => {
  test("the fields of a state in its query language, without those that are given or excluded", () => {
    const names = offered('{"StartAt":"A","States":{"B":{"Type":"Wait","Seconds":1,"|"}}}', PATH);
    expect(names).toEqual(expect.arrayContaining(["Comment", "Next", "End", "InputPath", "Assign"]));
    for (const name of ["Seconds", "SecondsPath", "Timestamp", "Output", "Resource"]) expect(names).not.toContain(name);
    expect(offered('{"States":{"B":{"Type":"Task", | }}}', ATA)).toEqual(expect.arrayContaining(["Arguments", "Output", "Retry"]));
  });
  test("the fields of retriers, rules and processors", () => {
    expect(offered('{"States":{"A":{"Type":"Task","Retry":[{"|"}]}}}', PATH)).toEqual(expect.arrayContaining(["ErrorEquals", "MaxAttempts", "JitterStrategy"]));
    expect(offered('{"States":{"M":{"Type":"Map","ItemProcessor":{"|"}}}}', { States: { M: { Type: "Map", ItemProcessor: {} } } })).toEqual(expect.arrayContaining(["StartAt", "ProcessorConfig"]));
  });
  test("the fields of the definition", () => {
    expect(offered('{"|"}', {})).toEqual(["States", "StartAt", "Comment", "Version", "TimeoutSeconds", "QueryLanguage"]);
  });
  test("the states that a place can lead to", () => {
    expect(offered('{"StartAt":"|","States":{}}', PATH)).toEqual(["A", "B", "C"]);
    expect(offered('{"StartAt":"A","States":{"A":{"Type":"Task","Next":"|"}}}', PATH)).toEqual(["B", "C"]);
  });
  test("types of states, words of a field, error names", () => {
    expect(offered('{"States":{"A":{"Type":"|"}}}', PATH)).toContain("Parallel");
    expect(offered('{"States":{"A":{"Type":"Task","Retry":[{"JitterStrategy":"|"}]}}}', PATH)).toEqual(["NONE", "FULL"]);
    expect(offered('{"States":{"A":{"Type":"Task","Retry":[{"ErrorEquals":["|"]}]}}}', PATH)).toContain("States.Timeout");
  });
  test("functions and variables in scope of a JSONata expression", () => {
    const names = offered('{"States":{"B":{"Type":"Task","Output":"{% $| %}"}}}', ATA);
    expect(names).toEqual(expect.arrayContaining(["$states.input", "$states.result", "$known", "$sum", "$partition"]));
    expect(names).not.toContain("$states.errorOutput");
    expect(offered('{"States":{"A":{"Type":"Pass","Output":"{% $| %}"}}}', ATA)).not.toContain("$states.result");
  });
  test("intrinsic functions where a path is expected", () => {
    const text = '{"States":{"B":{"Type":"Pass"},"C":{"Type":"Pass","Parameters":{"x.$":"States.|"}}}}';
    expect(offered(text, PATH)).toContain("States.Format");
    expect(offered('{"States":{"C":{"Type":"Pass","InputPath":"$|"}}}', PATH)).toContain("$$.Execution.Name");
  });
  test("nothing in a comment", () => {
    expect(offered('{"Comment":"|"}', {})).toEqual([]);
  });
});
