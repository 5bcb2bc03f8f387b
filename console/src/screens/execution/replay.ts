import { useEffect, useMemo, useRef, useState } from "react";

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
  /** Whether anything went wrong, as far as is known. */
  hasError: boolean;
  act: ReplayActions;
}

/** What can be done with it; these stay the same, so that a button need not be drawn anew for each event. */
export interface ReplayActions {
  seek: (event: number) => void;
  step: (events: number) => void;
  toggle: () => void;
  setSpeed: (speed: Speed) => void;
  live: () => void;
  /** To the event that first went wrong. */
  firstError: () => void;
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

  const now = useRef({ at, playing });
  now.current = { at, playing };
  const act = useMemo((): ReplayActions => {
    const seek = (event: number) => setAt(Math.max(0, Math.min(recording.live.last, event)));
    return {
      seek,
      setSpeed,
      step: (events) => {
        setPlaying(false);
        seek((now.current.at ?? recording.live.last) + events);
      },
      toggle: () => {
        const { at, playing } = now.current;
        if (!playing && (at === undefined || at >= recording.live.last)) setAt(0);
        setPlaying(!playing);
      },
      live: () => {
        setPlaying(false);
        setAt(undefined);
      },
      firstError: () => recording.wrong && seek(recording.wrong.id),
    };
  }, [recording]);
  useEffect(() => {
    if (!playing || at === undefined) return;
    if (at >= recording.live.last) return act.live();
    const gap = (recording.events[at]?.atMs ?? 0) - (recording.events[at - 1]?.atMs ?? 0);
    const due = recording.events[at - 1]?.atMs ?? 0;
    const timer = setTimeout(
      () => act.seek(Math.max(at + 1, gap > 0 ? at + 1 : lastEventAt(recording.events, due))), // what happened at once is shown at once
      Math.min(gap, GAP_MAX_MS * speed) / speed,
    );
    return () => clearTimeout(timer);
  }, [playing, at, speed, recording, act]);
  return { at, last, playing, speed, hasError: recording.wrong !== undefined, act };
}
