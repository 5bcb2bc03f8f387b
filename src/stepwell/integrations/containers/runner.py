"""What runs a container, as ECS and Batch tasks need it, and how several containers end together."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from stepwell.integrations.containers.definitions import Container

GRACE_S: Final = 30.0
"""What a container gets between being asked to stop and being killed (AWS, ECS: stopTimeout)."""


class Run(NamedTuple):
    """One container that is to run. No other run has its `id`: lower-case letters, digits and dashes."""

    id: str
    container: Container


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended: its exit code, or None and the reason why it has none. Times are ms since 1970."""

    code: int | None
    reason: str = ""
    started_ms: int | None = None
    stopped_ms: int | None = None


class Runner(Protocol):
    """Runs containers."""

    @property
    def recognises(self) -> bool:
        """Whether a run goes on when this server dies, and is found again, by its id, after a restart."""
        ...

    async def start(self, run: Run) -> None:
        """Start it; a run of this id that there is already is left alone. Whatever goes wrong is the run's `Exit`."""
        ...

    async def ended(self, run_id: str) -> Exit | None:
        """Wait until it has ended, and say how; None if it is not known."""
        ...

    async def stop(self, run_id: str) -> None:
        """Ask it to end, and make it end when the grace is over. Nothing happens to one that is not known."""
        ...

    async def close(self) -> None:
        """Let go: of what is recognised later, end everything else."""
        ...


async def all_ended(runner: Runner, essential: Mapping[str, bool]) -> dict[str, Exit | None]:
    """Wait for the runs of one task, given by id; the end of an essential one ends the others."""
    waiting = {asyncio.create_task(runner.ended(run_id)): run_id for run_id in essential}
    found: dict[str, Exit | None] = {}
    stopping: asyncio.Future[list[None]] | None = None
    try:
        while len(found) < len(essential):
            left = [task for task, run_id in waiting.items() if run_id not in found]
            done, _ = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            found |= {waiting[task]: task.result() for task in done}
            if stopping is None and any(essential[run_id] for run_id in found):
                stopping = asyncio.gather(*(runner.stop(run_id) for run_id in essential if run_id not in found))
        if stopping is not None:
            await stopping
    finally:
        for task in waiting:
            task.cancel()
    return found
