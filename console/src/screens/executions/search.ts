import { textIn, type RawSearch } from "@/ui/screen";

export interface ExecutionsSearch {
  /** In the search language of `GET executions`. */
  query?: string | undefined;
  /** ARN of a machine, a version or an alias. */
  machine?: string | undefined;
}

export function parseExecutionsSearch(raw: RawSearch): ExecutionsSearch {
  return { query: textIn(raw, "query"), machine: textIn(raw, "machine") };
}
