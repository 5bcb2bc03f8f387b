"""ECS: run a task, on instances or Fargate; `.sync` is done when it has stopped."""

from typing import Any, Final

from stepwell.engine.failure import Failure
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.base import Call
from stepwell.integrations.catalog import Action, Ask, Job, OptimizedAction, Service, Sync, first_of, passes
from stepwell.payload import print_json

_STOPPED_TYPES: Final = {"ElasticNetworkInterface": "eni"}


def not_started(call: Call, result: dict[str, Any]) -> Failure | None:
    """AWS: where somebody waits for the task, one that could not be placed is a failure."""
    if not call.pattern or not result.get("Failures"):
        return None
    return Failure("AmazonECS.Unknown", print_json(result["Failures"]))


def stopped(task: dict[str, Any]) -> dict[str, Any]:
    """Recorded: attachments of a task that has stopped are of the type `eni`, not so those of one that was begun."""
    if "Attachments" not in task:
        return task
    attachments = [{**one, "Type": _STOPPED_TYPES.get(one.get("Type"), one.get("Type"))} for one in task["Attachments"]]
    return {**task, "Attachments": attachments}


class RunTask(OptimizedAction):
    """`ecs:runTask`: a task that has stopped has succeeded if every essential container exited with 0 (recorded)."""

    async def look_closer(self, call: Call, job: Job, found: dict[str, Any]) -> bool | None:
        """Which containers are essential, only the task definition says: it is asked where some have failed, not all.

        A role that may not ask has the strict reading: all had to succeed.
        """
        containers = found.get("Containers") or []
        failed = {container.get("Name") for container in containers if container.get("ExitCode") != 0}
        if not failed or len(failed) == len(containers):
            return bool(containers) and not failed
        ask = Ask("DescribeTaskDefinition", lambda job: {"TaskDefinition": found.get("TaskDefinitionArn")})
        answer = await self.ask(call, ask, job)
        if isinstance(answer, Refusal):
            return None if passes(answer) else False
        defined = answer["TaskDefinition"].get("ContainerDefinitions") or []
        return not failed & {container.get("Name") for container in defined if container.get("Essential", True)}


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
            judge=not_started,
            repeatable=True,
            make=RunTask,
            sync=Sync(
                poll=Ask("DescribeTasks", _task),
                find=first_of("Tasks"),
                status="LastStatus",
                done=frozenset({"STOPPED"}),
                failed=frozenset(),
                show=stopped,
                cancel=Ask("StopTask", _stop),
            ),
        ),
    ),
)
