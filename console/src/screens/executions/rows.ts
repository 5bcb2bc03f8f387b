import { useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import { follow } from "@/api/live";
import { searchExecutions, type ExecutionPage, type ExecutionRow } from "@/api/reads";

const PAGE = 100;
const AGAIN_MS = 1_000;

type Pages = InfiniteData<ExecutionPage, string | null>;

/** Pages with what is newly known of their rows, and whether some rows stand in none of them. */
function withNews(pages: Pages, news: readonly ExecutionRow[]): [Pages, boolean] {
  const latest = new Map(news.map((row) => [row.arn, row]));
  const patch = (row: ExecutionRow) => {
    const found = latest.get(row.arn);
    latest.delete(row.arn);
    return found ?? row;
  };
  const patched = pages.pages.map((page) => ({ ...page, rows: page.rows.map(patch) }));
  return [{ ...pages, pages: patched }, latest.size > 0];
}

/** Executions that match, page by page, kept true by what the server tells. */
export function useExecutions(query: string, machine: string | undefined) {
  const client = useQueryClient();
  const key = useMemo(() => ["executions", query, machine ?? ""], [query, machine]);
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => searchExecutions({ query, machine, cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.cursor,
    placeholderData: (before) => before,
  });
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        void client.invalidateQueries({ queryKey: key });
      }, AGAIN_MS);
    };
    const stop = follow(machine ? `executions:${machine}` : "executions", (event) => {
      if (event.name === "gap") again();
      if (event.name !== "executions") return;
      client.setQueryData<Pages>(key, (pages) => {
        if (!pages) return pages;
        const [patched, more] = withNews(pages, event.data);
        if (more || query) again(); // a row that is new, or one that may match no longer
        return patched;
      });
    });
    return () => {
      clearTimeout(waiting);
      stop();
    };
  }, [client, key, machine, query]);
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.rows) ?? [], [found.data]);
  return { found, rows };
}
