import { describe, expect, test } from "vitest";

import { DEPTH_MAX, readGraph, walk, walkEdges } from "./asl";
import { definition, NAMES, statesOf } from "./testing/definitions";
import { largeDefinition } from "./testing/large";

const nodes = (text: string) => [...walk(readGraph(text).flow)];

describe("a definition", () => {
  test.each(NAMES)("%s: every state is a node with its pointer, and there are Start and End", (name) => {
    const states = statesOf(JSON.parse(definition(name)) as Record<string, unknown>);
    const found = nodes(definition(name));
    const drawn = found.filter((node) => !node.mark);
    expect(drawn.map(({ id }) => id)).toEqual([...states.keys()]);
    expect(drawn.map(({ type }) => type)).toEqual([...states.values()].map((state) => state.Type));
    expect(found.filter((node) => node.mark).map((node) => node.mark)).toEqual(["start", "end"]);
    expect(found.every((node) => node.reached)).toBe(true);
  });

  test.each(NAMES)("%s: cut off anywhere, it is still read", (name) => {
    const text = definition(name).trim();
    for (let length = 0; length < text.length; length += 7) {
      const graph = readGraph(text.slice(0, length));
      const ids = new Set([...walk(graph.flow)].map(({ id }) => id));
      for (const edge of walkEdges(graph.flow)) expect([ids.has(edge.source), ids.has(edge.target)]).toEqual([true, true]);
      expect(graph.fault).toBeDefined();
    }
  });

  test("of a hundred states has a hundred", () => {
    for (const count of [30, 100, 500]) expect(nodes(largeDefinition(count))).toHaveLength(count + 2);
  });
});

describe("ways", () => {
  test("stand in written order, with the pointer of the field that says so", () => {
    const { flow } = readGraph(definition("poll-a-job"));
    expect(flow.edges.map(({ source, target, way, label }) => [source, target, way, label])).toEqual([
      ["start", "/States/Submit job", "next", ""],
      ["/States/Submit job", "/States/Wait a while", "next", ""],
      ["/States/Wait a while", "/States/Ask for its status", "next", ""],
      ["/States/Ask for its status", "/States/Done?", "next", ""],
      ["/States/Done?", "/States/Report", "choice", '#1 $.job.Status = "SUCCEEDED"'],
      ["/States/Done?", "/States/Give up", "choice", '#2 $.job.Status = "FAILED" or $.job.Sta…'],
      ["/States/Done?", "/States/Wait a while", "default", "Default"],
      ["/States/Report", "end", "next", ""],
      ["/States/Give up", "end", "next", ""],
    ]);
    expect(flow.edges[5]?.id).toBe("/States/Done?/Choices/1/Next");
  });

  test("to nowhere lead to a node for what is missing, once", () => {
    const { flow } = readGraph('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "Next": "B"}}}');
    expect(flow.nodes.filter((node) => node.mark === "missing").map(({ name }) => name)).toEqual(["B"]);
    expect(flow.nodes.find((node) => node.name === "C")?.reached).toBe(false);
  });

  test("of catchers carry the names of their errors", () => {
    const { flow } = readGraph(definition("saga"));
    expect(flow.edges.filter((edge) => edge.way === "catch").map(({ label }) => label)).toContain("Card.Declined, Card.Expired");
  });
});

describe("what is no definition", () => {
  test.each(["", "null", "[]", "7", '"text"', "{", '{"States": 7}', '{"States": {"A": 7}}', '{"StartAt": {}, "States": []}'])("%s is drawn all the same", (text) => {
    const { flow } = readGraph(text);
    expect(flow.nodes[0]?.mark).toBe("start");
    expect(flow.nodes.at(-1)?.mark).toBe("end");
  });

  test("without states, Start leads to End, so that a first state can be put between", () => {
    expect(readGraph("{}").flow.edges).toEqual([{ id: "/StartAt", source: "start", target: "end", way: "next", label: "" }]);
  });

  test("fields of wrong kinds are passed over", () => {
    const state = { Type: ["Map"], Next: 7, Choices: "x", Catch: [null, { ErrorEquals: 5, Next: {} }], Branches: {}, Iterator: [] };
    expect(nodes(JSON.stringify({ StartAt: "A", States: { A: state } }))).toHaveLength(3);
  });

  test("a text nested deeper than the parser's stack is told from a broken one", () => {
    expect(readGraph("[".repeat(200_000)).fault?.code).toBe("TooDeep");
  });

  test("flows inside flows are bounded", () => {
    let value: unknown = { StartAt: "M", States: { M: { Type: "Pass", End: true } } };
    for (let depth = 0; depth < DEPTH_MAX + 10; depth += 1) value = { StartAt: "M", States: { M: { Type: "Map", ItemProcessor: value } } };
    expect(nodes(JSON.stringify(value))).toHaveLength(DEPTH_MAX + 1 + 2);
  });

  test("says where it stops being JSON", () => {
    expect(readGraph('{"StartAt": "A" "States"').fault).toEqual({ code: "CommaExpected", offset: 16 });
    expect(readGraph(definition("straight")).fault).toBeUndefined();
  });
});
