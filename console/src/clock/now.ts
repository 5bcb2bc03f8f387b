import { useEffect, useEffectEvent, useRef, useState, type RefObject } from "react";

const SECOND_MS = 1_000;

/** How often a length of time is told anew while it grows or shrinks: below so much, each so much. */
const PACES = [
  [10 * SECOND_MS, SECOND_MS],
  [60 * SECOND_MS, 10 * SECOND_MS],
  [600 * SECOND_MS, 30 * SECOND_MS],
] as const;
const SLOWEST_MS = 60 * SECOND_MS;

/** The longer it is, the less a second says; and a page on which nothing happens should not be drawn each second for that. */
export function paceOf(lengthMs: number): number {
  return PACES.find(([belowMs]) => lengthMs < belowMs)?.[1] ?? SLOWEST_MS;
}

/** As much of a length as is told while it grows: whole steps of its pace. */
export function grown(lengthMs: number): number {
  const paceMs = paceOf(lengthMs);
  return Math.floor(lengthMs / paceMs) * paceMs;
}

/** As much of a length as is told while it shrinks. */
export function left(lengthMs: number): number {
  const paceMs = paceOf(lengthMs);
  return Math.ceil(lengthMs / paceMs) * paceMs;
}

/** The time, told anew each `everyMs` while `ticking`; a view that shows only the past asks for no clock. */
export function useNow(ticking = true, everyMs = SECOND_MS): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return;
    setNow(Date.now());
    return onTicks(() => everyMs, setNow);
  }, [ticking, everyMs]);
  return now;
}

/** For an element whose text tells how long it is to or from a moment: written past React, which would look at half the page for it. */
export function useWritten<Shown extends HTMLElement>(momentMs: number, text: (now: number) => string): RefObject<Shown | null> {
  const shown = useRef<Shown>(null);
  const write = useEffectEvent((now: number) => {
    const written = shown.current?.firstChild;
    const told = text(now);
    if (written && written.nodeValue !== told) written.nodeValue = told;
  });
  useEffect(() => onTicks((now) => paceAt(now, momentMs), write), [momentMs]);
  return shown;
}

/** The finer one of now and of the next time: what shrinks is not to jump over the beginning of a finer pace. */
function paceAt(now: number, momentMs: number): number {
  const paceMs = paceOf(Math.abs(now - momentMs));
  return Math.min(paceMs, paceOf(Math.abs(now + paceMs - momentMs)));
}

/** Calls back at multiples of a pace, so that all that counts time on a page moves in one frame. Answers how to stop. */
function onTicks(pace: (now: number) => number, tell: (now: number) => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const tick = () => {
    tell(Date.now());
    wait();
  };
  const wait = () => {
    const now = Date.now();
    const everyMs = pace(now);
    const leftMs = everyMs - (now % everyMs);
    timer = setTimeout(tick, leftMs < SECOND_MS / 2 ? leftMs + everyMs : leftMs); // a timer that rang a little early would do so twice
  };
  wait();
  return () => clearTimeout(timer);
}
