import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

import type { Bucket, Metrics } from "@/api/reads";
import { clock, count, day, duration, moment } from "@/ui/format";
import { usePreferences } from "@/ui/preferences";

const OUTCOMES = [
  ["succeeded", "--sw-succeeded"],
  ["failed", "--sw-failed"],
  ["timedOut", "--sw-timed-out"],
  ["aborted", "--sw-aborted"],
] as const;

const WIDTH = 960;
const HEIGHT = 150;
const TICKS = 6;
const DAY_MS = 86_400_000;

function ended(bucket: Bucket): number {
  return OUTCOMES.reduce((sum, [member]) => sum + bucket[member], 0);
}

/** A round figure not below the highest bar. */
function ceiling(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, highest)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= highest) ?? highest;
}

/** Ended executions by time and outcome, as stacked bars; the figures of each stand in its tooltip, and their sum in words. */
export function Bars({ metrics }: { metrics: Metrics }) {
  const { t } = useTranslation();
  const zone = usePreferences((preferences) => preferences.zone);
  const { buckets } = metrics;
  const top = ceiling(Math.max(1, ...buckets.map(ended)));
  const step = WIDTH / Math.max(1, buckets.length);
  const label = (ms: number) => (metrics.toMs - metrics.fromMs > 2 * DAY_MS ? day(ms, zone) : clock(ms, zone, "minute"));
  const sums = OUTCOMES.map(([member, colour]) => ({ member, colour, sum: buckets.reduce((sum, bucket) => sum + bucket[member], 0) }));
  const words = sums.map(({ member, sum }) => `${t(`dashboard.now.${member}`)} ${count(sum)}`).join(", ");
  return (
    <figure style={{ margin: 0 }} data-testid="bars">
      <svg className="sw-chart" viewBox={`-36 -8 ${WIDTH + 40} ${HEIGHT + 34}`} role="img" aria-label={`${t("dashboard.overTime")}: ${words}`}>
        {[0, 0.5, 1].map((part) => (
          <g key={part} transform={`translate(0 ${HEIGHT * (1 - part)})`}>
            <line x2={WIDTH} className="sw-chart__grid" />
            <text x={-6} y={4} textAnchor="end">
              {top * part >= 1 || part === 0 ? count(Math.round(top * part)) : ""}
            </text>
          </g>
        ))}
        {buckets.map((bucket, index) => (
          <Bar key={bucket.startMs} bucket={bucket} x={index * step} width={Math.max(1, step - 2)} top={top} title={`${moment(bucket.startMs, zone)}\n${tooltip(bucket, t)}`} />
        ))}
        {Array.from({ length: TICKS }, (_, tick) => Math.floor((tick * buckets.length) / TICKS)).map((index) => (
          <text key={index} x={index * step} y={HEIGHT + 18}>
            {buckets[index] && label(buckets[index].startMs)}
          </text>
        ))}
      </svg>
      <figcaption className="sw-legend">
        {sums.map(({ member, colour, sum }) => (
          <span key={member}>
            <span className="sw-legend__key" style={{ background: `var(${colour})` }} />
            {t(`dashboard.now.${member}`)} <span className="sw-number">{count(sum)}</span>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function tooltip(bucket: Bucket, t: TFunction): string {
  const lines = OUTCOMES.filter(([member]) => bucket[member] > 0).map(([member]) => `${t(`dashboard.now.${member}`)}: ${count(bucket[member])}`);
  if (bucket.p50Ms !== null) lines.push(`${t("machine.states.p50")}: ${duration(bucket.p50Ms)}`);
  if (bucket.p95Ms !== null) lines.push(`${t("machine.states.p95")}: ${duration(bucket.p95Ms)}`);
  return lines.join("\n");
}

interface BarProps {
  bucket: Bucket;
  x: number;
  width: number;
  top: number;
  title: string;
}

function Bar({ bucket, x, width, top, title }: BarProps) {
  let y = HEIGHT;
  return (
    <g className="sw-chart__bar">
      <title>{title}</title>
      <rect x={x} y={0} width={width} height={HEIGHT} fill="transparent" />
      {OUTCOMES.map(([member, colour]) => {
        const height = (HEIGHT * bucket[member]) / top;
        y -= height;
        return height > 0 && <rect key={member} x={x} y={y} width={width} height={height} fill={`var(${colour})`} />;
      })}
    </g>
  );
}
