import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { executionPath, read, type InvocationLog, type VisitLogs } from "@/api/reads";
import type { Visit } from "@/execution/visits";
import { Box, Button } from "@/ui/cloudscape";
import { Copy, CopyLine } from "@/ui/copy";
import { download } from "@/ui/download";
import { Nothing, Pane } from "@/ui/pane";
import { Moment } from "@/ui/time";

import type { StepProps } from "./step";
import "./logs-tab.css";

const EACH_MS = 1_000;
/** The last lines of a call come a little later than its answer. */
const SETTLED_MS = 2_000;

/** What the functions printed that a visit called, newest lines last; while the visit goes on they are asked for again. */
export function LogsTab({ execution, visit }: StepProps) {
  const { t } = useTranslation();
  const isGoingOn = () => visit !== undefined && (visit.exitedMs === null || Date.now() - visit.exitedMs < SETTLED_MS);
  const logs = useQuery({
    queryKey: ["execution", execution.arn, "logs", visit?.id],
    queryFn: ({ signal }) => read<VisitLogs>(`${executionPath(execution.arn)}/logs`, { visit: visit?.id }, signal),
    enabled: visit !== undefined,
    refetchInterval: () => (isGoingOn() ? EACH_MS : false),
  });
  if (!visit) return <Box color="text-body-secondary">{t("execution.notYet")}</Box>;
  return (
    <Pane query={logs}>
      {({ invocations, isLocal }) =>
        invocations.length === 0 ? (
          <Nothing title={t("execution.logs.none")}>{t(isLocal ? "execution.logs.kept" : "execution.logs.elsewhere")}</Nothing>
        ) : (
          <div className="sw-logs" data-testid="logs">
            {invocations.map((log) => (
              <CallLog key={log.requestId} log={log} attempt={attemptOf(visit, log)} />
            ))}
          </div>
        )
      }
    </Pane>
  );
}

/** Which attempt of a visit made a call: the last one that had begun; 0 if none had. */
function attemptOf(visit: Visit, { startedMs }: InvocationLog): number {
  return visit.attempts.filter((attempt) => attempt.fromMs <= startedMs).length;
}

function CallLog({ log, attempt }: { log: InvocationLog; attempt: number }) {
  const { t } = useTranslation();
  return (
    <section className="sw-logs__call" aria-label={t("execution.logs.call", { function: log.function, attempt })} data-testid="function-log">
      <div className="sw-row">
        <strong>{t("execution.logs.call", { function: log.function, attempt })}</strong>
        <Moment ms={log.startedMs} exact />
        {log.lines.length > 0 && <Tools log={log} />}
      </div>
      <CopyLine text={log.requestId} label={t("ui.copyRequestId")} />
      {log.logGroup === null ? <Lines log={log} /> : <ElsewhereAtAws log={log} group={log.logGroup} />}
    </section>
  );
}

function Tools({ log }: { log: InvocationLog }) {
  const { t } = useTranslation();
  const text = log.lines.map((line) => line.text).join("\n");
  return (
    <span className="sw-logs__tools">
      <Copy text={text} label={t("execution.logs.copy")} />
      <Button variant="icon" iconName="download" ariaLabel={t("execution.logs.download")} onClick={() => download(`${log.function}-${log.requestId}.log`, text)} />
    </span>
  );
}

function Lines({ log }: { log: InvocationLog }) {
  const { t } = useTranslation();
  return (
    <>
      {!log.isComplete && <span className="sw-muted">{t("execution.logs.cut")}</span>}
      {log.lines.length === 0 ? (
        <span className="sw-muted">{t("execution.logs.silent")}</span>
      ) : (
        <ol className="sw-logs__lines sw-mono" tabIndex={0} aria-label={t("execution.logs.lines", { function: log.function })}>
          {log.lines.map((line, index) => (
            <li key={index} data-stream={line.stream}>
              <Moment ms={line.atMs} exact />
              <span className="sw-logs__stream">{line.stream === "stderr" ? "stderr" : ""}</span>
              <span className="sw-logs__text">{line.text}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

/** A function at AWS writes to CloudWatch: where, and how to read it from there. */
function ElsewhereAtAws({ log, group }: { log: InvocationLog; group: string }) {
  const { t } = useTranslation();
  const command = `aws logs filter-log-events --log-group-name ${group} --start-time ${log.startedMs} --filter-pattern '"${log.requestId}"'`;
  return (
    <>
      <CopyLine text={group} label={t("execution.logs.copyGroup")} />
      <div className="sw-row">
        <Copy wide text={command} label={t("execution.logs.copyCommand")} />
        <span className="sw-muted">{t("execution.logs.atAws")}</span>
      </div>
    </>
  );
}
