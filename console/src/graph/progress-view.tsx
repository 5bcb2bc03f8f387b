/** What moves on a node: the time that a wait has left, and how far a Map is. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { StateStatus } from "./status";

const TICK_MS = 1_000;

/** Seconds as a clock shows them: 0:07, 12:30, 1:02:03. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The time left until a moment, counted down each second while it is in the future. */
export function Countdown({ until }: { until: number | undefined }): ReactNode {
  return until === undefined ? null : <Left key={until} until={until} />;
}

/** The seconds are written past React, which would look at the whole graph for them. */
function Left({ until }: { until: number }): ReactNode {
  const shown = useRef<HTMLTimeElement>(null);
  const [drawn, setDrawn] = useState(Date.now);
  const isOver = until <= drawn;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const now = Date.now();
      if (until <= now) {
        setDrawn(now);
        return;
      }
      const written = shown.current?.firstChild;
      if (written) written.nodeValue = clockText((until - now) / 1000);
      wait();
    };
    const wait = () => {
      // With each whole second: whatever else counts seconds on the page then moves in the same frame.
      timer = setTimeout(tick, TICK_MS - (Date.now() % TICK_MS));
    };
    wait();
    return () => clearTimeout(timer);
  }, [until]);
  if (isOver) return null;
  return (
    <time ref={shown} className="sw-countdown" dateTime={new Date(until).toISOString()}>
      {clockText((until - drawn) / 1000)}
    </time>
  );
}

type Counts = NonNullable<StateStatus["iterations"]>;

/** The numbers of a Map's iterations. */
export function IterationCounts({ of: { total, succeeded, failed } }: { of: Counts }): ReactNode {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const counts = { done: number.format(succeeded + failed), total: number.format(total), failed: number.format(failed) };
  const text = t(failed > 0 ? "graph.iterationsFailed" : "graph.iterations", counts);
  return (
    <span className="sw-iterations" data-testid="graph-iterations">
      {text}
    </span>
  );
}

/** How far a Map is, as a bar. */
export function IterationBar({ of: { total, succeeded, failed } }: { of: Counts }): ReactNode {
  const share = (count: number) => `${total > 0 ? (100 * count) / total : 0}%`;
  return (
    <span className="sw-bar" aria-hidden="true">
      <span className="sw-bar-good" style={{ width: share(succeeded) }} />
      {failed > 0 && <span className="sw-bar-bad" style={{ width: share(failed) }} />}
    </span>
  );
}
