/** What moves on a node: the time that a wait has left, and how far a Map is. */
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { left, useWritten } from "../clock/now";
import type { StateStatus } from "./status";

/** Seconds as a clock shows them: 0:07, 12:30, 1:02:03. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The time left until a moment, counted down while it is in the future. */
export function Countdown({ until }: { until: number | undefined }): ReactNode {
  return until === undefined ? null : <Left key={until} until={until} />;
}

function Left({ until }: { until: number }): ReactNode {
  const [isOver, setIsOver] = useState(() => until <= Date.now());
  return isOver ? null : <Counting until={until} onOver={() => setIsOver(true)} />;
}

function Counting({ until, onOver }: { until: number; onOver: () => void }): ReactNode {
  const [drawn] = useState(Date.now);
  const text = (now: number) => clockText(left(until - now) / 1000);
  const shown = useWritten<HTMLTimeElement>(until, (now) => {
    if (until <= now) onOver();
    return text(now);
  });
  return (
    <time ref={shown} className="sw-countdown" dateTime={new Date(until).toISOString()}>
      {text(drawn)}
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
