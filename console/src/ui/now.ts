import { useEffect, useEffectEvent, useState } from "react";

/** The time, told anew each `everyMs` while `ticking`; a view that shows only the past asks for no clock. */
export function useNow(ticking = true, everyMs = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return;
    setNow(Date.now());
    return onTicks(everyMs, setNow);
  }, [ticking, everyMs]);
  return now;
}

/** Calls back each second while `ticking`. */
export function useSeconds(ticking: boolean, tell: (now: number) => void): void {
  const told = useEffectEvent(tell);
  useEffect(() => (ticking ? onTicks(1_000, (now) => told(now)) : undefined), [ticking]);
}

/** Calls back at multiples of `everyMs`, so that all that counts seconds on a page moves in one frame. Answers how to stop. */
function onTicks(everyMs: number, tell: (now: number) => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const tick = () => {
    tell(Date.now());
    wait();
  };
  const wait = () => {
    const leftMs = everyMs - (Date.now() % everyMs);
    timer = setTimeout(tick, leftMs < everyMs / 2 ? leftMs + everyMs : leftMs); // a timer that rang a little early would do so twice
  };
  wait();
  return () => clearTimeout(timer);
}
