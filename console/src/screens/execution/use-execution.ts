import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { isExpress, machineArnOf } from "@/api/arn";
import { call } from "@/api/aws";
import { read, executionPath } from "@/api/reads";
import { Following } from "@/execution/following";
import type { Model, Path } from "@/execution/reducer";
import { modelWithin, statusesOf, takenIn, type Tally } from "@/execution/statuses";
import { VisitLog } from "@/execution/visits";
import { StatusStore } from "@/graph";

const EACH_MS = 150;

/** Counts up after something has changed, at most each 150 ms: texts need not be as quick as the graph. */
function useVersion(following: Following): number {
  const version = useRef(0);
  const subscribe = useCallback(
    (tell: () => void) => {
      let waiting: ReturnType<typeof setTimeout> | undefined;
      const stop = following.subscribe(() => {
        waiting ??= setTimeout(() => {
          waiting = undefined;
          version.current += 1;
          tell();
        }, EACH_MS);
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
    following.start();
    return () => following.stop();
  }, [following]);
  visits.follow(following.recording.events);
  const { status, redrives } = following.recording.live;
  const express = isExpress(arn);
  const described = useQuery({
    queryKey: ["execution", arn, status, redrives],
    queryFn: ({ signal }) => call("DescribeExecution", { executionArn: arn }, signal),
    enabled: !express,
    placeholderData: (before) => before,
  });
  const machine = useQuery({
    queryKey: ["execution", arn, "machine"],
    queryFn: async ({ signal }) => {
      if (!express) return call("DescribeStateMachineForExecution", { executionArn: arn }, signal);
      return call("DescribeStateMachine", { stateMachineArn: machineArnOf(arn) }, signal);
    },
    staleTime: Infinity, // an execution keeps its definition
  });
  return { arn, express, following, visits, version, described, machine };
}

export type ExecutionInView = ReturnType<typeof useExecution>;

/** The picture that is looked at: now or after an event, of the whole or of one iteration. `null` while it is not here. */
export function useShown({ arn, following, version }: ExecutionInView, at: number | undefined, path: Path): Model | null {
  const { recording } = following;
  const here = at === undefined ? recording.live : recording.at(at);
  const asked = useQuery({
    queryKey: ["execution", arn, "model", at],
    queryFn: ({ signal }) => read<{ model: Model }>(`${executionPath(arn)}/model`, { at }, signal),
    enabled: here === null,
    staleTime: Infinity,
  });
  return useMemo(() => {
    if (path.length > 0 && recording.isWhole) return modelWithin(recording.events, at ?? Infinity, path);
    return here ?? asked.data?.model ?? null;
    // `live` is one object that changes: `version` says when.
  }, [recording, here, at, path, asked.data, version]);
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

function startOf(definition: string | undefined): string | undefined {
  try {
    return (JSON.parse(definition ?? "{}") as { StartAt?: string }).StartAt;
  } catch {
    return undefined;
  }
}
