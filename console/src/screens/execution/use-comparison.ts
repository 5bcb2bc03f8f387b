import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { differencesOf, otherOf, outputsOf, type StateDifference } from "./compare";
import type { ExecutionInView } from "./use-execution";

export interface Compared {
  differences: readonly StateDifference[];
  query: ReturnType<typeof useQuery<Awaited<ReturnType<typeof otherOf>>>>;
}

/** Compares an execution with another one, if one is chosen. */
export function useComparison({ following, version }: ExecutionInView, arn: string | undefined): Compared {
  const query = useQuery({ queryKey: ["execution", arn, "compare"], queryFn: ({ signal }) => otherOf(arn ?? "", signal), enabled: arn !== undefined });
  const { recording } = following;
  const differences = useMemo(
    () => (arn !== undefined && query.data ? differencesOf(recording.live, outputsOf(recording.events), query.data) : []),
    [arn, query.data, recording, version],
  );
  return { differences, query };
}
