import { textIn, wordIn, type RawSearch } from "@/ui/screen";

export const MACHINE_TABS = ["executions", "definition", "versions", "monitoring", "tags"] as const;

export interface MachineSearch {
  tab: (typeof MACHINE_TABS)[number];
  query?: string | undefined;
  /** Versions to compare: numbers, or `current`. */
  from?: string | undefined;
  to?: string | undefined;
}

export function parseMachineSearch(raw: RawSearch): MachineSearch {
  return { tab: wordIn(raw, "tab", MACHINE_TABS), query: textIn(raw, "query"), from: textIn(raw, "from"), to: textIn(raw, "to") };
}
