"""The list of jobs: what works through many executions on a user's behalf, and how far it is.

It lives in memory. What a job does is not here (see `reads.jobs`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Iterator
from typing import Any, Final, Literal

from msgspec import Struct, field

from stepwell.caller import Caller
from stepwell.errors import ResourceNotFound

KEPT_MAX: Final = 100
Action = Literal["stop", "redrive", "start"]


class JobError(Struct, rename="camel"):
    """What an execution could not be made to do, and why."""

    arn: str
    code: str
    message: str


class Job(Struct, rename="camel"):
    """How far a job is."""

    id: str
    action: Action
    state: Literal["running", "finished", "cancelled"]
    started_ms: int
    finished_ms: int | None = None
    found: int = 0
    searching: bool = True
    done: int = 0
    succeeded: int = 0
    failed: int = 0
    errors: list[JobError] = field(default_factory=list)
    errors_are_more: bool = False


class Jobs:
    """The jobs of one server."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Caller, Job]] = OrderedDict()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def of(self, caller: Caller) -> Iterator[Job]:
        """The caller's, the latest first."""
        return (job for owner, job in reversed(self._kept.values()) if _same(owner, caller))

    def get(self, caller: Caller, job_id: str) -> Job:
        """One of the caller's. Raises `ResourceNotFound`."""
        owner, job = self._kept.get(job_id, (None, None))
        if owner is None or job is None or not _same(owner, caller):
            raise ResourceNotFound(f"There is no job '{job_id[:100]}'")
        return job

    def begin(self, caller: Caller, job: Job, work: Coroutine[Any, Any, None]) -> None:
        """Keep a job and do its work."""
        self._kept[job.id] = (caller, job)
        task = self._tasks[job.id] = asyncio.get_running_loop().create_task(work, name=f"job-{job.id}")
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))
        while len(self._kept) > KEPT_MAX:
            oldest = next((kept for kept in self._kept if kept not in self._tasks), None)
            if oldest is None:
                return
            del self._kept[oldest]

    @property
    def running(self) -> int:
        """How many are at work."""
        return len(self._tasks)

    def cancel(self, job_id: str) -> None:
        """Let a job do no more."""
        task = self._tasks.get(job_id)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Let all be."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _same(owner: Caller, caller: Caller) -> bool:
    return (owner.account, owner.region) == (caller.account, caller.region)
