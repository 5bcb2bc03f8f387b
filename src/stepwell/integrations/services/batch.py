"""Batch: submit a job; `.sync` is done when it has succeeded."""

from typing import Any, Final

from stepwell.integrations.base import Call
from stepwell.integrations.catalog import Action, Ask, Service, Sync, first_of

_MARK: Final = {"Name": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}


def marked(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """AWS: jobs of `.sync` tasks find who started them in their environment."""
    if call.pattern != "sync":
        return given
    overrides = given.get("ContainerOverrides") or {}
    environment = [*(overrides.get("Environment") or ()), _MARK]
    return {**given, "ContainerOverrides": {**overrides, "Environment": environment}}


SERVICE = Service(
    name="batch",
    model="batch",
    prefix="Batch",
    label="AWSBatch",
    actions=(
        Action(
            "submitJob",
            prepare=marked,
            sync=Sync(
                poll=Ask("DescribeJobs", lambda job: {"Jobs": [job.submitted["JobId"]]}),
                find=first_of("Jobs"),
                status="Status",
                done=frozenset({"SUCCEEDED"}),
                failed=frozenset({"FAILED"}),
                cancel=Ask(
                    "TerminateJob",
                    lambda job: {"JobId": job.submitted["JobId"], "Reason": "Stopped by the state machine"},
                ),
            ),
        ),
    ),
)
