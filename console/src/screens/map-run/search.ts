import { textIn, type RawSearch } from "@/ui/screen";

export interface MapRunSearch {
  status?: string | undefined;
  error?: string | undefined;
}

export function parseMapRunSearch(raw: RawSearch): MapRunSearch {
  return { status: textIn(raw, "status"), error: textIn(raw, "error") };
}
