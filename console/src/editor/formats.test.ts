import { runInNewContext } from "node:vm";

import { describe, expect, test } from "vitest";
import { parse } from "yaml";

import { importedText, snippetOf, yamlOf } from "./formats";

const DEFINITION = {
  Comment: "a `tick`, a ${hole}, a \\ and a %{ mark",
  QueryLanguage: "JSONata",
  StartAt: "Yes: no",
  States: { "Yes: no": { Type: "Pass", Output: "{% $states.input.a & '\n' %}", End: true }, "2": { Type: "Succeed" } },
};
const TEXT = JSON.stringify(DEFINITION, null, 2);

describe("other forms of a definition", () => {
  test("YAML comes back as an equal definition", async () => {
    expect(JSON.parse(await importedText((await yamlOf(TEXT)) ?? "") ?? "")).toEqual(DEFINITION);
  });

  test("an imported JSON text stays as it is", async () => {
    expect(await importedText(`\uFEFF${TEXT}`)).toBe(TEXT);
  });

  test("what is no object in either form is not imported", async () => {
    for (const content of ["[1]", "just words", "a: [", ""]) expect(await importedText(content)).toBeUndefined();
  });

  test("a broken text has no YAML", async () => {
    expect(await yamlOf("{")).toBeUndefined();
  });

  test("SAM holds the definition as YAML", async () => {
    const template = parse(await snippetOf("sam", "my orders", "STANDARD", TEXT), { logLevel: "silent" }) as { Resources: { MyOrders: { Properties: { Definition: unknown } } } };
    expect(template.Resources.MyOrders.Properties.Definition).toEqual(DEFINITION);
  });

  test("CDK holds it in a literal that says the very text", async () => {
    const literal = /fromString\((`[\s\S]*`)\)/.exec(await snippetOf("cdk", "1st", "EXPRESS", TEXT))?.[1] ?? "";
    expect(JSON.parse(runInNewContext(literal) as string)).toEqual(DEFINITION);
  });

  test("Terraform holds it without marks of its own templates", async () => {
    const snippet = await snippetOf("terraform", "my orders", "STANDARD", TEXT);
    expect(snippet).toContain('resource "aws_sfn_state_machine" "my_orders"');
    expect(snippet).toContain("$${hole}");
    expect(snippet.replaceAll("%%{", "").includes("%{")).toBe(false);
  });
});
