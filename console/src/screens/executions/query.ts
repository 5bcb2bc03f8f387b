/** One token of the search language of `GET executions`. Without a key the text is looked for everywhere. */
export interface QueryToken {
  key: string | null;
  operator: string;
  values: string[];
}

const KEYED = /^([A-Za-z]+(?:\.(?:"(?:[^"\\]|\\.)*"|[^\s=!:^<>"])+)?)(!=|!:|<=|>=|=|:|\^|<|>)/;
const QUOTED = /^"(?:[^"\\]|\\.)*"/;
const BARE = /^[^\s,"]+/;
const PLAIN = /^[^\s,"=!:^<>]+$/;
const PLAIN_VALUE = /^[^\s,"]+$/;
/** The names that stand before an operator; another word with an operator in it is a text to look for. */
const KEYS = /^(status|name|machine|version|redrives|alias|started|stopped|duration|error|cause|state|input|output|mapRun|text|(input|output|tag)\..+)$/;

/** The tokens of a query. What cannot be read as a token is a text to look for: nothing that was typed is lost. */
export function parseQuery(text: string): QueryToken[] {
  const tokens: QueryToken[] = [];
  let rest = text.trim();
  while (rest) {
    const [token, length] = readToken(rest);
    tokens.push(token);
    rest = rest.slice(length).trimStart();
  }
  return tokens;
}

function readToken(text: string): [QueryToken, number] {
  const keyed = KEYED.exec(text);
  if (keyed?.[1] && KEYS.test(keyed[1])) {
    const [values, length] = readValues(text.slice(keyed[0].length));
    return [{ key: keyed[1] === "text" ? null : keyed[1], operator: keyed[2] ?? "=", values }, keyed[0].length + length];
  }
  const word = QUOTED.exec(text)?.[0] ?? /^\S+/.exec(text)?.[0] ?? text;
  return [{ key: null, operator: ":", values: [unquoted(word)] }, word.length];
}

function readValues(text: string): [string[], number] {
  const values: string[] = [];
  let at = 0;
  for (;;) {
    const rest = text.slice(at);
    const value = QUOTED.exec(rest)?.[0] ?? BARE.exec(rest)?.[0] ?? "";
    values.push(unquoted(value));
    at += value.length;
    if (text[at] !== ",") return [values, at];
    at += 1;
  }
}

function unquoted(value: string): string {
  if (!QUOTED.test(value)) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}

/** The text of a query that says these tokens. */
export function formatQuery(tokens: readonly QueryToken[]): string {
  return tokens.map(formatToken).join(" ");
}

function formatToken({ key, operator, values }: QueryToken): string {
  if (key !== null) return `${key}${operator}${values.map((value) => (PLAIN_VALUE.test(value) ? value : JSON.stringify(value))).join(",")}`;
  const word = values[0] ?? "";
  if (operator === "!:") return `text!:${JSON.stringify(word)}`;
  return PLAIN.test(word) ? word : `text:${JSON.stringify(word)}`;
}

/** A query with its tokens of one key put in place of those it had. */
export function withTokens(query: string, key: string, tokens: readonly QueryToken[]): string {
  return formatQuery([...parseQuery(query).filter((token) => token.key !== key), ...tokens]);
}
