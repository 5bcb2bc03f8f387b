import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Alert, Box, Button, SpaceBetween } from "./cloudscape";
import { Copy } from "./copy";
import { clock } from "./format";
import { usePreferences } from "./preferences";

/** What went wrong, as far as the console needs to know: see `api/failure`. */
interface Told {
  code?: string;
  message: string;
  requestId?: string | null;
  refused?: boolean;
  name?: string;
}

/** Lines in the shape of what will come, seen only if it takes longer than 150 ms. */
export function Skeleton({ lines = 5, height = 16 }: { lines?: number; height?: number }) {
  const { t } = useTranslation();
  return (
    <div className="sw-skeleton" role="img" aria-label={t("ui.loading")} data-testid="skeleton">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} style={{ height, width: `${95 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const told = (error instanceof Error ? error : { message: String(error) }) as Told;
  const header = told.name === "NoAnswer" ? t("ui.noAnswer") : told.refused ? t("ui.refused") : (told.code ?? t("ui.failed"));
  return (
    <div data-testid="trouble">
      <Alert type="error" header={header} action={onRetry && <Button onClick={onRetry}>{t("ui.retry")}</Button>}>
        <div>{told.message}</div>
        {told.requestId && (
          <Box variant="small">
            {t("ui.requestId")} <span className="sw-mono">{told.requestId}</span>
            <Copy text={told.requestId} label={t("ui.copyRequestId")} />
          </Box>
        )}
      </Alert>
    </div>
  );
}

/** Nothing is there yet: what this is, and the one thing to do. */
export function Nothing({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }} color="inherit" data-testid="empty">
      <SpaceBetween size="xs">
        <Box variant="strong" color="inherit">
          {title}
        </Box>
        {children && <Box color="text-body-secondary">{children}</Box>}
        {action}
      </SpaceBetween>
    </Box>
  );
}

interface PaneProps<Data> {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
  skeleton?: ReactNode;
}

/** A part of a page that loads, fails and is tried again alone. What was known stays in sight, with its time. */
export function Pane<Data>({ query, children, skeleton }: PaneProps<Data>) {
  const { t } = useTranslation();
  const zone = usePreferences((preferences) => preferences.zone);
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    return query.isError ? <Trouble error={query.error} onRetry={retry} /> : (skeleton ?? <Skeleton />);
  }
  return (
    <>
      {query.isError && (
        <Alert type="warning" action={<Button onClick={retry}>{t("ui.retry")}</Button>}>
          {t("ui.stale", { time: clock(query.dataUpdatedAt, zone) })}
        </Alert>
      )}
      {children(query.data)}
    </>
  );
}
