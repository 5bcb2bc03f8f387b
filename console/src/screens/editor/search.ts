import { textIn, wordIn, type RawSearch } from "@/ui/screen";

/** What of the editor is in its address. */
export interface EditorSearch {
  view: "graph" | "split" | "text" | "yaml";
  tab: "form" | "test" | "data";
  /** JSON pointer of the selected state. */
  state: string | undefined;
  /** The example to start from. */
  example: string | undefined;
}

export function parseEditorSearch(raw: RawSearch): EditorSearch {
  return {
    view: wordIn(raw, "view", ["graph", "split", "text", "yaml"]),
    tab: wordIn(raw, "tab", ["form", "test", "data"]),
    state: textIn(raw, "state"),
    example: textIn(raw, "example"),
  };
}
