"""What workers ask: a task to do, and how it went.

Recorded order of refusals: a token that is not ours (`InvalidToken`), then an output that is not JSON
(`InvalidOutput`), then a task that has ended (`TaskTimedOut`).
"""

from typing import Any, Final

from stepwell.asl.machine import StateMachine
from stepwell.asl.resource import Resource
from stepwell.asl.states.task import Task
from stepwell.caller import Caller
from stepwell.engine.failure import Failure
from stepwell.errors import ConstraintViolation, InvalidOutput, TaskTimedOut
from stepwell.limits import Limits
from stepwell.operations.json_text import JsonTextError, read_json_text
from stepwell.operations.paging import invalid_token
from stepwell.operations.resources import activity_of
from stepwell.operations.service import Service
from stepwell.payload import JsonError, Payload, parse_json
from stepwell.runtime.identity import TaskRef
from stepwell.store.protocol import StoreError
from stepwell.store.records import ExecutionRow

_GONE: Final = "Provided task does not exist anymore"


async def get_activity_task(
    service: Service, caller: Caller, *, activity_arn: str, worker_name: str | None = None
) -> dict[str, Any]:
    """Wait up to a minute for a task of an activity; no members when none came (AWS).

    Raises `ActivityDoesNotExist`, `ActivityWorkerLimitExceeded`, `InvalidArn`.
    """
    activity = await activity_of(service, caller, activity_arn)
    task = await service.runtime.poll_activity(activity, worker_name)
    return {} if task is None else {"task_token": task.token, "input": task.input}


async def send_task_success(service: Service, caller: Caller, *, task_token: str, output: str) -> dict[str, Any]:
    """Finish a task with its output. Raises `InvalidToken`, `InvalidOutput`, `TaskTimedOut`."""
    ref = _ref_of(service, caller, task_token)
    payload = _read_output(service, output)
    if not await service.runtime.finish_task(ref, payload):
        raise await _timed_out(service, ref)
    return {}


async def send_task_failure(
    service: Service, caller: Caller, *, task_token: str, error: str | None = None, cause: str | None = None
) -> dict[str, Any]:
    """Fail a task. Raises `InvalidToken`, `TaskTimedOut`."""
    check_failure(error, cause, service.limits)
    ref = _ref_of(service, caller, task_token)
    if not await service.runtime.finish_task(ref, Failure(error, cause)):
        raise await _timed_out(service, ref)
    return {}


async def send_task_heartbeat(service: Service, caller: Caller, *, task_token: str) -> dict[str, Any]:
    """Say that a task is being worked on. Raises `InvalidToken`, `TaskTimedOut`.

    Recorded: accepted, too, for a task that was given up because another branch had failed, and its execution with it.
    """
    ref = _ref_of(service, caller, task_token)
    if await service.runtime.heartbeat(ref):
        return {}
    row = await service.store.load_execution(ref.execution_id)
    if row is None or row.status != "FAILED" or _given_up_in(service, ref, row) is None:
        raise await _timed_out(service, ref)
    return {}


def check_failure(error: str | None, cause: str | None, limits: Limits) -> None:
    """The lengths of an error and a cause that somebody gives. Raises `ConstraintViolation` in the framework's words.

    Requests over HTTP were judged by the service model already; tasks that call this service were not.
    """
    for name, text, most in (
        ("error", error, limits.failure_error_characters_max),
        ("cause", cause, limits.failure_cause_characters_max),
    ):
        if text is not None and len(text) > most:
            raise ConstraintViolation(
                f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {most}"
            )


def _ref_of(service: Service, caller: Caller, token: str) -> TaskRef:
    """A token of another account or region is no token of this caller (recorded)."""
    ref = service.runtime.tokens.read(token, caller.account, caller.region)
    if ref is None:
        raise invalid_token()
    return ref


def _read_output(service: Service, text: str) -> Payload:
    """The output, its text as it came (recorded). Recorded: "Invalid Output: 'not-json' is not valid JSON." """
    try:
        return read_json_text(text, service.limits)
    except JsonTextError as error:
        raise InvalidOutput(_what_is_wrong(text, error)) from None


def _what_is_wrong(text: str, error: JsonTextError) -> str:
    try:
        parse_json(text)
    except JsonError:
        return f"Invalid Output: '{text}' is not valid JSON."
    return f"Invalid Output: '{error}'"


async def _timed_out(service: Service, ref: TaskRef) -> TaskTimedOut:
    """Recorded for activities: "Task Timed Out: '<activity arn>'"."""
    return TaskTimedOut(f"Task Timed Out: '{await _only_activity(service, ref) or _GONE}'")


async def _only_activity(service: Service, ref: TaskRef) -> str | None:
    """The activity whose task it was, where there is no doubt: an attempt that ended by itself names no state."""
    row = await service.store.load_execution(ref.execution_id)
    if row is None:
        return None
    try:
        machine = await service.runtime.machines.load(row.machine_id, row.revision)
    except StoreError:  # the machine is gone
        return None
    number = _given_up_in(service, ref, row)
    resources = {
        resource.arn if resource.kind == "activity" else None
        for state, resource in _with_tokens(machine.compiled)
        if number is None or state.number == number
    }
    return resources.pop() if len(resources) == 1 else None


def _given_up_in(service: Service, ref: TaskRef, row: ExecutionRow) -> int | None:
    """The number of the state in which a closed execution gave an attempt up."""
    return service.runtime.reader.given_up_in(row, ref.branch, ref.attempt)


def _with_tokens(machine: StateMachine) -> list[tuple[Task, Resource]]:
    """The tasks of a machine that are answered by token."""
    tasks = [state for state in machine.states.values() if isinstance(state, Task)]
    return [(task, task.resource) for task in tasks if _has_token(task.resource)]


def _has_token(resource: Resource) -> bool:
    return resource.kind == "activity" or resource.has_token
