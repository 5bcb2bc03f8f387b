import { describe, expect, test } from "vitest";

import * as arrange from "./arrange";
import { END, flowsOf, referencesOf } from "./flows";
import { valueAt, type JsonObject, type Path } from "./json";

const TEXT = `{
  "Comment": "an order",   "StartAt": "Check",
  "States": {
    "Check": { "Type": "Pass", "Next": "Paid?" },
    "Paid?": {
      "Type": "Choice",
      "Choices": [ { "Variable": "$.paid", "BooleanEquals": true, "Next": "Pack" } ],
      "Default": "Remind"
    },
    "Pack": {
      "Type": "Parallel",
      "Branches": [
        { "StartAt": "Box", "States": { "Box": { "Type": "Pass", "End": true } } },
        { "StartAt": "Label", "States": { "Label": { "Type": "Pass", "Result": "Box", "End": true } } }
      ],
      "Catch": [ { "ErrorEquals": ["States.ALL"], "Next": "Remind" } ],
      "Next": "Send"
    },
    "Remind": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sns:publish",
      "Next": "Check"
    },
    "Send": { "Type": "Pass", "End": true }
  }
}`;

const WAIT = { name: "Wait", value: { Type: "Wait", Seconds: 1 } };
const at = (name: string): Path => ["States", name];
const state = (text: string, name: string) => valueAt(text, at(name)) as JsonObject;

/** What a text says, state by state: where each leads. */
function ways(text: string): string[] {
  return flowsOf(valueAt(text, [])).flatMap((flow) => referencesOf(flow).map(({ owner, kind, target }) => `${owner ?? "start"} ${kind} ${target}`));
}

/** The lines of `before` that `after` has no more. */
function lost(before: string, after: string): string[] {
  const kept = after.split("\n");
  return before.split("\n").filter((line) => !kept.includes(line));
}

function arranged(result: arrange.Arranged | undefined): arrange.Arranged {
  if (!result) throw new Error("nothing was arranged");
  return result;
}

describe("a state is inserted on an edge", () => {
  const cases: [string, Path, string, string[]][] = [
    ["a Next", [...at("Check"), "Next"], "Paid?", ["Check next Wait", "Wait next Paid?"]],
    ["a rule", [...at("Paid?"), "Choices", 0, "Next"], "Pack", ["Paid? choice Wait", "Wait next Pack"]],
    ["a Default", [...at("Paid?"), "Default"], "Remind", ["Paid? default Wait", "Wait next Remind"]],
    ["a Catch", [...at("Pack"), "Catch", 0, "Next"], "Remind", ["Pack catch Wait", "Wait next Remind"]],
    ["the start", ["StartAt"], "Check", ["start start Wait", "Wait next Check"]],
  ];
  test.each(cases)("%s", (_, edge, target, wanted) => {
    const { text, selected } = arranged(arrange.insertOnEdge(TEXT, edge, WAIT));
    expect(selected).toEqual(at("Wait"));
    expect(state(text, "Wait")).toEqual({ Type: "Wait", Seconds: 1, Next: target });
    expect(ways(text)).toEqual(expect.arrayContaining(wanted));
    expect(ways(text)).toHaveLength(ways(TEXT).length + 1);
    expect(lost(TEXT, text)).toHaveLength(1);
  });

  test("an end", () => {
    const { text } = arranged(arrange.insertOnEdge(TEXT, [...at("Send"), "End"], WAIT));
    expect(text).toContain('"Send": { "Type": "Pass", "Next": "Wait" },\n    "Wait": {\n      "Type": "Wait",');
    expect(state(text, "Wait").End).toBe(true);
  });

  test("inside a branch", () => {
    const { text, selected } = arranged(arrange.insertOnEdge(TEXT, [...at("Pack"), "Branches", 1, "StartAt"], WAIT));
    expect(selected).toEqual([...at("Pack"), "Branches", 1, "States", "Wait"]);
    expect(ways(text)).toEqual(expect.arrayContaining(["start start Wait", "Wait next Label"]));
  });

  test("under a name that nobody has", () => {
    const { selected } = arranged(arrange.insertOnEdge(TEXT, ["StartAt"], { ...WAIT, name: "Box" }));
    expect(selected).toEqual(at("Box (2)"));
  });

  test("a Choice leads on by its rules and its Default", () => {
    const choice = { name: "Choice", value: { Type: "Choice", Choices: [{ Variable: "$.a", IsPresent: true }] } };
    const { text } = arranged(arrange.insertOnEdge(TEXT, [...at("Check"), "Next"], choice));
    expect(ways(text)).toEqual(expect.arrayContaining(["Check next Choice", "Choice choice Paid?", "Choice default Paid?"]));
  });

  test("a Choice at an end gets a state to end in", () => {
    const choice = { name: "Choice", value: { Type: "Choice", Choices: [{ Variable: "$.a", IsPresent: true }] } };
    const { text } = arranged(arrange.insertOnEdge(TEXT, [...at("Send"), "End"], choice));
    expect(ways(text)).toEqual(expect.arrayContaining(["Send next Choice", "Choice choice Done", "Choice default Done"]));
    expect(state(text, "Done")).toEqual({ Type: "Succeed" });
  });

  test("a group comes with its own ways, under new names where they are taken", () => {
    const group: arrange.NewState = {
      name: "Check",
      value: { Type: "Task", Resource: "r", Catch: [{ ErrorEquals: ["States.ALL"], Next: "Pause" }], Next: arrange.EXIT },
      more: [["Pause", { Type: "Wait", Seconds: 5, Next: "Check" }]],
    };
    const { text } = arranged(arrange.insertOnEdge(TEXT, [...at("Send"), "End"], group));
    expect(ways(text)).toEqual(expect.arrayContaining(["Send next Check (2)", "Check (2) catch Pause", "Pause next Check (2)"]));
    expect(state(text, "Check (2)").End).toBe(true);
  });

  test("at a Succeed it comes before it", () => {
    const text = '{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"S"},"S":{"Type":"Succeed"}}}';
    expect(ways(arranged(arrange.insertOnEdge(text, [...at("S"), "End"], WAIT)).text)).toEqual(["start start A", "A next Wait", "Wait next S"]);
  });

  test("but not where there is none", () => {
    expect(arrange.insertOnEdge(TEXT, [...at("Check"), "End"], WAIT)).toBeUndefined();
    expect(arrange.insertOnEdge('{"States":', ["StartAt"], WAIT)).toBeUndefined();
  });
});

describe("a state is added", () => {
  test("behind another: the same text as on its edge", () => {
    expect(arrange.addAfter(TEXT, at("Check"), WAIT)).toEqual(arrange.insertOnEdge(TEXT, [...at("Check"), "Next"], WAIT));
    expect(arrange.addAfter(TEXT, at("Paid?"), WAIT)).toEqual(arrange.insertOnEdge(TEXT, [...at("Paid?"), "Default"], WAIT));
    expect(arrange.addAfter(TEXT, at("Send"), WAIT)).toEqual(arrange.insertOnEdge(TEXT, [...at("Send"), "End"], WAIT));
  });

  test("behind a Choice without Default as its Default", () => {
    const text = '{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[]}}}';
    expect(arranged(arrange.addAfter(text, at("C"), WAIT)).text).toBe(
      '{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[],"Default":"Wait"},"Wait":{"Type":"Wait","Seconds":1,"End":true}}}',
    );
  });

  test("behind a state that leads nowhere yet", () => {
    const { text } = arranged(arrange.addAfter('{"StartAt":"A","States":{"A":{"Type":"Pass"}}}', at("A"), WAIT));
    expect(text).toBe('{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Wait"},"Wait":{"Type":"Wait","Seconds":1,"End":true}}}');
  });

  test("never behind a Succeed", () => {
    expect(arrange.addAfter('{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}', at("A"), WAIT)).toBeUndefined();
  });

  test("as the first of a flow", () => {
    expect(arranged(arrange.addFirst("{}", [], WAIT)).text).toContain('"StartAt": "Wait"');
    const held = '{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"States":{}}],"End":true}}}';
    const { text, selected } = arranged(arrange.addFirst(held, [...at("P"), "Branches", 0], WAIT));
    expect(selected).toEqual([...at("P"), "Branches", 0, "States", "Wait"]);
    expect(text).toContain('[{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":1,"End":true}}}]');
    expect(arrange.addFirst(TEXT, [], WAIT)).toBeUndefined();
  });

  test("as a branch", () => {
    const { text } = arranged(arrange.addBranch(TEXT, at("Pack")));
    expect(valueAt(text, [...at("Pack"), "Branches", 2])).toEqual({ States: {} });
    expect(arrange.addBranch(TEXT, at("Send"))).toBeUndefined();
  });
});

describe("a state gets another name", () => {
  test("wherever its flow names it, and nowhere else", () => {
    const { text, selected } = arranged(arrange.rename(TEXT, at("Remind"), "Remind again"));
    expect(selected).toEqual(at("Remind again"));
    expect(text).toBe(TEXT.replaceAll('"Remind"', '"Remind again"'));
  });

  test("at the start of its flow; the same word elsewhere stays", () => {
    const { text } = arranged(arrange.rename(TEXT, [...at("Pack"), "Branches", 0, "States", "Box"], "Carton"));
    expect(text).toBe(TEXT.replace('"StartAt": "Box", "States": { "Box"', '"StartAt": "Carton", "States": { "Carton"'));
  });

  test("but none that another has, that is empty or too long", () => {
    for (const name of ["Send", "Label", "", "x".repeat(81)]) expect(arrange.rename(TEXT, at("Check"), name)).toBeUndefined();
    expect(arrange.rename(TEXT, at("Check"), "Check")).toEqual({ text: TEXT, selected: at("Check") });
  });
});

describe("a state is taken away", () => {
  test("what led to it leads to its successor", () => {
    const { text, selected } = arranged(arrange.remove(TEXT, at("Remind")));
    expect(selected).toEqual(at("Check"));
    expect(ways(text)).toEqual(expect.arrayContaining(["Paid? default Check", "Pack catch Check"]));
    expect(state(text, "Remind")).toBeUndefined();
  });

  test("the start moves on", () => {
    expect(ways(arranged(arrange.remove(TEXT, at("Check"))).text)).toEqual(expect.arrayContaining(["start start Paid?", "Remind next Paid?"]));
  });

  test("of an end, what led to it ends", () => {
    const { text } = arranged(arrange.remove(TEXT, at("Send")));
    expect(text).toContain('"End": true\n    },\n    "Remind"');
  });

  test("of an end, rules, catchers and Default that led to it go", () => {
    const text = `{"StartAt":"A","States":{"A":{"Type":"Task","Catch":[{"ErrorEquals":["X"],"Next":"Z"}],"Next":"C"},
      "C":{"Type":"Choice","Choices":[{"Next":"Z"},{"Next":"A"},{"Next":"Z"}],"Default":"Z"},"Z":{"Type":"Fail"}}}`;
    const after = arranged(arrange.remove(text, at("Z"))).text;
    expect(valueAt(after, ["States"])).toEqual({ A: { Type: "Task", Next: "C" }, C: { Type: "Choice", Choices: [{ Next: "A" }] } });
  });

  test("the last one leaves an empty flow", () => {
    const { text, selected } = arranged(arrange.remove('{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}', at("A")));
    expect([text, selected]).toEqual(['{"States":{}}', undefined]);
  });
});

describe("states are connected", () => {
  const rule = { Variable: "$.x", IsPresent: true };
  test("by Next, in the place of End", () => {
    const { text } = arranged(arrange.connect(TEXT, at("Send"), "Check", "next", rule));
    expect(text).toBe(TEXT.replace('"Type": "Pass", "End": true }\n', '"Type": "Pass", "Next": "Check" }\n'));
  });
  test("by a rule, a Default, a Catch", () => {
    expect(ways(arranged(arrange.connect(TEXT, at("Paid?"), "Send", "choice", rule)).text)).toContain("Paid? choice Send");
    expect(ways(arranged(arrange.connect(TEXT, at("Paid?"), "Send", "default", rule)).text)).toContain("Paid? default Send");
    expect(state(arranged(arrange.connect(TEXT, at("Remind"), "Send", "catch", rule)).text, "Remind")).toEqual({
      Type: "Task",
      Resource: "arn:aws:states:::sns:publish",
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Send" }],
      Next: "Check",
    });
  });
  test("within a flow only", () => {
    expect(arrange.connect(TEXT, at("Check"), "Box", "next", rule)).toBeUndefined();
  });
  test("an edge is led elsewhere, or taken away", () => {
    expect(ways(arranged(arrange.redirect(TEXT, [...at("Paid?"), "Default"], "Send")).text)).toContain("Paid? default Send");
    expect(state(arranged(arrange.redirect(TEXT, [...at("Pack"), "Catch", 0, "Next"], END)).text, "Pack").Catch).toBeUndefined();
    expect(state(arranged(arrange.redirect(TEXT, [...at("Check"), "Next"], END)).text, "Check")).toEqual({ Type: "Pass", End: true });
  });
  test("the start, and an end", () => {
    expect(arranged(arrange.startAt(TEXT, [], "Send")).text).toBe(TEXT.replace('"StartAt": "Check"', '"StartAt": "Send"'));
    expect(arrange.startAt(TEXT, [], "Box")).toBeUndefined();
    expect(state(arranged(arrange.end(TEXT, at("Check"))).text, "Check")).toEqual({ Type: "Pass", End: true });
    expect(arrange.end(TEXT, at("Paid?"))).toBeUndefined();
  });
  test("each type of state has its kinds of edges", () => {
    const kinds = ["Choice", "Fail", "Map", "Wait"].map((type) => arrange.connectionsOf({ Type: type }));
    expect(kinds).toEqual([["choice", "default"], [], ["next", "catch"], ["next"]]);
  });
});

describe("containers", () => {
  test("a copy stands behind the state, and so do its inner states under new names", () => {
    const { text, selected } = arranged(arrange.duplicate(TEXT, at("Pack")));
    expect(selected).toEqual(at("Pack (2)"));
    expect(ways(text)).toEqual(expect.arrayContaining(["Pack next Pack (2)", "Pack (2) next Send", "start start Box (2)", "start start Label (2)"]));
    expect(lost(TEXT, text)).toEqual([]);
  });

  test("wrapping and taking out again gives the same definition", () => {
    for (const container of ["Parallel", "Map"] as const) {
      const wrapped = arranged(arrange.wrap(TEXT, at("Remind"), container));
      expect(ways(wrapped.text)).toEqual(expect.arrayContaining([`Paid? default ${container}`, `${container} next Check`, "start start Remind"]));
      const inside = container === "Map" ? ["ItemProcessor"] : ["Branches", 0];
      const out = arranged(arrange.extract(wrapped.text, [...(wrapped.selected ?? []), ...inside]));
      expect(valueAt(out.text, [])).toEqual(valueAt(TEXT, []));
    }
  });

  test("a wrapped state's catchers go with the container", () => {
    const { text } = arranged(arrange.wrap(TEXT, at("Pack"), "Map"));
    expect(state(text, "Map").Catch).toEqual(state(TEXT, "Pack").Catch);
    expect(valueAt(text, [...at("Map"), "ItemProcessor", "States", "Pack", "Catch"])).toBeUndefined();
  });

  test("what ends or chooses cannot be wrapped", () => {
    expect(arrange.wrap(TEXT, at("Paid?"), "Map")).toBeUndefined();
  });

  test("a branch goes behind its Parallel", () => {
    const { text, selected } = arranged(arrange.extract(TEXT, [...at("Pack"), "Branches", 0]));
    expect(selected).toEqual(at("Box"));
    expect(ways(text)).toEqual(expect.arrayContaining(["Pack next Box", "Box next Send"]));
    expect(valueAt(text, [...at("Pack"), "Branches"])).toHaveLength(1);
  });

  test("a Succeed inside ends no more than it did", () => {
    const text = '{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"S","States":{"S":{"Type":"Succeed"}}},"Next":"Z"},"Z":{"Type":"Pass","End":true}}}';
    expect(valueAt(arranged(arrange.extract(text, [...at("M"), "ItemProcessor"])).text, [])).toEqual({
      StartAt: "S",
      States: { S: { Type: "Pass", Next: "Z" }, Z: { Type: "Pass", End: true } },
    });
  });
});
