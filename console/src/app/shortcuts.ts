import { useRouter } from "@tanstack/react-router";
import { useRef } from "react";

import { useKeys } from "@/ui/keys";

const SECOND_KEY_MS = 1_200;
const GO: Record<string, string> = { m: "/machines", e: "/executions", d: "/" };

/** The first field of the view that searches. */
function searchField(): HTMLElement | null {
  return document.querySelector<HTMLElement>("#content input[type='search'], #content [data-search] input, #content [role='combobox']");
}

/** Keys that act in every view. `g` waits for the letter of a page. */
export function useShortcuts(open: (layer: "palette" | "help") => void): void {
  const router = useRouter();
  const gAt = useRef(-Infinity);
  const go = (letter: string) => () => {
    if (performance.now() - gAt.current > SECOND_KEY_MS) return;
    gAt.current = -Infinity;
    router.history.push((router.basepath === "/" ? "" : router.basepath) + GO[letter]);
  };
  useKeys({
    "?": () => open("help"),
    "/": () => searchField()?.focus(),
    "Mod+k": () => open("palette"),
    g: () => {
      gAt.current = performance.now();
    },
    m: go("m"),
    e: go("e"),
    d: go("d"),
  });
}
