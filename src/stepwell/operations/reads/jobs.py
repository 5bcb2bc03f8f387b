"""One action over all executions that a query finds: stop, redrive, or start anew with the same inputs.

What matches is gathered first, so that what the job itself changes does not move the list under it; then each execution
is treated by the API's own operation, a few at a time. Jobs live in memory: they end with the server, and what they
have done stays done.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Any, Final

from msgspec import Struct

from stepwell.caller import Caller
from stepwell.errors import ApiError, ThrottlingException, ValidationException
from stepwell.operations.executions import start_execution, stop_execution
from stepwell.operations.job_list import Job, JobError
from stepwell.operations.reads.listing import Line
from stepwell.operations.reads.search import Search, inside_of, search_of
from stepwell.operations.redrive import redrive_execution
from stepwell.operations.service import Service, guarded
from stepwell.operations.tasks import check_failure

RUNNING_MAX: Final = 8
FOUND_MAX: Final = 100_000
ERRORS_MAX: Final = 100
_AT_ONCE: Final = 16
_BACK_OFF_S: Final = 0.25
_TRIES: Final = 20
_log = logging.getLogger("stepwell.console")

ACTIONS: Final[dict[str, str]] = {"stop": "StopExecution", "redrive": "RedriveExecution", "start": "StartExecution"}


class JobPage(Struct, rename="camel"):
    """Jobs, the latest first."""

    rows: list[Job]


_Treat = Callable[[Line], Awaitable[Any]]


# The reads


async def start_job(
    service: Service,
    caller: Caller,
    *,
    action: str,
    query: str = "",
    machine: str | None = None,
    error: str | None = None,
    cause: str | None = None,
) -> Job:
    """Begin a job. Raises `ValidationException`, `ThrottlingException`, `StateMachineDoesNotExist` and others."""
    if action not in ACTIONS:
        raise ValidationException(f"A job's action is one of {', '.join(ACTIONS)}")
    check_failure(error, cause, service.limits)
    search = await search_of(service, caller, query, machine, bounded=False)
    if service.jobs.running >= RUNNING_MAX:
        raise ThrottlingException(f"At most {RUNNING_MAX} jobs run at once")
    job_id = service.runtime.new_name()
    job = Job(job_id, action, "running", service.clock.now_ms())  # type: ignore[arg-type]  # checked above
    service.jobs.begin(caller, job, _work(service, job, search, _treatment(service, caller, action, error, cause)))
    return job


async def get_job(service: Service, caller: Caller, *, id: str) -> Job:
    """How far a job is. Raises `ResourceNotFound`."""
    return service.jobs.get(caller, id)


async def list_jobs(service: Service, caller: Caller) -> JobPage:
    """The caller's latest jobs."""
    return JobPage(list(service.jobs.of(caller)))


async def cancel_job(service: Service, caller: Caller, *, id: str) -> Job:
    """Let a job do no more; what it has done stays done. Raises `ResourceNotFound`."""
    job = service.jobs.get(caller, id)
    service.jobs.cancel(id)
    if job.state == "running":
        job.state, job.searching, job.finished_ms = "cancelled", False, service.clock.now_ms()
    return job


def action_of(members: dict[str, Any]) -> str:
    """The API's action that a job takes."""
    return ACTIONS.get(str(members.get("action")), "StopExecution")


# The work


def _treatment(service: Service, caller: Caller, action: str, error: str | None, cause: str | None) -> _Treat:
    stop, redrive, start = guarded(stop_execution), guarded(redrive_execution), guarded(start_execution)

    async def treat(line: Line) -> None:
        if action == "stop":
            await stop(service, caller, execution_arn=line.arn, error=error, cause=cause)
        elif action == "redrive":
            await redrive(service, caller, execution_arn=line.arn)
        else:
            given = (await inside_of(service, line)).input or "{}"
            machine = line.source.machine
            arn = f"arn:aws:states:{machine.region}:{machine.account}:stateMachine:{machine.name}"
            await start(service, caller, state_machine_arn=arn, input=given)

    return treat


async def _work(service: Service, job: Job, search: Search, treat: _Treat) -> None:
    try:
        found = await _find(job, search)
        job.searching = False
        waiting = iter(found)
        await asyncio.gather(*(_treat_all(job, waiting, treat) for _ in range(_AT_ONCE)))
        job.state = "finished"
    except asyncio.CancelledError:
        job.state = "cancelled"
        raise
    except Exception as error:
        _log.exception("job %s failed", job.id)
        _note(job, "", error)
        job.state = "finished"
    finally:
        job.searching = False
        job.finished_ms = job.finished_ms or service.clock.now_ms()


async def _find(job: Job, search: Search) -> list[Line]:
    found: list[Line] = []
    async with aclosing(search.matches(None)) as matches:
        async for line in matches:
            if line is not None:
                found.append(line)
                job.found += 1
            if len(found) == FOUND_MAX:
                break
    return found


async def _treat_all(job: Job, waiting: Iterator[Line], treat: _Treat) -> None:
    for line in waiting:
        try:
            await _patiently(treat, line)
            job.succeeded += 1
        except ApiError as error:
            _note(job, line.arn, error)
        job.done += 1


async def _patiently(treat: _Treat, line: Line) -> None:
    """A server that has too much to do is asked again a little later: a job can wait."""
    for _ in range(_TRIES):
        try:
            await treat(line)
            return
        except ThrottlingException:
            await asyncio.sleep(_BACK_OFF_S)
    await treat(line)


def _note(job: Job, arn: str, error: Exception) -> None:
    job.failed += 1
    if len(job.errors) < ERRORS_MAX:
        code = error.code if isinstance(error, ApiError) else "InternalFailure"
        job.errors.append(JobError(arn, code, str(error)))
    else:
        job.errors_are_more = True
