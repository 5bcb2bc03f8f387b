import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Alert, Button, StatusIndicator } from "@/ui/cloudscape";

import { ChoiceControl, Labelled, SmallButton, TextControl } from "../form/controls";
import { useStudio, useStudioStore } from "../studio/store";
import { languageOf, stateOf, type StatePlace } from "../text/flows";
import type { Path } from "../text/json";
import { pointerOf } from "../text/pointer";

import { keepOutcome, stagesOf, useOutcomes, type Outcome } from "./outcome";
import { PastInputs } from "./past-inputs";
import { keepSample, sampleOf, useSamples, type StepSample } from "./samples";
import { Stages } from "./stages";
import { trialOf, tryStep, type Inspection } from "./try";

const LEVELS: readonly Inspection[] = ["INFO", "DEBUG", "TRACE"];
const MOCKABLE = new Set(["Task", "Map", "Parallel"]);

/** Try the selected state by itself: with a sample, its work done or mocked, and what becomes of the data. */
export function TestPanel({ path, runs }: { path: Path; runs: number }) {
  const { t } = useTranslation();
  const definition = useStudio((state) => state.good.definition);
  const state = stateOf(definition, path);
  const name = state?.name ?? "";
  const steps = useSamples((samples) => samples.steps);
  const sample = sampleOf(steps, name);
  const [level, setLevel] = useState<Inspection>("DEBUG");
  const { run, busy } = useRun(path, level);
  useRunOnAsk(run, runs);
  if (!state) return null;
  const change = (part: Partial<StepSample>) => keepSample(name, part);
  return (
    <div className="sw-form" data-testid="test-panel">
      <SampleText name="input" label={t("editor.test.input")} value={sample.input} onChange={(input) => change({ input })} />
      <PastInputs state={name} onTake={(input) => change({ input })} />
      <SampleText name="variables" label={t("editor.test.variables")} value={sample.variables} onChange={(variables) => change({ variables })} />
      {MOCKABLE.has(String(state.value.Type)) && <Mock sample={sample} onChange={change} />}
      <div className="sw-run-row">
        <Labelled label={t("editor.test.level")} name="level">
          {(id) => <ChoiceControl id={id} testid="test-level" value={level} options={LEVELS.map((one) => ({ value: one, text: one }))} onChange={(next) => setLevel(LEVELS.find((one) => one === next) ?? "DEBUG")} />}
        </Labelled>
        <Button variant="primary" loading={busy} onClick={run} data-testid="test-run" ariaLabel={t("editor.test.runState", { name })}>
          {t("editor.test.run")}
        </Button>
      </div>
      <Result path={path} state={state} />
    </div>
  );
}

/** A shortcut asks for a run by counting up. */
function useRunOnAsk(run: () => void, runs: number): void {
  const done = useRef(runs);
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (runs === done.current) return;
    done.current = runs;
    latest.current();
  }, [runs]);
}

function useRun(path: Path, level: Inspection) {
  const store = useStudioStore();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    const { good, roleArn, problems } = store.getState();
    const trial = trialOf(good.definition, path, problems.every(({ severity }) => severity !== "ERROR"));
    if (!trial) return;
    setBusy(true);
    const sample = sampleOf(useSamples.getState().steps, String(path[path.length - 1]));
    const outcome: Outcome = await tryStep(trial, sample, level, roleArn).then(
      (answer) => ({ answer, timeMs: Date.now() }),
      (error: unknown) => ({ refused: error instanceof Error ? error.message : String(error), timeMs: Date.now() }),
    );
    keepOutcome(pointerOf(path), outcome);
    setBusy(false);
  };
  return { run: () => void run(), busy };
}

function SampleText({ name, label, value, onChange }: { name: string; label: string; value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation();
  const fault = value.trim() !== "" && !isJson(value);
  return (
    <Labelled label={label} name={name} problem={fault ? t("editor.form.notJson") : undefined}>
      {(id, describedBy) => (
        <textarea
          id={id}
          aria-describedby={describedBy}
          className="sw-input sw-mono sw-json"
          rows={Math.min(10, Math.max(3, value.split("\n").length))}
          value={value}
          spellCheck={false}
          data-testid={`sample-${name}`}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What stands for the work of the state: nothing is executed then. */
function Mock({ sample, onChange }: { sample: StepSample; onChange: (part: Partial<StepSample>) => void }) {
  const { t } = useTranslation();
  const modes = ["none", "result", "error"] as const;
  return (
    <div className="sw-group">
      <Labelled label={t("editor.test.mock")} name="mock">
        {(id) => <ChoiceControl id={id} testid="mock-mode" value={sample.mock} options={modes.map((mode) => ({ value: mode, text: t(`editor.test.mocks.${mode}`) }))} onChange={(mode) => onChange({ mock: modes.find((one) => one === mode) ?? "none" })} />}
      </Labelled>
      {sample.mock === "result" && <SampleText name="result" label={t("editor.test.result")} value={sample.result} onChange={(result) => onChange({ result })} />}
      {sample.mock === "error" && (
        <>
          <Labelled label={t("editor.test.error")} name="error">
            {(id) => <TextControl id={id} testid="sample-error" value={sample.error} onChange={(error) => onChange({ error })} />}
          </Labelled>
          <Labelled label={t("editor.test.cause")} name="cause">
            {(id) => <TextControl id={id} testid="sample-cause" value={sample.cause} onChange={(cause) => onChange({ cause })} />}
          </Labelled>
        </>
      )}
      {sample.mock !== "none" && <SampleText name="context" label={t("editor.test.context")} value={sample.context} onChange={(context) => onChange({ context })} />}
    </div>
  );
}

const STATUS_TYPES = { SUCCEEDED: "success", FAILED: "error", RETRIABLE: "pending", CAUGHT_ERROR: "warning" } as const;

function Result({ path, state }: { path: Path; state: StatePlace }) {
  const { t } = useTranslation();
  const outcome = useOutcomes(({ outcomes }) => outcomes[pointerOf(path)]);
  const definition = useStudio((studio) => studio.good.definition);
  const store = useStudioStore();
  if (!outcome) return <p className="sw-muted">{t("editor.test.hint")}</p>;
  if (!outcome.answer) {
    return (
      <div data-testid="test-refused">
        <Alert type="error">{outcome.refused}</Alert>
      </div>
    );
  }
  const { status = "SUCCEEDED", error, cause, nextState, inspectionData } = outcome.answer;
  const wait = inspectionData?.errorDetails?.retryBackoffIntervalSeconds;
  return (
    <div className="sw-result" data-testid="test-result" aria-live="polite">
      <div className="sw-result-head">
        <span data-testid="test-status" data-status={status}>
          <StatusIndicator type={STATUS_TYPES[status]}>{t(`editor.test.status.${status}`)}</StatusIndicator>
        </span>
        {nextState !== undefined && (
          <span data-testid="test-next">
            {t("editor.test.next")}{" "}
            <SmallButton onClick={() => store.getState().select([...state.flow.path, "States", nextState])}>{nextState}</SmallButton>
          </span>
        )}
        {wait !== undefined && <span>{t("editor.test.retryIn", { seconds: wait })}</span>}
      </div>
      {error !== undefined && (
        <div className="sw-field-problem" data-testid="test-error">
          <strong>{error}</strong> {cause}
        </div>
      )}
      <Stages stages={stagesOf(outcome.answer, languageOf(definition, state.value))} />
    </div>
  );
}
