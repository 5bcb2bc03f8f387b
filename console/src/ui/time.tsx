import { useState } from "react";

import { grown, useNow, useWritten } from "@/clock/now";

import { ago, clock, duration, moment } from "./format";
import { usePreferences } from "./preferences";

interface MomentProps {
  ms: number | null | undefined;
  /** The time of the day alone, to the millisecond. */
  exact?: boolean;
}

/** A moment in the preferred zone; the tooltip has it in UTC. */
export function Moment({ ms, exact = false }: MomentProps) {
  const zone = usePreferences((preferences) => preferences.zone);
  if (ms === null || ms === undefined) return <>–</>;
  const utc = new Date(ms).toISOString();
  return (
    <time dateTime={utc} title={utc} className="sw-number sw-nowrap">
      {exact ? clock(ms, zone, "millisecond") : moment(ms, zone)}
    </time>
  );
}

/** How long ago, with the moment in the tooltip. */
export function Ago({ ms }: { ms: number | null | undefined }) {
  const now = useNow(ms !== null && ms !== undefined, 10_000);
  if (ms === null || ms === undefined) return <>–</>;
  const utc = new Date(ms).toISOString();
  return (
    <time dateTime={utc} title={utc} className="sw-number sw-nowrap">
      {ago(ms, now)}
    </time>
  );
}

interface LastingProps {
  fromMs: number | null | undefined;
  toMs: number | null | undefined;
}

/** How long something took, or has taken so far: it runs on while there is no end, the longer the less often. */
export function Lasting({ fromMs, toMs }: LastingProps) {
  if (fromMs === null || fromMs === undefined) return <>–</>;
  if (toMs === null || toMs === undefined) return <Running key={fromMs} fromMs={fromMs} />;
  return <span className="sw-number sw-nowrap">{duration(toMs - fromMs)}</span>;
}

function Running({ fromMs }: { fromMs: number }) {
  const [drawnMs] = useState(Date.now);
  const text = (now: number) => duration(grown(Math.max(now, fromMs) - fromMs));
  const shown = useWritten<HTMLSpanElement>(fromMs, text);
  return (
    <span ref={shown} className="sw-number sw-nowrap">
      {text(drawnMs)}
    </span>
  );
}
