import { memo } from "react";
import { useTranslation } from "react-i18next";

import { left, paceOf, useNow } from "@/clock/now";
import type { HistoryEvent, Model } from "@/execution/reducer";
import type { Visit } from "@/execution/visits";
import { Box, Button, Header, Select, SpaceBetween, Tabs } from "@/ui/cloudscape";
import { duration } from "@/ui/format";
import { Nothing } from "@/ui/pane";
import { Lasting } from "@/ui/time";

import { Iterations } from "../map-run/iterations";
import { AttemptsTab } from "./attempts-tab";
import { DefinitionTab } from "./definition-tab";
import { EventsTab } from "./events-tab";
import { printed } from "./failure-banner";
import { FlowTab } from "./flow-tab";
import { LogsTab } from "./logs-tab";
import { Payload } from "./payload";
import { OutputTab } from "./output-tab";
import { STEP_TABS, type ExecutionSearch, type StepTab } from "./search";
import type { StepProps } from "./step";
import { StepStatus } from "./step-status";
import { statusIn } from "./table-view";
import type { ExecutionInView } from "./use-execution";
import { VariablesTab } from "./variables-tab";

interface PanelProps {
  execution: ExecutionInView;
  model: Model;
  search: ExecutionSearch;
  visit: Visit | undefined;
  visitsOfStep: readonly Visit[];
  onSearch: (change: Partial<ExecutionSearch>, push?: "push") => void;
  onGo: (to: string) => void;
}

/** All there is to know of one step: what went in and out, how, and when. */
export function StepPanel(props: PanelProps) {
  const { t } = useTranslation();
  const { execution, model, search, visit, onSearch, onGo } = props;
  const { events } = execution.following.recording;
  const state = search.step;
  if (state === undefined) return <WholePanel {...props} />;
  const entered = visit && events[visit.id - 1];
  const exited = visit?.exitId && visit.exitId <= model.last ? events[visit.exitId - 1] : undefined;
  const step: StepProps = { execution, model, state, visit, entered, exited };
  const type = visit?.type ?? model.states[state]?.type;
  const contents: Record<StepTab, () => React.ReactNode> = {
    input: () => <Payload arn={execution.arn} event={entered} member="input" label={t("execution.tab.input")} />,
    output: () => <OutputTab {...step} />,
    flow: () => <FlowTab {...step} />,
    variables: () => <VariablesTab {...step} />,
    definition: () => <DefinitionTab definition={execution.machine.data?.definition ?? ""} state={state} />,
    attempts: () => <AttemptsTab {...step} />,
    events: () => <EventsTab {...step} selected={search.event} onSelect={(event) => onSearch({ event })} />,
    logs: () => <LogsTab {...step} />,
    iterations: () => <Iterations arn={execution.arn} map={state} path={visit?.path ?? []} onSearch={onSearch} onGo={onGo} />,
  };
  const tabs = STEP_TABS.filter((tab) => (tab === "iterations" ? type === "Map" : tab !== "logs" || type === "Task"));
  const active = tabs.includes(search.tab) ? search.tab : "input";
  return (
    <div className="sw-step" data-testid="step-panel">
      <StepHeader {...props} state={state} />
      <Tabs
        activeTabId={active}
        disableContentPaddings
        ariaLabel={state}
        onChange={({ detail }) => onSearch({ tab: tabs.find((tab) => tab === detail.activeTabId) ?? "input" })}
        tabs={tabs.map((id) => ({ id, label: t(`execution.tab.${id}`), content: id === active && <div className="sw-step__tab">{contents[id]()}</div> }))}
      />
    </div>
  );
}

function StepHeader({ model, state, visit, visitsOfStep, onSearch }: PanelProps & { state: string }) {
  const { t } = useTranslation();
  const stateModel = model.states[state];
  const options = visitsOfStep.map((one, index) => ({
    value: String(one.id),
    label: t("execution.visit", { number: index + 1, of: visitsOfStep.length }),
    ...(one.path.length > 0 && { description: one.path.map(([map, at]) => `${map} #${at}`).join(" › ") }),
  }));
  const status = visit ? statusIn(visit, model) : (stateModel?.status ?? "notReached");
  const error = visit?.error ?? (visit ? null : (stateModel?.error ?? null));
  const cause = visit?.cause ?? (visit ? null : (stateModel?.cause ?? null));
  return (
    <SpaceBetween size="xxs">
      <Header
        variant="h2"
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {options.length > 1 && (
              <Select
                options={options}
                selectedOption={options.find((option) => option.value === String(visit?.id)) ?? null}
                onChange={({ detail }) => onSearch({ visit: Number(detail.selectedOption.value) })}
                ariaLabel={t("execution.visits")}
                filteringType={options.length > 20 ? "auto" : "none"}
                virtualScroll={options.length > 50}
                expandToViewport
              />
            )}
            <Button iconName="close" variant="icon" ariaLabel={t("execution.closeStep")} onClick={() => onSearch({ step: undefined, visit: undefined, event: undefined })} />
          </SpaceBetween>
        }
      >
        <span data-testid="step-name">{state}</span>
      </Header>
      <div className="sw-row">
        <StepStatus status={status} />
        {visit && <Lasting fromMs={visit.enteredMs} toMs={visit.exitedMs} />}
        <span className="sw-muted">{visit?.type ?? stateModel?.type}</span>
        <NextTry model={model} visit={visit} />
      </div>
      {error && status !== "succeeded" && (
        <div className="sw-step__error" data-testid="step-error">
          <Box variant="strong" color="inherit">
            {error}
          </Box>
          {cause && (
            <pre className="sw-failure__cause" tabIndex={0} aria-label={t("execution.failure.cause")}>
              {printed(cause)}
            </pre>
          )}
        </div>
      )}
    </SpaceBetween>
  );
}

/** While a visit waits: for what, and how long still. */
function NextTry({ model, visit }: { model: Model; visit: Visit | undefined }) {
  const { t } = useTranslation();
  const open = visit && model.visits[visit.id];
  const waiting = open !== undefined && open.outcome === null && ["retry", "timer", "token", "worker"].includes(open.phase);
  const untilMs = waiting ? open.untilMs : null;
  const now = useNow(untilMs !== null, paceOf((untilMs ?? 0) - Date.now()));
  if (!waiting) return null;
  return (
    <span data-testid="waiting" className="sw-number">
      {untilMs === null
        ? t(`execution.waits.${open.phase as "retry"}`, { attempt: open.attempt })
        : t(`execution.waitsUntil.${open.phase as "retry"}`, { attempt: open.attempt, left: duration(left(Math.max(0, untilMs - now))) })}
    </span>
  );
}

/** Input and output of the execution as a whole, or the event that was chosen. */
function WholePanel({ execution, model, search, onSearch }: PanelProps) {
  const { t } = useTranslation();
  const { events } = execution.following.recording;
  const last = events[model.last - 1];
  const ended = last?.type === "ExecutionSucceeded" ? last : undefined;
  const chosen = search.event === undefined ? undefined : events[search.event - 1];
  if (events.length === 0) return <Nothing title={t("execution.noEvents")} />;
  return <WholeTabs arn={execution.arn} started={events[0]} ended={ended} chosen={chosen} tab={search.tab} onSearch={onSearch} />;
}

interface WholeProps {
  arn: string;
  started: HistoryEvent | undefined;
  ended: HistoryEvent | undefined;
  chosen: HistoryEvent | undefined;
  tab: StepTab;
  onSearch: PanelProps["onSearch"];
}

const WholeTabs = memo(function WholeTabs({ arn, started, ended, chosen, tab, onSearch }: WholeProps) {
  const { t } = useTranslation();
  return (
    <div className="sw-step" data-testid="step-panel">
      <Header variant="h2" description={t("execution.chooseStep")}>
        {t("execution.whole")}
      </Header>
      <Tabs
        activeTabId={tab === "output" || tab === "events" ? tab : "input"}
        disableContentPaddings
        ariaLabel={t("execution.whole")}
        onChange={({ detail }) => onSearch({ tab: STEP_TABS.find((one) => one === detail.activeTabId) ?? "input" })}
        tabs={[
          { id: "input", label: t("execution.tab.input"), content: <Payload arn={arn} event={started} member="input" label={t("execution.tab.input")} /> },
          { id: "output", label: t("execution.tab.output"), content: <Payload arn={arn} event={ended} member="output" label={t("execution.tab.output")} /> },
          ...(chosen ? [{ id: "events", label: t("execution.oneEvent", { id: chosen.id }), content: <EventsTab.Details arn={arn} event={chosen} /> }] : []),
        ]}
      />
    </div>
  );
});
