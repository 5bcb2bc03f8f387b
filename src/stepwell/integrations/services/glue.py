"""Glue: run a job; `.sync` is done when the run has succeeded."""

from typing import Any

from stepwell.integrations.catalog import Action, Ask, Service, Sync, member_of


def with_job_name(given: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """AWS: the job's name is added to the answer."""
    return {**result, "JobName": given.get("JobName")}


SERVICE = Service(
    name="glue",
    model="glue",
    prefix="Glue",
    label="AWSGlue",
    actions=(
        Action(
            "startJobRun",
            extend=with_job_name,
            sync=Sync(
                poll=Ask(
                    "GetJobRun",
                    lambda job: {"JobName": job.submitted["JobName"], "RunId": job.submitted["JobRunId"]},
                ),
                find=member_of("JobRun"),
                status="JobRunState",
                done=frozenset({"SUCCEEDED"}),
                failed=frozenset({"STOPPED", "FAILED", "TIMEOUT", "ERROR", "EXPIRED"}),
                cancel=Ask(
                    "BatchStopJobRun",
                    lambda job: {"JobName": job.submitted["JobName"], "JobRunIds": [job.submitted["JobRunId"]]},
                ),
            ),
        ),
    ),
)
