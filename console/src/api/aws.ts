import { ask, failureOf } from "./failure";
import type { Operations } from "./operations";

const TARGET = "AWSStepFunctions.";

/** Call an operation of the API as any other client would. Throws `ApiFailure` or `NoAnswer`. */
export async function call<Name extends keyof Operations>(
  name: Name,
  input: Operations[Name]["input"],
  signal?: AbortSignal,
): Promise<Operations[Name]["output"]> {
  const answer = await ask("/", {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": TARGET + name },
    body: JSON.stringify(input),
    ...(signal && { signal }),
  });
  if (!answer.ok) throw await failureOf(answer);
  return (await answer.json()) as Operations[Name]["output"];
}

interface Paged {
  nextToken?: string;
}

/** All pages of a list, in order. For lists that the service bounds (versions, aliases: 1,000). */
export async function everyPage<Page extends Paged, Item>(
  ask: (nextToken: string | undefined) => Promise<Page>,
  items: (page: Page) => Item[],
): Promise<Item[]> {
  const found: Item[] = [];
  let token: string | undefined;
  do {
    const page = await ask(token);
    found.push(...items(page));
    token = page.nextToken;
  } while (token);
  return found;
}
