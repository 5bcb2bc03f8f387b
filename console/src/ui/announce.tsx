import { useEffect, useState } from "react";
import { create } from "zustand";

const PAUSE_MS = 5_000;

const useAnnouncement = create<{ text: string }>(() => ({ text: "" }));

let lastMs = -Infinity;
let waiting: ReturnType<typeof setTimeout> | undefined;

/** Have a screen reader say something when it is idle: at most one message in 5 s, and of several the last. */
export function announce(text: string): void {
  clearTimeout(waiting);
  const say = () => {
    lastMs = performance.now();
    useAnnouncement.setState({ text });
  };
  const pause = lastMs + PAUSE_MS - performance.now();
  if (pause <= 0) say();
  else waiting = setTimeout(say, pause);
}

/** The one polite live region of the page. */
export function LiveRegion() {
  const said = useAnnouncement((state) => state.text);
  const [text, setText] = useState("");
  useEffect(() => setText(said), [said]);
  return (
    <div className="sw-visually-hidden" role="status" aria-live="polite" data-testid="live-region">
      {text}
    </div>
  );
}
