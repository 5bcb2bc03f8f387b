import { useTranslation } from "react-i18next";

import type { IterationPage } from "@/api/reads";
import { count } from "@/ui/format";

import "./bar.css";

const PARTS = [
  ["succeeded", "--sw-succeeded"],
  ["failed", "--sw-failed"],
  ["timedOut", "--sw-timed-out"],
  ["aborted", "--sw-aborted"],
  ["running", "--sw-running"],
] as const;

/** How far a Map is: one bar, and the same in words. */
export function Bar({ counts }: { counts: IterationPage["counts"] }) {
  const { t } = useTranslation();
  const done = counts.succeeded + counts.failed + counts.timedOut + counts.aborted;
  const bad = counts.failed + counts.timedOut;
  const words = bad
    ? t("mapRun.progressFailed", { done: count(done), total: count(counts.total), failed: count(bad) })
    : t("mapRun.progress", { done: count(done), total: count(counts.total) });
  return (
    <div data-testid="iterations-bar">
      <div className="sw-tally" role="img" aria-label={words}>
        {PARTS.map(([member, colour]) => counts[member] > 0 && <span key={member} style={{ flexGrow: counts[member], background: `var(${colour})` }} />)}
        <span style={{ flexGrow: Math.max(0, counts.total - done - counts.running) }} />
      </div>
      <span className="sw-number">{words}</span>
    </div>
  );
}
