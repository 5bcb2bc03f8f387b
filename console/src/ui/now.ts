import { useEffect, useState } from "react";

/** The time, told anew each `everyMs` while `ticking`; a view that shows only the past asks for no clock. */
export function useNow(ticking = true, everyMs = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [ticking, everyMs]);
  return now;
}
