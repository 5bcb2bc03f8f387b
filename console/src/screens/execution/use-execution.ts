import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { arnParts, isExpress, machineArnOf } from "@/api/arn";
import { call } from "@/api/aws";
import { follow } from "@/api/live";
import { read, executionPath } from "@/api/reads";
import { whileInSight } from "@/api/slots";
import { Following } from "@/execution/following";
import type { Model, Path } from "@/execution/reducer";
import { modelWithin, statusesOf, takenIn, type Tally } from "@/execution/statuses";
import { VisitLog } from "@/execution/visits";
import { StatusStore } from "@/graph";

import { flowOfChildren } from "./child";

const EACH_MS = 150;
/** What only the description knows of a child that has ended: it waits for the redrive of its Map Run. */
export const PENDING = "PENDING_REDRIVE";
/** How often a child that waits for the redrive of its Map Run is asked for: no stream tells of its turn. */
const PENDING_MS = 2_000;

/** Counts up when something has changed, at most each 150 ms: texts need not be as quick as the graph. */
function useVersion(following: Following): number {
  const version = useRef(0);
  const subscribe = useCallback(
    (tell: () => void) => {
      let waiting: ReturnType<typeof setTimeout> | undefined;
      let toldMs = -EACH_MS;
      const count = () => {
        clearTimeout(waiting);
        waiting = undefined;
        toldMs = performance.now();
        version.current += 1;
        tell();
      };
      const stop = following.subscribe(() => {
        const restMs = toldMs + EACH_MS - performance.now();
        if (restMs <= 0) count(); // the first news are what is waited for
        else waiting ??= setTimeout(count, restMs);
      });
      return () => {
        clearTimeout(waiting);
        stop();
      };
    },
    [following],
  );
  return useSyncExternalStore(subscribe, () => version.current);
}

/** An execution that is followed while it is looked at, and what is known of it besides its events. */
export function useExecution(arn: string) {
  const [following] = useState(() => new Following(arn));
  const [visits] = useState(() => new VisitLog());
  const version = useVersion(following);
  useEffect(() => {
    return whileInSight(() => {
      following.start();
      return () => following.stop();
    });
  }, [following]);
  visits.follow(following.recording.events);
  const { status, redrives, last } = following.recording.live;
  const express = isExpress(arn);
  /** Of an Express child of a Map Run only its beginning and its end are kept. */
  const endsOnly = express && arnParts(arn).label !== null;
  useRedrivesElsewhere(arn, following, express);
  const described = useQuery({
    queryKey: ["execution", arn, status, redrives],
    queryFn: ({ signal }) => call("DescribeExecution", { executionArn: arn }, signal),
    enabled: last > 0 && (!express || endsOnly), // each status is described once
    placeholderData: (before) => before,
    refetchInterval: ({ state }) => (state.data?.status === PENDING ? PENDING_MS : false),
  });
  const now = described.isPlaceholderData ? undefined : described.data?.status;
  const goesOn = following.lamp === "ended" && now !== undefined && now !== PENDING && now !== status; // it may have ended anew already
  useEffect(() => {
    if (goesOn) void following.look();
  }, [goesOn, following]);
  const machine = useQuery({
    queryKey: ["execution", arn, "machine"],
    queryFn: async ({ signal }) => {
      if (!express) return call("DescribeStateMachineForExecution", { executionArn: arn }, signal);
      const found = await call("DescribeStateMachine", { stateMachineArn: machineArnOf(arn) }, signal);
      const flow = endsOnly ? flowOfChildren(found.definition, arnParts(arn).label ?? "") : undefined;
      return flow === undefined ? found : { ...found, definition: flow };
    },
    staleTime: Infinity, // an execution keeps its definition
  });
  return { arn, express, endsOnly, following, visits, version, described, machine };
}

/** While an execution has ended its stream is closed; that it was redriven is then told with the list of its state machine. */
function useRedrivesElsewhere(arn: string, following: Following, express: boolean): void {
  const hasEnded = following.lamp === "ended" && following.failure === null && following.recording.live.status !== "SUCCEEDED";
  useEffect(() => {
    if (!hasEnded || express) return;
    return follow(`executions:${machineArnOf(arn)}`, (event) => {
      if (event.name === "gap" || (event.name === "executions" && event.data.some((row) => row.arn === arn))) void following.look();
    });
  }, [arn, following, express, hasEnded]);
}

export type ExecutionInView = ReturnType<typeof useExecution>;

/** The picture that is looked at: now or after an event, of the whole or of one iteration. `null` while none is here yet. */
export function useShown({ arn, following, version }: ExecutionInView, at: number | undefined, path: Path): Model | null {
  const { recording } = following;
  const here = at === undefined ? recording.live : recording.at(at);
  const asked = useQuery({
    queryKey: ["execution", arn, "model", at],
    queryFn: ({ signal }) => read<{ model: Model }>(`${executionPath(arn)}/model`, { at }, signal),
    enabled: here === null,
    staleTime: Infinity,
  });
  const found = useMemo(() => {
    if (path.length > 0 && recording.isWhole) return modelWithin(recording.events, at ?? Infinity, path);
    return here ?? asked.data?.model ?? null;
    // `live` is one object that changes: `version` says when.
  }, [recording, here, at, path, asked.data, version]);
  const before = useRef(found);
  before.current = found ?? before.current; // while one is fetched the last one stays
  return before.current;
}

/** A status store for the graph, filled each frame with the picture that is looked at. */
export function useStatuses({ following }: ExecutionInView, shown: Model | null, isNow: boolean, definition: string | undefined, tallies: ReadonlyMap<string, Tally>): StatusStore {
  const [store] = useState(() => new StatusStore());
  const startAt = useMemo(() => startOf(definition), [definition]);
  useEffect(() => {
    const fill = (model: Model) => store.set(statusesOf(model, isNow ? following.waits : {}, tallies), takenIn(model, startAt));
    if (shown) fill(shown);
    return isNow ? following.subscribe(() => fill(following.recording.live)) : undefined;
  }, [store, following, shown, isNow, startAt, tallies]);
  return store;
}

/** The first state of a definition, if it can be read. */
export function startOf(definition: string | undefined): string | undefined {
  try {
    return (JSON.parse(definition ?? "{}") as { StartAt?: string }).StartAt;
  } catch {
    return undefined;
  }
}
