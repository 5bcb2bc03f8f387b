import { expect, test } from "vitest";

import { flowOfChildren } from "./child";

const flow = (name: string, mode = "DISTRIBUTED") => ({ ProcessorConfig: { Mode: mode }, StartAt: name, States: { [name]: { Type: "Succeed" } } });
const map = (name: string, label?: string, mode?: string) => ({ Type: "Map", ...(label && { Label: label }), ItemProcessor: flow(name, mode), End: true });
const startOf = (states: object, label: string) => (JSON.parse(flowOfChildren(JSON.stringify({ States: states }), label) ?? "{}") as { StartAt?: string }).StartAt;

test("a Map is found by its label, in branches too", () => {
  const branch = { StartAt: "M", States: { M: map("deep", "inner") } };
  expect(startOf({ A: map("flat", "outer"), P: { Type: "Parallel", Branches: [branch] } }, "inner")).toBe("deep");
});

test("the only Map without a label has the label that the service made", () => {
  expect(startOf({ A: map("named", "known"), B: map("unnamed"), C: map("inline", undefined, "INLINE") }, "b1946ac9")).toBe("unnamed");
});

test("of two without a label nobody knows which", () => {
  expect(startOf({ A: map("one"), B: map("other") }, "b1946ac9")).toBeUndefined();
});
