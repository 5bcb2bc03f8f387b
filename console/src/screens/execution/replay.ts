import { useCallback, useEffect, useRef, useState } from "react";

import { lastEventAt } from "@/execution/recording";

import type { ExecutionInView } from "./use-execution";

export const SPEEDS = [1, 10, 100] as const;
export type Speed = (typeof SPEEDS)[number];

const GAP_MAX_MS = 1_000;
const TELL_MS = 250;

export interface Replay {
  /** The event after which the execution is shown; `undefined` is now. */
  at: number | undefined;
  last: number;
  playing: boolean;
  speed: Speed;
  seek: (event: number) => void;
  step: (events: number) => void;
  toggle: () => void;
  setSpeed: (speed: Speed) => void;
  live: () => void;
  /** To the event that first went wrong; `null` if nothing did, as far as is known. */
  firstError: (() => void) | null;
}

/** Where in an execution one looks. It is known here at once, and to the address a little later. */
export function useReplay({ following }: ExecutionInView, given: number | undefined, tell: (at: number | undefined) => void): Replay {
  const [at, setAt] = useState(given);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>(10);
  const { recording } = following;
  const last = recording.live.last;
  const told = useRef(given);
  useEffect(() => {
    if (given !== told.current) setAt(given); // Back, Forward, or another link
    told.current = given;
  }, [given]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (at === told.current) return;
      told.current = at;
      tell(at);
    }, TELL_MS);
    return () => clearTimeout(timer);
  }, [at, tell]);

  const seek = useCallback((event: number) => setAt(Math.max(0, Math.min(recording.live.last, event))), [recording]);
  const live = useCallback(() => {
    setPlaying(false);
    setAt(undefined);
  }, []);
  useEffect(() => {
    if (!playing || at === undefined) return;
    if (at >= recording.live.last) return live();
    const gap = (recording.events[at]?.atMs ?? 0) - (recording.events[at - 1]?.atMs ?? 0);
    const due = recording.events[at - 1]?.atMs ?? 0;
    const timer = setTimeout(
      () => seek(Math.max(at + 1, gap > 0 ? at + 1 : lastEventAt(recording.events, due))), // what happened at once is shown at once
      Math.min(gap, GAP_MAX_MS * speed) / speed,
    );
    return () => clearTimeout(timer);
  }, [playing, at, speed, recording, seek, live]);

  const { wrong } = recording;
  return {
    at,
    last,
    playing,
    speed,
    seek,
    step: (events) => {
      setPlaying(false);
      seek((at ?? last) + events);
    },
    toggle: () => {
      if (!playing && (at === undefined || at >= last)) setAt(0);
      setPlaying(!playing);
    },
    setSpeed,
    live,
    firstError: wrong ? () => seek(wrong.id) : null,
  };
}
