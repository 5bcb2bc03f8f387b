/** One line of a JSON text that is printed for reading. */
export interface JsonLine {
  depth: number;
  /** Name of the member or index of the element that begins here. */
  key: string | number | null;
  /** Reference path of the value: `$.order.items[0]`. */
  path: string;
  /** What stands on the line after the key. */
  text: string;
  kind: "string" | "number" | "boolean" | "null" | "open" | "close";
  value: unknown;
}

const NAME = /^[A-Za-z_][\w]*$/;

function below(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return NAME.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

interface Frame {
  path: string;
  depth: number;
  entries: [string | number, unknown][];
  next: number;
  closing: JsonLine;
}

/** A value as lines, without recursion: a document of any depth is shown. */
export function jsonLines(value: unknown): JsonLine[] {
  const lines: JsonLine[] = [];
  const open: Frame[] = [];
  put(value, null, "$", 0, "");
  for (let frame = open.at(-1); frame; frame = open.at(-1)) {
    const entry = frame.entries[frame.next];
    if (!entry) {
      lines.push(frame.closing);
      open.pop();
      continue;
    }
    frame.next += 1;
    const comma = frame.next < frame.entries.length ? "," : "";
    put(entry[1], entry[0], below(frame.path, entry[0]), frame.depth + 1, comma);
  }
  return lines;

  function put(here: unknown, key: string | number | null, path: string, depth: number, comma: string): void {
    const common = { depth, key: typeof key === "number" ? null : key, path, value: here };
    const entries = entriesOf(here);
    if (!entries) {
      lines.push({ ...common, text: JSON.stringify(here) + comma, kind: kindOf(here) });
      return;
    }
    const [opening, closing] = Array.isArray(here) ? "[]" : "{}";
    if (entries.length === 0) {
      lines.push({ ...common, text: `${opening}${closing}${comma}`, kind: "open" });
      return;
    }
    lines.push({ ...common, text: String(opening), kind: "open" });
    open.push({ path, depth, entries, next: 0, closing: { ...common, key: null, text: `${closing}${comma}`, kind: "close" } });
  }
}

function entriesOf(value: unknown): [string | number, unknown][] | undefined {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  return typeof value === "object" && value !== null ? Object.entries(value) : undefined;
}

function kindOf(value: unknown): JsonLine["kind"] {
  if (value === null) return "null";
  return typeof value === "string" ? "string" : typeof value === "number" ? "number" : "boolean";
}

/** A text as JSON lines, or as it stands when it is not JSON. */
export function textLines(text: string): JsonLine[] {
  try {
    return jsonLines(JSON.parse(text));
  } catch {
    return text.split("\n").map((line) => ({ depth: 0, key: null, path: "", text: line, kind: "string", value: line }));
  }
}
