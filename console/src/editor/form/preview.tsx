import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { sampleOf, useSamples } from "../test/samples";
import { tryValue, type Tried } from "../test/try";
import type { Json, Path } from "../text/json";

import { isExpression } from "./controls";
import { useFormScope } from "./editing";

const QUIET_MS = 500;
const SHOWN_MAX = 400;

/** Whether there is anything to work out in a value. */
function isAlive(value: Json): boolean {
  if (typeof value === "string") return value.startsWith("$") || value.startsWith("States.") || isExpression(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, member]) => name.endsWith(".$") || isAlive(member as Json));
}

/** What an expression gives for the sample of this state, worked out by the server. */
export function Preview({ path, value }: { path: Path; value: Json }) {
  const { t } = useTranslation();
  const { state, language } = useFormScope();
  const sample = useSamples(({ steps }) => steps[state?.name ?? ""] ?? steps[""]);
  const isOwn = useSamples(({ steps }) => state !== undefined && state.name in steps);
  const [tried, setTried] = useState<Tried>({});
  const alive = isAlive(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    if (!alive) return;
    const controller = new AbortController();
    const steps = useSamples.getState().steps;
    const timer = setTimeout(() => void tryValue(path, value, language, sampleOf(steps, state?.name ?? ""), controller.signal).then((answer) => !controller.signal.aborted && setTried(answer)), QUIET_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
    // The value by its text: a new object that says the same is no reason to ask again.
  }, [text, language, sample, alive, state?.name]);
  if (!alive || (tried.value === undefined && tried.fault === undefined)) return null;
  if (tried.fault !== undefined && !isOwn) return null; // a sample of the whole machine says little about one state
  const shown = tried.value ?? tried.fault ?? "";
  return (
    <div className="sw-preview" data-testid="preview" data-fault={tried.fault === undefined ? undefined : ""}>
      <span className="sw-muted">{tried.fault === undefined ? t("editor.preview.gives") : t("editor.preview.fails")} </span>
      <code>{shown.length > SHOWN_MAX ? `${shown.slice(0, SHOWN_MAX)}…` : shown}</code>
    </div>
  );
}
