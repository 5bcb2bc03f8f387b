"""ECS: run a task, on instances or Fargate; `.sync` is done when it has stopped."""

from typing import Any, Final

from stepwell.engine.failure import Failure
from stepwell.integrations.base import Call
from stepwell.integrations.catalog import Action, Ask, Job, Service, Sync, first_of
from stepwell.payload import print_json

STARTED_BY: Final = "AWS Step Functions"


def started_by(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Recorded: `.sync` tasks say who started them."""
    return {**given, "StartedBy": STARTED_BY} if call.pattern == "sync" else given


def not_started(call: Call, result: dict[str, Any]) -> Failure | None:
    """AWS: where somebody waits for the task, one that could not be placed is a failure."""
    if not call.pattern or not result.get("Failures"):
        return None
    return Failure("AmazonECS.Unknown", print_json(result["Failures"]))


def essentials_succeeded(task: dict[str, Any]) -> bool:
    """Recorded: success is an exit code of 0 of every essential container. Which these are, the description of a task
    does not say, so all of them have to; a task that never had one has not succeeded.
    """
    containers = task.get("Containers") or []
    return bool(containers) and all(container.get("ExitCode") == 0 for container in containers)


def _task(job: Job) -> dict[str, Any]:
    return {"Cluster": job.parameters.get("Cluster"), "Tasks": [job.submitted["Tasks"][0]["TaskArn"]]}


def _stop(job: Job) -> dict[str, Any]:
    asked = _task(job)
    return {"Cluster": asked["Cluster"], "Task": asked["Tasks"][0], "Reason": "Stopped by the state machine"}


SERVICE = Service(
    name="ecs",
    model="ecs",
    prefix="ECS",
    label="AmazonECS",
    actions=(
        Action(
            "runTask",
            prepare=started_by,
            judge=not_started,
            repeatable=True,
            sync=Sync(
                poll=Ask("DescribeTasks", _task),
                find=first_of("Tasks"),
                status="LastStatus",
                done=frozenset({"STOPPED"}),
                failed=frozenset(),
                succeeded=essentials_succeeded,
                cancel=Ask("StopTask", _stop),
            ),
        ),
    ),
)
