import { memo, useCallback, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";

import { arnParts, machineArnOf } from "@/api/arn";
import { countWhile } from "@/execution/recording";
import type { Model } from "@/execution/reducer";
import type { Visit } from "@/execution/visits";
import { announce } from "@/ui/announce";
import { Button, SegmentedControl } from "@/ui/cloudscape";
import { count } from "@/ui/format";
import { usePlace } from "@/ui/page";
import { Skeleton, Trouble } from "@/ui/pane";
import { address, type ScreenProps } from "@/ui/screen";
import { Split } from "@/ui/split";

import { Comparison } from "./comparison";
import { EventsView } from "./events-view";
import { ExecutionHeader } from "./header";
import { FailureBanner } from "./failure-banner";
import { GraphTab } from "./graph-tab";
import { useReplay, type Replay } from "./replay";
import { ReplayBar } from "./replay-bar";
import { EXECUTION_VIEWS, pathIn, type ExecutionSearch } from "./search";
import { StepPanel } from "./step-panel";
import { TableView } from "./table-view";
import { TimelineView } from "./timeline-view";
import { useComparison } from "./use-comparison";
import { useExecution, useShown, type ExecutionInView } from "./use-execution";
import "./execution.css";

type Props = ScreenProps<ExecutionSearch>;

export default function ExecutionScreen(props: Props) {
  const { t } = useTranslation();
  const { arn, search, onSearch } = props;
  const { name, machine } = arnParts(arn);
  usePlace(name ?? arn, [
    { text: t("machines.title"), to: "/machines" },
    { text: machine, to: address(["machines", machineArnOf(arn)]) },
    { text: name ?? arn, to: address(["executions", arn]) },
  ]);
  const execution = useExecution(arn);
  const tell = useCallback((at: number | undefined) => onSearch({ at }), [onSearch]);
  const replay = useReplay(execution, search.at, useLatest(tell));
  const path = useMemo(() => pathIn(search.path), [search.path]);
  const shown = useShown(execution, replay.at, path);
  useAnnouncements(execution);
  useFirstFailure(execution, search, onSearch);
  const { failure, recording } = execution.following;
  if (failure && recording.live.last === 0) {
    return (
      <>
        <h1>{name}</h1>
        <Trouble error={failure} onRetry={() => execution.following.resume()} />
      </>
    );
  }
  if (recording.live.last === 0 || !shown) {
    return (
      <>
        <h1>{name}</h1>
        <Skeleton lines={8} height={40} />
      </>
    );
  }
  return <Loaded {...props} execution={execution} replay={replay} shown={shown} path={path} />;
}

/** A function that stays the same while what it calls may change. */
function useLatest<Arguments extends unknown[], Answer>(act: (...given: Arguments) => Answer): (...given: Arguments) => Answer {
  const latest = useRef(act);
  latest.current = act;
  return useCallback((...given: Arguments) => latest.current(...given), []);
}

/** Tell a screen reader when the execution ends. */
function useAnnouncements({ following, arn }: ExecutionInView): void {
  const { t } = useTranslation();
  const { status } = following.recording.live;
  const before = useRef<string | null>(null);
  const known = following.recording.live.last > 0;
  useEffect(() => {
    if (!known) return;
    if (before.current && before.current !== status) announce(t("execution.announced", { name: arnParts(arn).name, status: t(`ui.status.${status}`) }));
    before.current = status;
  }, [known, status, arn, t]);
}

/** An execution that has failed opens at what failed. */
function useFirstFailure({ following }: ExecutionInView, search: ExecutionSearch, onSearch: Props["onSearch"]): void {
  const state = following.recording.live.failure?.state;
  const done = useRef(search.step !== undefined || search.at !== undefined);
  useEffect(() => {
    if (done.current || !state) return;
    done.current = true;
    onSearch({ step: state });
  }, [state, onSearch]);
}

interface LoadedProps extends Props {
  execution: ExecutionInView;
  replay: Replay;
  shown: Model;
  path: [string, number][];
}

function Loaded({ search, onSearch, onGo, execution, replay, shown, path }: LoadedProps) {
  const { t } = useTranslation();
  const { following, visits } = execution;
  const { recording } = following;
  const compared = useComparison(execution, search.compare);
  const rows = useMemo(() => rowsOf(visits.visits, shown.last, path), [visits, shown.last, path, execution.version]);
  const ofStep = useMemo(() => rows.filter((visit) => visit.state === search.step), [rows, search.step]);
  const visit = ofStep.find((one) => one.id === search.visit) ?? ofStep.at(-1);
  const choose = useLatest((one: Visit) => onSearch({ step: one.state, visit: one.id, event: undefined }));
  const chooseState = useLatest((state: string | null) => onSearch({ step: state ?? undefined, visit: undefined, event: undefined }));
  const startMs = recording.events[0]?.atMs ?? recording.live.startedMs;
  const common = { visits: rows, model: shown, startMs, selected: visit?.id, onSelect: choose };
  const isNow = replay.at === undefined;
  const views = {
    graph: () => <GraphTab execution={execution} shown={shown} isNow={isNow && path.length === 0} selected={search.step ?? null} onSelect={chooseState} marked={compared.differences} />,
    timeline: () => <TimelineView {...common} />,
    table: () => <TableView {...common} />,
    events: () => (
      <EventsView
        events={recording.events}
        last={shown.last}
        step={search.step ?? null}
        selected={search.event}
        following={isNow && following.lamp === "live"}
        onSelect={(event) => onSearch({ step: event.state ?? undefined, visit: event.visit || undefined, event: event.id, tab: "events" })}
      />
    ),
  };
  const shownNow = useLatest(() => shown);
  const head = useHead(execution, shownNow, onSearch, onGo);
  return (
    <div className="sw-execution" data-testid="execution-screen">
      {head}
      <div className="sw-execution__views">
        <Views view={search.view} onSearch={onSearch} />
        <Scope path={path} onSearch={onSearch} />
        {!isNow && <Band replay={replay} />}
      </div>
      {search.compare && <Comparison other={search.compare} found={compared} onChoose={chooseState} onClose={() => onSearch({ compare: undefined })} />}
      <div className="sw-execution__panes">
        <Split
          name="execution"
          label={t("execution.resize")}
          left={views[search.view]()}
          right={<StepPanel execution={execution} model={shown} search={search} visit={visit} visitsOfStep={ofStep} onSearch={onSearch} onGo={onGo} />}
        />
      </div>
      <ReplayBar execution={execution} replay={replay} />
    </div>
  );
}

/** What does not depend on the event that is looked at is drawn when the execution changes, and not while the slider moves. */
function useHead(execution: ExecutionInView, shownNow: () => Model, onSearch: Props["onSearch"], onGo: Props["onGo"]) {
  const { arn, following, version, described, machine } = execution;
  return useMemo(
    () => (
      <>
        <ExecutionHeader execution={execution} model={following.recording.live} shown={shownNow} onGo={onGo} onCompare={(other) => onSearch({ compare: other }, "push")} />
        <FailureBanner arn={arn} model={following.recording.live} onShow={(state) => onSearch({ view: "graph", step: state, visit: undefined })} />
      </>
    ),
    [arn, following, version, described.data, machine.data, shownNow, onSearch, onGo],
  );
}

const Views = memo(function Views({ view, onSearch }: { view: ExecutionSearch["view"]; onSearch: Props["onSearch"] }) {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      selectedId={view}
      label={t("execution.view.label")}
      options={EXECUTION_VIEWS.map((id) => ({ id, text: t(`execution.view.${id}`) }))}
      onChange={({ detail }) => onSearch({ view: EXECUTION_VIEWS.find((one) => one === detail.selectedId) ?? "graph" }, "push")}
    />
  );
});

function rowsOf(visits: readonly Visit[], last: number, path: readonly [string, number][]): readonly Visit[] {
  const inside = (visit: Visit) => path.every(([map, index], place) => visit.path[place]?.[0] === map && visit.path[place]?.[1] === index);
  const known = visits.slice(0, countWhile(visits, (visit) => visit.id <= last)); // they are in the order of their ids
  return path.length === 0 ? known : known.filter(inside);
}

/** Which iteration is looked into, with the way out. */
function Scope({ path, onSearch }: { path: [string, number][]; onSearch: Props["onSearch"] }) {
  const { t } = useTranslation();
  if (path.length === 0) return null;
  return (
    <span className="sw-row" data-testid="scope">
      <Button variant="inline-link" onClick={() => onSearch({ path: undefined, visit: undefined }, "push")}>
        {t("execution.scope.all")}
      </Button>
      {path.map(([map, index], place) => (
        <Button key={place} variant="inline-link" onClick={() => onSearch({ path: JSON.stringify(path.slice(0, place + 1)), visit: undefined }, "push")}>
          {t("execution.scope.one", { map, index })}
        </Button>
      ))}
    </span>
  );
}

function Band({ replay }: { replay: Replay }) {
  const { t } = useTranslation();
  return (
    <span className="sw-band" data-testid="replay-band">
      {t("execution.replay.band", { at: count(replay.at ?? 0), last: count(replay.last) })}
    </span>
  );
}
