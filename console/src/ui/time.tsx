import { ago, clock, duration, moment } from "./format";
import { useNow } from "./now";
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

/** How long something took, or has taken so far: it runs on while there is no end. */
export function Lasting({ fromMs, toMs }: LastingProps) {
  const running = fromMs !== null && fromMs !== undefined && (toMs === null || toMs === undefined);
  const now = useNow(running);
  if (fromMs === null || fromMs === undefined) return <>–</>;
  return <span className="sw-number sw-nowrap">{duration((toMs ?? Math.max(now, fromMs)) - fromMs)}</span>;
}
