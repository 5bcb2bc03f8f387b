import { useTranslation } from "react-i18next";

import type { Counts } from "@/api/reads";
import { count } from "@/ui/format";
import { Box } from "@/ui/cloudscape";
import { Link } from "@/ui/link";
import { address } from "@/ui/screen";

import "./dashboard.css";

const SHOWN = [
  ["running", "status=RUNNING"],
  ["succeeded", "status=SUCCEEDED"],
  ["failed", "status=FAILED"],
  ["timedOut", "status=TIMED_OUT"],
  ["aborted", "status=ABORTED"],
] as const;

/** What runs and is in no list of its own. */
const ASIDE = [
  ["expressRunning", "express"],
  ["childrenRunning", "children"],
] as const;

/** How many run now, and how many ended how since the server began. Each figure leads to them. */
export function Now({ counts }: { counts: Counts }) {
  const { t } = useTranslation();
  return (
    <div>
      <ul className="sw-figures" aria-label={t("dashboard.now.label")}>
        {SHOWN.map(([member, query]) => (
          <li key={member} data-testid={`now-${member}`} data-status={member}>
            <Link to={address(["executions"], { query })} variant="secondary">
              <span className="sw-figures__number sw-number">{count(counts[member])}</span>
              <span>{t(`dashboard.now.${member}`)}</span>
            </Link>
          </li>
        ))}
        {ASIDE.filter(([member]) => counts[member] > 0).map(([member, word]) => (
          <li key={member} data-testid={`now-${word}`} data-status="running">
            <span className="sw-figures__number sw-number">{count(counts[member])}</span>
            <span>{t(`dashboard.now.${word}`)}</span>
          </li>
        ))}
      </ul>
      <Box variant="small">{t("dashboard.now.since")}</Box>
    </div>
  );
}
