import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { executionPath, read, searchExecutions } from "@/api/reads";

import { ChoiceControl, SmallButton } from "../form/controls";
import { useStudio } from "../studio/store";

const OFFERED = 10;
const EVENTS_MAX = 1_000;

interface Event {
  id: number;
  type: string;
  state: string | null;
  details: { input?: string };
  cut: string[];
}

/** The input with which an execution last entered a state, or undefined if it never did among its first events. */
async function inputOf(execution: string, state: string): Promise<string | undefined> {
  const { events } = await read<{ events: Event[] }>(`${executionPath(execution)}/events`, { after: 0, limit: EVENTS_MAX });
  const entered = events.findLast((event) => event.state === state && event.type.endsWith("StateEntered"));
  if (!entered?.cut.includes("input")) return entered?.details.input;
  const whole = await read<{ event: Event }>(`${executionPath(execution)}/events/${entered.id}`);
  return whole.event.details.input;
}

/** Take the input of a state from an execution that there was. */
export function PastInputs({ state, onTake }: { state: string; onTake: (input: string) => void }) {
  const { t } = useTranslation();
  const arn = useStudio((studio) => studio.arn);
  const [open, setOpen] = useState(false);
  const [missing, setMissing] = useState(false);
  const executions = useQuery({
    queryKey: ["past-inputs", arn],
    queryFn: ({ signal }) => searchExecutions({ query: "", machine: arn, limit: OFFERED }, signal),
    enabled: open && arn !== undefined,
  });
  if (arn === undefined) return null;
  if (!open) {
    return (
      <SmallButton onClick={() => setOpen(true)} testid="past-inputs">
        {t("editor.test.pastInput")}
      </SmallButton>
    );
  }
  const rows = executions.data?.rows ?? [];
  const take = async (execution: string) => {
    const input = execution === "" ? undefined : await inputOf(execution, state).catch(() => undefined);
    setMissing(input === undefined && execution !== "");
    if (input !== undefined) onTake(JSON.stringify(JSON.parse(input), null, 2));
  };
  return (
    <div className="sw-field">
      <ChoiceControl
        label={t("editor.test.pastInput")}
        testid="past-execution"
        value=""
        options={[{ value: "", text: rows.length > 0 || executions.isPending ? t("editor.test.choose") : t("editor.test.noneYet") }, ...rows.map((row) => ({ value: row.arn, text: `${row.name} · ${row.status}` }))]}
        onChange={(execution) => void take(execution)}
      />
      {missing && <div className="sw-field-hint">{t("editor.test.notEntered")}</div>}
    </div>
  );
}
