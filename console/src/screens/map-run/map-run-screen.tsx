import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { arnParts } from "@/api/arn";
import { call } from "@/api/aws";
import { executionPath, read } from "@/api/reads";
import type { MapRun } from "@/api/operations";
import type { Model } from "@/execution/reducer";
import { Container, Header, KeyValuePairs, SpaceBetween } from "@/ui/cloudscape";
import { CopyLine } from "@/ui/copy";
import { count, percent } from "@/ui/format";
import { Link } from "@/ui/link";
import { Page } from "@/ui/page";
import { Nothing, Pane } from "@/ui/pane";
import { address, type ScreenProps } from "@/ui/screen";
import { Status } from "@/ui/status";
import { Lasting, Moment } from "@/ui/time";

import { Iterations } from "./iterations";
import { MapRunLimits } from "./limits";
import type { MapRunSearch } from "./search";

const EACH_MS = 1_000;

export default function MapRunScreen({ arn, search, onGo }: ScreenProps<MapRunSearch>) {
  const { t } = useTranslation();
  const { machine, label, prefix } = arnParts(arn);
  const run = useQuery({
    queryKey: ["map-run", arn],
    queryFn: ({ signal }) => call("DescribeMapRun", { mapRunArn: arn }, signal),
    refetchInterval: ({ state }) => (state.data?.status === "RUNNING" ? EACH_MS : false),
  });
  const parent = run.data?.executionArn;
  return (
    <Page
      title={t("mapRun.title", { label: label ?? machine })}
      crumbs={[
        { text: t("machines.title"), to: "/machines" },
        { text: machine, to: address(["machines", `${prefix}:stateMachine:${machine}`]) },
        ...(parent ? [{ text: arnParts(parent).name ?? "", to: address(["executions", parent]) }] : []),
        { text: t("mapRun.title", { label: label ?? "" }), to: address(["map-runs", arn]) },
      ]}
      description={<CopyLine text={arn} label={t("ui.copyArn")} />}
      testid="map-run-screen"
    >
      <Pane query={run}>
        {(found) => (
          <SpaceBetween size="m">
            <Facts run={found} />
            <MapRunLimits run={found} />
            <Children run={found} search={search} onGo={onGo} />
          </SpaceBetween>
        )}
      </Pane>
    </Page>
  );
}

/** Items that ended a second, over the time that the run took. */
function throughput(run: MapRun): number {
  const { succeeded, failed, timedOut, aborted } = run.itemCounts;
  const seconds = Math.max(0.001, (run.stopDate ?? Date.now() / 1000) - run.startDate);
  return (succeeded + failed + timedOut + aborted) / seconds;
}

/** How many more failures the run stands. */
function toleranceLeft(run: MapRun): number | null {
  const { failed, timedOut, aborted, total } = run.itemCounts;
  const bad = failed + timedOut + aborted;
  const limits = [
    ...(run.toleratedFailureCount > 0 ? [run.toleratedFailureCount] : []),
    ...(run.toleratedFailurePercentage > 0 ? [Math.floor((total * run.toleratedFailurePercentage) / 100)] : []),
  ];
  return limits.length ? Math.max(0, Math.min(...limits) - bad) : null;
}

function Facts({ run }: { run: MapRun }) {
  const { t } = useTranslation();
  const left = toleranceLeft(run);
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={[
          { label: t("executions.column.status"), value: <Status status={run.status} /> },
          { label: t("executions.column.started"), value: <Moment ms={run.startDate * 1000} /> },
          { label: t("executions.column.duration"), value: <Lasting fromMs={run.startDate * 1000} toMs={run.stopDate ? run.stopDate * 1000 : null} /> },
          { label: t("mapRun.throughput"), value: t("mapRun.perSecond", { items: count(Math.round(throughput(run) * 10) / 10) }) },
          { label: t("mapRun.written"), value: count(run.itemCounts.resultsWritten) },
          { label: t("mapRun.failed"), value: run.itemCounts.total ? `${count(run.itemCounts.failed)} (${percent(run.itemCounts.failed / run.itemCounts.total)})` : "–" },
          { label: t("mapRun.toleranceLeft"), value: left === null ? t("mapRun.noTolerance") : count(left) },
          { label: t("executions.column.redrives"), value: count(run.redriveCount ?? 0) },
        ]}
      />
    </Container>
  );
}

/** The run's children are found by the Map state of its parent. */
function Children({ run, search, onGo }: { run: MapRun; search: MapRunSearch; onGo: (to: string) => void }) {
  const { t } = useTranslation();
  const parent = run.executionArn;
  const model = useQuery({
    queryKey: ["execution", parent, "map-of", run.mapRunArn],
    queryFn: ({ signal }) => read<{ model: Model }>(`${executionPath(parent)}/model`, {}, signal),
  });
  return (
    <Container header={<Header variant="h2">{t("mapRun.iterations")}</Header>}>
      <Pane query={model}>
        {({ model: { states } }) => {
          const map = Object.keys(states).find((name) => states[name]?.iterations?.mapRunArn === run.mapRunArn);
          if (!map) return <Nothing title={t("mapRun.none")} action={<Link to={address(["executions", parent])}>{arnParts(parent).name}</Link>} />;
          return (
            <Iterations arn={parent} map={map} path={[]} status={search.status} error={search.error} onSearch={() => undefined} onGo={onGo} isOwnPage height="max(320px, 50vh)" />
          );
        }}
      </Pane>
    </Container>
  );
}
