import { textIn, type RawSearch } from "@/ui/screen";

export interface MachinesSearch {
  /** Text that a name, comment or tag contains. */
  find?: string | undefined;
}

export function parseMachinesSearch(raw: RawSearch): MachinesSearch {
  return { find: textIn(raw, "find") };
}
