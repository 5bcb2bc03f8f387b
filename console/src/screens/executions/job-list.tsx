import { useTranslation } from "react-i18next";

import type { Job } from "@/api/reads";
import { Alert, Button, ExpandableSection, ProgressBar, SpaceBetween } from "@/ui/cloudscape";
import { count } from "@/ui/format";
import { Link } from "@/ui/link";
import { address } from "@/ui/screen";

import { cancelJob, dismissJob, useJobs } from "./job";

/** The jobs that were begun here: how far each is, and what it could not do. */
export function JobList() {
  const shown = useJobs((state) => state.jobs);
  return (
    <SpaceBetween size="xs">
      {Object.values(shown).map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
    </SpaceBetween>
  );
}

function JobLine({ job }: { job: Job }) {
  const { t } = useTranslation();
  const running = job.state === "running";
  const type = running ? "info" : job.failed || job.state === "cancelled" ? "warning" : "success";
  const action = running ? (
    <Button onClick={() => void cancelJob(job.id)}>{t("executions.job.cancel")}</Button>
  ) : (
    <Button onClick={() => dismissJob(job.id)}>{t("ui.dismiss")}</Button>
  );
  return (
    <div data-testid="job" data-state={job.state}>
      <Alert type={type} header={t(`executions.job.${job.action}`)} action={action}>
        <ProgressBar
          value={job.found ? (100 * job.done) / job.found : running ? 0 : 100}
          ariaLabel={t(`executions.job.${job.action}`)}
          additionalInfo={t("executions.job.progress", { done: count(job.done), found: count(job.found), failed: count(job.failed) })}
        />
        {job.errors.length > 0 && (
          <ExpandableSection headerText={t("executions.job.errors", { count: job.errors.length })}>
            {job.errors.map(({ arn, code, message }) => (
              <div key={arn}>
                <Link to={address(["executions", arn])}>{arn.split(":").at(-1)}</Link> {code}: {message}
              </div>
            ))}
          </ExpandableSection>
        )}
      </Alert>
    </div>
  );
}
