"""`batch:submitJob` on this machine, plain and `.sync`: the same results, descriptions and failures as from Batch.

Queues, shares and dependencies mean nothing here. What would change how often or how wide a job runs is refused rather
than overlooked. A job's id follows from its attempt.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from stepwell.engine.failure import TASK_FAILED, Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.base import Call, Outcome
from stepwell.integrations.containers.attempts import EXITED, Attempts, has_succeeded, read_strategy
from stepwell.integrations.containers.definitions import Container, JobDefinition, bare_name
from stepwell.integrations.containers.overrides import WrongShape, members, overridden, text
from stepwell.integrations.containers.runner import Exit, Runner
from stepwell.integrations.services.batch import marked
from stepwell.payload import Payload, print_json

_REFUSED: Final = (
    *("ArrayProperties", "DependsOn", "NodeOverrides"),
    *("EcsPropertiesOverride", "EksPropertiesOverride"),
)
Exits = list[Exit | None]
_REFERENCE: Final = re.compile(r"Ref::(\w+)")


class LocalBatch:
    """The integration of `batch:submitJob`."""

    def __init__(self, runner: Runner, jobs: Mapping[str, JobDefinition]) -> None:
        """`jobs`: the job definitions."""
        self._runner = runner
        self._jobs = jobs
        self._open: dict[str, tuple[Attempts, asyncio.Task[Exits]]] = {}

    def is_repeatable(self, action: str) -> bool:
        """Whether a repetition finds the job that the first call started."""
        return self._runner.recognises

    async def perform(self, call: Call) -> Outcome:
        """Start the job's container."""
        try:
            given = marked(call, dict(members(call.parameters.value, "Parameters")))
            name = bare_name(text(given.get("JobDefinition"), "JobDefinition"))
            job_name = text(given.get("JobName"), "JobName")
            text(given.get("JobQueue"), "JobQueue")
            definition = self._jobs.get(name)
            if definition is None:
                return _refusal(f"JobDefinition {given['JobDefinition']} not found")
            refused = next((member for member in _REFUSED if given.get(member)), None)
            if refused is not None:
                return _refusal(f"{refused} is not carried out by containers of this machine")
            job_id = call.attempt_uuid
            attempts = self._attempts(job_id, definition, given)
        except WrongShape as error:
            return sdk_metadata.parameters_failure(call.parameters.text, [str(error)])
        await attempts.start()
        self._oversee(job_id, attempts, found_again=False, forget=not call.pattern)
        return Payload.of(_answer(call, job_id, job_name))

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        """Wait for the job's end. After a restart its time begins anew."""
        job_id = submitted.value["JobId"]
        given = marked(call, dict(call.parameters.value))
        definition = self._jobs.get(bare_name(given["JobDefinition"]))
        if job_id not in self._open:
            self._oversee(job_id, self._attempts(job_id, definition, given), found_again=True)
        ends = await asyncio.shield(self._open[job_id][1])
        self._open.pop(job_id, None)
        described = _described(submitted.value, given, definition, ends)
        if described["Status"] == "SUCCEEDED":
            return Payload.of(described)
        return Failure(TASK_FAILED, print_json(described))

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """Stop a `.sync` job."""
        if submitted is None or not call.pattern.startswith("sync"):
            return
        job_id, given = submitted.value["JobId"], call.parameters.value
        known = self._open.get(job_id)
        definition = self._jobs.get(bare_name(given["JobDefinition"]))
        attempts = known[0] if known else self._attempts(job_id, definition, marked(call, dict(given)))
        await attempts.stop()

    def _attempts(self, job_id: str, definition: JobDefinition | None, given: Mapping[str, Any]) -> Attempts:
        """The attempts of a job. Raises `WrongShape`."""
        strategy = read_strategy(given.get("RetryStrategy"))
        if definition is None:
            return Attempts(self._runner, job_id, None, strategy, None)
        return Attempts(self._runner, job_id, _container(definition, given), strategy, _timeout_s(definition, given))

    def _oversee(self, job_id: str, attempts: Attempts, *, found_again: bool, forget: bool = False) -> None:
        """See to it that the job ends in time; `forget` it where nobody will ask."""
        ends = asyncio.create_task(attempts.ended(found_again=found_again))
        self._open[job_id] = (attempts, ends)
        if forget:
            ends.add_done_callback(lambda _: self._open.pop(job_id, None))


def _container(definition: JobDefinition, given: Mapping[str, Any]) -> Container:
    container = overridden(definition.container, given.get("ContainerOverrides"))
    values = members(given.get("Parameters"), "Parameters")
    filled = tuple(
        _REFERENCE.sub(lambda found: str(values.get(found[1], found[0])), part) for part in container.command
    )
    return replace(container, command=filled)


def _timeout_s(definition: JobDefinition, given: Mapping[str, Any]) -> float | None:
    asked = members(given.get("Timeout"), "Timeout").get("AttemptDurationSeconds")
    if asked is None:
        return definition.timeout_s
    if isinstance(asked, bool) or not isinstance(asked, int):
        raise WrongShape(sdk_metadata.wrong_type("AttemptDurationSeconds", "INTEGER"))
    return float(asked)


def _refusal(message: str) -> Failure:
    request_id = sdk_metadata.new_request_id()
    return sdk_metadata.v1_failure(
        "Batch", "AWSBatch", "ClientException", message, status=400, request_id=request_id, modelled=True
    )


def _answer(call: Call, job_id: str, name: str) -> dict[str, Any]:
    request_id = sdk_metadata.new_request_id()
    headers = {"x-amzn-RequestId": request_id, "Date": sdk_metadata.http_date(), "Content-Type": "application/json"}
    return {
        "JobArn": f"arn:aws:batch:{call.region}:{call.account}:job/{job_id}",
        "JobId": job_id,
        "JobName": name,
        "SdkHttpMetadata": sdk_metadata.answered_metadata(headers, 200),
        "SdkResponseMetadata": sdk_metadata.response_metadata(request_id),
    }


def _described(
    submitted: Mapping[str, Any], given: Mapping[str, Any], definition: JobDefinition | None, ends: Exits
) -> dict[str, Any]:
    """The description of a job that has ended."""
    last = ends[-1] or Exit(None, "The server that ran this job has stopped")
    attempts = [_attempt(end or last) for end in ends]
    container = attempts[-1]["Container"]
    shown = {
        "Attempts": attempts,
        "Container": container if definition is None else _shown(definition, given, container),
        "JobArn": submitted["JobArn"],
        "JobDefinition": given["JobDefinition"],
        "JobId": submitted["JobId"],
        "JobName": submitted["JobName"],
        "JobQueue": given["JobQueue"],
        "Parameters": given.get("Parameters") or {},
        "RetryStrategy": given.get("RetryStrategy"),
        "StartedAt": last.started_ms,
        "Status": "SUCCEEDED" if has_succeeded(last) else "FAILED",
        "StatusReason": attempts[-1]["StatusReason"],
        "StoppedAt": attempts[-1]["StoppedAt"],
        "Tags": given.get("Tags") or {},
    }
    return {name: value for name, value in shown.items() if value is not None}


def _attempt(end: Exit) -> dict[str, Any]:
    outcome = {"ExitCode": end.code, "Reason": end.reason or None}
    return {
        "Container": {name: value for name, value in outcome.items() if value is not None},
        "StartedAt": end.started_ms,
        "StatusReason": end.reason or EXITED,
        "StoppedAt": end.stopped_ms or time.time_ns() // 1_000_000,
    }


def _shown(definition: JobDefinition, given: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    container = _container(definition, given)
    variables = [{"Name": name, "Value": value} for name, value in container.environment.items()]
    shown = {"Command": list(container.command), "Environment": variables, "Image": container.image, **outcome}
    return {name: shown[name] for name in sorted(shown)}
