/** The language as the server's own tables tell it: which fields an object has, and what may stand in them. */
import type { QueryLanguage } from "./text/flows";
import type { Json } from "./text/json";
import generated from "./schema.json";

export type Kind =
  | "text" | "number" | "boolean" | "choice" | "type" | "list" | "object" | "handlers" | "json" | "timestamp" | "state" | "path" | "path-into"
  | "template" | "assign" | "value" | "condition" | "rules" | "rule" | "states" | "flow" | "resource";

export interface FieldSchema {
  "x-kind": Kind;
  "x-language"?: QueryLanguage;
  "x-expression"?: boolean;
  "x-required"?: boolean;
  "x-offers"?: string[];
  "x-definite"?: boolean;
  "x-comparison"?: boolean;
  type?: string | string[];
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  default?: Json;
  description?: string;
  items?: FieldSchema & ObjectSchema;
  properties?: Record<string, FieldSchema>;
  "x-groups"?: Group[];
  required?: string[];
  $ref?: string;
}

export interface Group {
  name: string;
  fields: string[];
  required: boolean;
}

export interface ObjectSchema {
  properties?: Record<string, FieldSchema>;
  required?: string[];
  "x-groups"?: Group[];
}

interface Words {
  errors: string[];
  intrinsics: Record<string, string[]>;
  jsonata: string[];
  states: string[];
}

const schema = generated as unknown as { $defs: Record<string, ObjectSchema>; "x-words": Words };

export const WORDS = schema["x-words"];
export const STATE_TYPES = ["Task", "Choice", "Parallel", "Map", "Pass", "Wait", "Succeed", "Fail"] as const;
export type StateType = (typeof STATE_TYPES)[number];

export interface Field {
  name: string;
  schema: FieldSchema;
  required: boolean;
  /** The other fields of a group of which one can be given. */
  instead: readonly string[];
}

export function definitionSchema(): ObjectSchema {
  return schema.$defs.Definition ?? {};
}

/** The schema of a type of state; of one that there is not, that of what all states have. */
export function stateSchema(type: unknown): ObjectSchema {
  const known = STATE_TYPES.find((name) => name === type);
  return schema.$defs[known ?? "Succeed"] ?? {};
}

export function namedSchema(name: "Branch" | "Processor" | "Test"): ObjectSchema {
  return schema.$defs[name] ?? {};
}

/** The fields that an object can have in a query language, in the tables' order. */
export function fieldsOf(object: ObjectSchema, language: QueryLanguage): Field[] {
  return Object.entries(object.properties ?? {})
    .filter(([, field]) => field["x-language"] === undefined || field["x-language"] === language)
    .map(([name, field]) => {
      const group = object["x-groups"]?.find(({ fields }) => fields.includes(name));
      const required = (object.required ?? []).includes(name) || field["x-required"] === true;
      return { name, schema: field, required, instead: (group?.fields ?? []).filter((other) => other !== name) };
    });
}

/** The schema at a path below an object, through lists and nested flows. */
export function schemaAt(root: ObjectSchema, path: readonly (string | number)[], typeAt: (depth: number) => unknown): ObjectSchema | undefined {
  let found: (FieldSchema & ObjectSchema) | ObjectSchema | undefined = root;
  for (const [depth, piece] of path.entries()) {
    if (typeof piece === "number") continue;
    const before: unknown = path[depth - 1];
    if (before === "States") found = stateSchema(typeAt(depth));
    else if (piece !== "States") found = step(found?.properties?.[piece]);
  }
  return found;
}

function step(field: FieldSchema | undefined): ObjectSchema | undefined {
  const own = field?.items ?? field;
  const name = own?.$ref?.replace("#/$defs/", "");
  return name === undefined ? own : schema.$defs[name];
}
