import { useEffect, useRef } from "react";

import { usePreferences } from "./preferences";

/** What a key does, by its name: `k`, `Escape`, `?`, or with a modifier `Mod+k` (Ctrl, and on a Mac Command as well). */
export type Keys = Record<string, (event: KeyboardEvent) => void>;

const TYPING = "input, textarea, select, [contenteditable='true'], [role='textbox'], [role='combobox']";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(TYPING) !== null;
}

/** The name that `Keys` has for what was pressed. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!event.ctrlKey && !event.metaKey) return key;
  return `Mod+${event.shiftKey ? "Shift+" : ""}${key}`;
}

/** Whether a key may act now: single characters do not while somebody types, in a dialog, or when they are switched off. */
export function mayAct(name: string, target: EventTarget | null, letters: boolean): boolean {
  if (name.length > 1) return name.startsWith("Mod+") || !isTyping(target);
  return letters && !isTyping(target) && !document.querySelector("[role='dialog'][aria-modal='true']");
}

/** Let keys act while this view is there. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  current.current = keys;
  const letters = usePreferences((preferences) => preferences.letters);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      const name = keyName(event);
      const act = current.current[name];
      if (!act || !mayAct(name, event.target, letters)) return;
      event.preventDefault();
      act(event);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [letters]);
}
