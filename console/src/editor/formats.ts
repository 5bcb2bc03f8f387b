/** A definition in other forms: YAML and back, and the snippets that other tools deploy it by. */
import { formatted, isObject, parseText, valueAt, type Json } from "./text/json";

export type Snippet = "sam" | "cdk" | "terraform";

/** The text as YAML. A text with faults has no such form. The library is fetched when it is first wanted. */
export async function yamlOf(text: string): Promise<string | undefined> {
  const { stringify } = await import("yaml");
  const value = parseText(text).faults.length === 0 ? valueAt(text, []) : undefined;
  return value === undefined ? undefined : stringify(value, { lineWidth: 0 });
}

/** The JSON text of an imported file, JSON as it is or YAML translated; undefined if it is no object in either. */
export async function importedText(content: string): Promise<string | undefined> {
  const plain = content.replace(/^\uFEFF/, "");
  const { faults } = parseText(plain);
  if (faults.length === 0) return isObject(valueAt(plain, [])) ? plain : undefined;
  try {
    const { parse } = await import("yaml");
    const value = parse(plain, { maxAliasCount: 100 }) as Json;
    return isObject(value) ? formatted(JSON.stringify(value)) : undefined;
  } catch {
    return undefined;
  }
}

function indented(text: string, blanks: string): string {
  return text.trimEnd().split("\n").map((line) => (line === "" ? line : blanks + line)).join("\n");
}

/** A name as identifiers of all three tools allow it: letters and digits, the first one a letter. */
function identifier(name: string): string {
  const words = name.match(/[A-Za-z0-9]+/g) ?? [];
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^[A-Za-z]/.test(joined) ? joined : `StateMachine${joined}`;
}

/** What deploys the definition with a tool; to be pasted and completed with a role. */
export async function snippetOf(kind: Snippet, name: string, type: string, text: string): Promise<string> {
  const id = identifier(name);
  if (kind === "sam") {
    return `Resources:
  ${id}:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: ${JSON.stringify(name)}
      Type: ${type}
      Role: !GetAtt ${id}Role.Arn
      Definition:
${indented((await yamlOf(text)) ?? "", "        ")}
`;
  }
  if (kind === "terraform") {
    const escaped = text.trimEnd().replace(/[$%](?=\{)/g, "$&$&");
    return `resource "aws_sfn_state_machine" "${snakeOf(id)}" {
  name       = ${JSON.stringify(name)}
  type       = "${type}"
  role_arn   = aws_iam_role.${snakeOf(id)}.arn
  definition = <<-ASL
${indented(escaped, "    ")}
  ASL
}
`;
  }
  const escaped = text.trimEnd().replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
  return `import * as sfn from "aws-cdk-lib/aws-stepfunctions";

new sfn.StateMachine(this, ${JSON.stringify(id)}, {
  stateMachineName: ${JSON.stringify(name)},
  stateMachineType: sfn.StateMachineType.${type},
  definitionBody: sfn.DefinitionBody.fromString(\`
${escaped}
\`),
});
`;
}

function snakeOf(id: string): string {
  return id.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
}
