import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { jobs, read, type ExecutionPage, type JobAction } from "@/api/reads";
import { Alert, Box, Button, ButtonDropdown, FormField, Input } from "@/ui/cloudscape";
import { Dialog } from "@/ui/dialog";
import { count } from "@/ui/format";
import { Pane, Trouble } from "@/ui/pane";

import { followJob } from "./job";
import { formatQuery, parseQuery } from "./query";

const COUNTED = 100_000;
const ACTIONS = ["stop", "redrive", "start"] as const;

/** The query of those that an action can be done to: only what runs can be stopped, only what ended badly redriven. */
export function queryFor(action: JobAction, query: string): string {
  const statuses = { stop: ["RUNNING"], redrive: ["FAILED", "TIMED_OUT", "ABORTED"], start: [] }[action];
  if (statuses.length === 0) return query;
  const tokens = parseQuery(query);
  const given = tokens.find((token) => token.key === "status" && token.operator === "=");
  const values = given ? statuses.filter((status) => given.values.includes(status)) : statuses;
  const status = { key: "status", operator: "=", values: values.length ? values : statuses };
  return formatQuery([...tokens.filter((token) => token !== given), status]);
}

interface BulkProps {
  query: string;
  machine: string | undefined;
}

/** What can be done to all executions that match, seen or not. */
export function BulkActions({ query, machine }: BulkProps) {
  const { t } = useTranslation();
  const [action, setAction] = useState<JobAction | null>(null);
  return (
    <>
      <ButtonDropdown
        data-testid="bulk"
        expandToViewport
        items={ACTIONS.map((id) => ({ id, text: t(`executions.bulk.${id}.all`) }))}
        onItemClick={({ detail }) => setAction(ACTIONS.find((id) => id === detail.id) ?? null)}
      >
        {t("executions.bulk.title")}
      </ButtonDropdown>
      {action && <Confirm action={action} query={queryFor(action, query)} machine={machine} onClose={() => setAction(null)} />}
    </>
  );
}

/** Says how many there are before anything is done to them. */
function Confirm({ action, query, machine, onClose }: BulkProps & { action: JobAction; onClose: () => void }) {
  const { t } = useTranslation();
  const [error, setError] = useState("");
  const [cause, setCause] = useState("");
  const counted = useQuery({
    queryKey: ["executions", "count", query, machine ?? ""],
    queryFn: ({ signal }) => read<ExecutionPage>("executions", { query, machine, limit: 1, countTo: COUNTED }, signal),
    staleTime: 0,
    gcTime: 0,
  });
  const start = useMutation({
    mutationFn: () => jobs.start({ action, query, machine, ...(error && { error }), ...(cause && { cause }) }),
    onSuccess: (job) => {
      followJob(job);
      onClose();
    },
  });
  const total = counted.data?.total ?? null;
  const actions = (
    <Button variant="primary" disabled={!counted.data || total === 0} loading={start.isPending} onClick={() => start.mutate()} data-testid="bulk-confirm">
      {t(`executions.bulk.${action}.all`)}
    </Button>
  );
  return (
    <Dialog title={t(`executions.bulk.${action}.all`)} actions={actions} onClose={onClose}>
      <Pane query={counted}>
        {(page) => (
          <Alert type="warning">
            <span data-testid="bulk-count">
              {page.total === null
                ? t(`executions.bulk.${action}.unknown`)
                : t(`executions.bulk.${action}.${page.totalIsMore ? "atLeast" : "count"}`, { count: page.total, shown: count(page.total) })}
            </span>
            {query && (
              <div>
                <Box variant="code">{query}</Box>
              </div>
            )}
          </Alert>
        )}
      </Pane>
      {action === "stop" && (
        <>
          <FormField label={t("executions.bulk.error")}>
            <Input value={error} onChange={({ detail }) => setError(detail.value.slice(0, 256))} />
          </FormField>
          <FormField label={t("executions.bulk.cause")}>
            <Input value={cause} onChange={({ detail }) => setCause(detail.value)} />
          </FormField>
        </>
      )}
      {start.isError && <Trouble error={start.error} />}
    </Dialog>
  );
}
