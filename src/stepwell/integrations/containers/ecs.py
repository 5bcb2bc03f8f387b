"""`ecs:runTask` on this machine, in all its patterns: the same results, descriptions and failures as from ECS.

Placement, networks and roles of the parameters mean nothing here and are not looked at. A task's id follows from its
attempt, so that a runner which recognises its runs never starts one twice.
"""

import asyncio
import hashlib
import time
from collections.abc import Mapping
from typing import Any, Final

from stepwell.engine.failure import TASK_FAILED, Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.base import Call, Outcome
from stepwell.integrations.containers.definitions import Container, bare_name
from stepwell.integrations.containers.overrides import WrongShape, listed, members, overridden, text
from stepwell.integrations.containers.runner import Exit, Run, Runner, all_ended
from stepwell.payload import Payload, print_json

COUNT_MAX: Final = 10
"""Tasks of one call (AWS)."""
Exits = dict[str, Exit | None]


class LocalEcs:
    """The integration of `ecs:runTask`."""

    def __init__(self, runner: Runner, tasks: Mapping[str, tuple[Container, ...]]) -> None:
        """`tasks`: the containers of each task definition."""
        self._runner = runner
        self._tasks = tasks
        self._ends: dict[str, asyncio.Task[Exits]] = {}

    def is_repeatable(self, action: str) -> bool:
        """Whether a repetition finds the task that the first call started."""
        return self._runner.recognises

    async def perform(self, call: Call) -> Outcome:
        """Start the containers of the task, or of `Count` tasks."""
        try:
            given = members(call.parameters.value, "Parameters")
            name = bare_name(text(given.get("TaskDefinition"), "TaskDefinition"))
            count = _count(given.get("Count"))
            if name not in self._tasks:
                return _refusal("ClientException", "TaskDefinition not found.")
            containers = _overridden(self._tasks[name], members(given.get("Overrides"), "Overrides"))
        except WrongShape as error:
            return sdk_metadata.parameters_failure(call.parameters.text, [str(error)])
        if isinstance(containers, Failure):
            return containers
        started = [await self._start(call, given, name, containers, number) for number in range(count)]
        return Payload.of(_answer(started))

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        """Wait for the task's end. A runner that does not know it any more lost it with the server that ran it."""
        [task] = submitted.value["Tasks"]
        task_id = _id_of(task)
        ends = self._ends.get(task_id) or self._oversee(task)
        described = _stopped(task, await asyncio.shield(ends))
        self._ends.pop(task_id, None)
        essential = [one for one in described["Containers"] if self._counts(task, one)]
        if essential and all(one.get("ExitCode") == 0 for one in essential):
            return Payload.of(described)
        return Failure(TASK_FAILED, print_json(described))

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """Stop the containers of a `.sync` task; other tasks go on, as on AWS."""
        if submitted is None or not call.pattern.startswith("sync"):
            return
        runs = [run_id for task in submitted.value["Tasks"] for run_id in _run_ids(task)]
        await asyncio.gather(*(self._runner.stop(run_id) for run_id in runs))

    async def _start(
        self, call: Call, given: Mapping[str, Any], name: str, containers: tuple[Container, ...], number: int
    ) -> dict[str, Any]:
        task_id = hashlib.sha256(f"{call.execution_arn}\n{call.attempt_id}\n{number}".encode()).hexdigest()[:32]
        task = _described(call, given, name, task_id, containers)
        for run_id, container in zip(_run_ids(task), containers, strict=True):
            await self._runner.start(Run(run_id, container))
        self._oversee(task, forget=not call.pattern.startswith("sync"))
        return task

    def _oversee(self, task: dict[str, Any], *, forget: bool = False) -> asyncio.Task[Exits]:
        """See to it that the end of an essential container ends the others; `forget` it where nobody will ask."""
        task_id = _id_of(task)
        counts = [self._counts(task, one) for one in task["Containers"]]
        essential = dict(zip(_run_ids(task), counts, strict=True))
        ends = self._ends[task_id] = asyncio.create_task(all_ended(self._runner, essential))
        if forget:
            ends.add_done_callback(lambda _: self._ends.pop(task_id, None))
        return ends

    def _counts(self, task: Mapping[str, Any], container: Mapping[str, Any]) -> bool:
        """Whether a container is essential. Of a definition that is gone all are."""
        known = self._tasks.get(bare_name(task["TaskDefinitionArn"]), ())
        return next((one.essential for one in known if one.name == container["Name"]), True)


def _count(value: Any) -> int:
    if value is None:
        return 1
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongShape(sdk_metadata.wrong_type("Count", "INTEGER"))
    if not 1 <= value <= COUNT_MAX:
        raise WrongShape(f"The value for the field 'Count' must be between 1 and {COUNT_MAX}")
    return value


def _overridden(containers: tuple[Container, ...], overrides: Mapping[str, Any]) -> tuple[Container, ...] | Failure:
    changed = {container.name: container for container in containers}
    for override in listed(overrides.get("ContainerOverrides"), "ContainerOverrides"):
        name = text(members(override, "ContainerOverrides").get("Name"), "Name")
        if name not in changed:
            said = f"Override for container named {name} is not a container in the TaskDefinition."
            return _refusal("InvalidParameterException", said)
        changed[name] = overridden(changed[name], override)
    return tuple(changed.values())


def _refusal(code: str, message: str) -> Failure:
    request_id = sdk_metadata.new_request_id()
    return sdk_metadata.v1_failure("ECS", "AmazonECS", code, message, status=400, request_id=request_id, modelled=True)


def _run_ids(task: Mapping[str, Any]) -> list[str]:
    return [f"{_id_of(task)}-{number}" for number in range(len(task["Containers"]))]


def _id_of(task: Mapping[str, Any]) -> str:
    return str(task["TaskArn"]).rpartition("/")[2]


# --- what is shown ----------------------------------------------------------------------------------------------------


def _answer(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    request_id = sdk_metadata.new_request_id()
    headers = {
        "x-amzn-RequestId": request_id,
        "Date": sdk_metadata.http_date(),
        "Content-Type": "application/x-amz-json-1.1",
    }
    return {
        "Failures": [],
        "SdkHttpMetadata": sdk_metadata.answered_metadata(headers, 200),
        "SdkResponseMetadata": sdk_metadata.response_metadata(request_id),
        "Tasks": tasks,
    }


def _described(
    call: Call, given: Mapping[str, Any], name: str, task_id: str, containers: tuple[Container, ...]
) -> dict[str, Any]:
    """The description of a task that has just been started."""
    cluster = str(given.get("Cluster") or "default").rpartition("/")[2]
    place = f"arn:aws:ecs:{call.region}:{call.account}"
    arn = f"{place}:task/{cluster}/{task_id}"
    shown = {
        "ClusterArn": f"{place}:cluster/{cluster}",
        "Containers": [_container(place, cluster, arn, container) for container in containers],
        "CreatedAt": time.time_ns() // 1_000_000,
        "DesiredStatus": "RUNNING",
        "Group": given.get("Group") or f"family:{name}",
        "LastStatus": "PROVISIONING",
        "LaunchType": given.get("LaunchType"),
        "Overrides": given.get("Overrides") or {"ContainerOverrides": []},
        "StartedBy": given.get("StartedBy"),
        "Tags": given.get("Tags") or [],
        "TaskArn": arn,
        "TaskDefinitionArn": f"{place}:task-definition/{name}:1",
        "Version": 1,
    }
    return {key: value for key, value in shown.items() if value is not None}


def _container(place: str, cluster: str, task: str, container: Container) -> dict[str, Any]:
    task_id = task.rpartition("/")[2]
    inner = hashlib.sha256(f"{task_id}/{container.name}".encode()).hexdigest()[:32]
    return {
        "ContainerArn": f"{place}:container/{cluster}/{task_id}/{inner}",
        "Image": container.image,
        "LastStatus": "PENDING",
        "Name": container.name,
        "NetworkInterfaces": [],
        "TaskArn": task,
    }


def _stopped(task: dict[str, Any], exits: Exits) -> dict[str, Any]:
    """The description of a task that has ended."""
    ends = [exits[run_id] for run_id in _run_ids(task)]
    known = [end for end in ends if end is not None]
    ran = [end for end in known if end.code is not None]
    started = [end.started_ms for end in ran if end.started_ms is not None]
    stopped = [end.stopped_ms for end in known if end.stopped_ms is not None]
    failed = next((end.reason for end in known if end.code is None), "The server that ran this task has stopped")
    shown = {
        **task,
        "Containers": [_ended_container(one, end) for one, end in zip(task["Containers"], ends, strict=True)],
        "DesiredStatus": "STOPPED",
        "ExecutionStoppedAt": max(stopped, default=None),
        "LastStatus": "STOPPED",
        "StartedAt": min(started, default=None),
        "StopCode": "EssentialContainerExited" if ran else "TaskFailedToStart" if known else "TerminationNotice",
        "StoppedAt": max(stopped, default=None),
        "StoppedReason": "Essential container in task exited" if ran else failed,
        "Version": 2,
    }
    return {key: shown[key] for key in sorted(shown) if shown[key] is not None}


def _ended_container(container: dict[str, Any], end: Exit | None) -> dict[str, Any]:
    told = {"ExitCode": end.code, "Reason": end.reason or None} if end is not None else {}
    shown = {**container, "LastStatus": "STOPPED", **told}
    return {key: shown[key] for key in sorted(shown) if shown[key] is not None}
