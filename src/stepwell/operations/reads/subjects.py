"""From an ARN to what can be read of an execution: a durable one, or an Express one of which something is kept."""

from collections.abc import Sequence

from msgspec import Struct

from stepwell.arn import EXPRESS_CHILD_EXECUTION, EXPRESS_EXECUTION, parse_arn
from stepwell.caller import Caller
from stepwell.engine.branch import Wait
from stepwell.engine.history import CODES, Record
from stepwell.engine.map_run import Status
from stepwell.engine.model import ExecutionStatus, Model, Phase
from stepwell.engine.reducer import turn
from stepwell.errors import ExecutionDoesNotExist
from stepwell.operations.children import express_child_of
from stepwell.operations.resources import execution_of, find_machine, is_callers
from stepwell.operations.service import Service
from stepwell.runtime.map_run_codec import ChildEnd
from stepwell.runtime.tracks import Batch, Track

_ENDS: dict[int, str] = {
    Status.SUCCEEDED: "ExecutionSucceeded",
    Status.FAILED: "ExecutionFailed",
    Status.TIMED_OUT: "ExecutionTimedOut",
    Status.ABORTED: "ExecutionAborted",
}
_PHASES: dict[Wait, Phase] = {
    Wait.TIME: "timer",
    Wait.CALL: "task",
    Wait.JOB: "task",
    Wait.TOKEN: "token",
    Wait.QUEUE: "worker",
    Wait.WORKER: "task",
    Wait.RETRY: "retry",
    Wait.BRANCHES: "branches",
    Wait.MAP_RUN: "branches",
}


class Awaited(Struct, rename="camel"):
    """What a visit waits for now, and when that ends by itself."""

    phase: Phase
    until_ms: int | None


class Subject:
    """One execution to be read."""

    def __init__(self, service: Service, arn: str, key: bytes | str) -> None:
        self.arn = arn
        self.key = key
        self._service = service

    @property
    def is_local(self) -> bool:
        """Whether this node commits what happens in it."""
        return isinstance(self.key, str) or self._service.runtime.ownership.drives(self.key)

    async def track(self) -> Track:
        """Its history, learnt to its end."""
        tracks = self._service.tracks
        return await (tracks.of(self.key) if isinstance(self.key, bytes) else tracks.of_express(self.key))

    async def waits(self) -> dict[int, Awaited]:
        """What its visits wait for now, by the visit. Of an Express execution nothing is known."""
        if isinstance(self.key, str):
            return {}
        found = await self._service.runtime.reader.waits(self.key)
        return {visit: Awaited(_PHASES.get(wait, "running"), due_ms) for visit, wait, due_ms in found if visit}

    async def status(self) -> tuple[ExecutionStatus, int | None] | None:
        """Status and end of a durable execution."""
        if isinstance(self.key, str):
            return None
        row = await self._service.store.load_execution(self.key)
        if row is None:
            raise _unknown(self.arn)
        return row.status, row.stopped_ms  # type: ignore[return-value]  # the store holds these words only


class EndedChild(Subject):
    """An Express child of a Map Run: only how it began and ended is kept, with its run."""

    def __init__(self, service: Service, arn: str, end: ChildEnd) -> None:
        super().__init__(service, arn, arn)
        self._end = end

    async def track(self) -> Track:
        """Two events: what went in, and what came of it."""
        end = self._end
        how = CODES[_ENDS[end.status]]
        ended: Record = (how, 1, end.output) if end.status == Status.SUCCEEDED else (how, 1, end.error, end.cause)
        began: Record = (CODES["ExecutionStarted"], 0, end.input or "")

        async def load(first: int, limit: int) -> Sequence[Batch]:
            turns = ((1, [(end.started_ms, [began])]), (2, [(end.stopped_ms, [ended])]))
            return [turn for turn in turns if first <= turn[0] < first + limit]

        async def text(number: int) -> str:
            raise LookupError(f"{self.arn} put no text apart, yet there is number {number}")

        track = Track(load, text)
        await track.learn()
        return track


async def subject_of(service: Service, caller: Caller, text: str) -> Subject:
    """The execution of an ARN. Raises `ExecutionDoesNotExist`, `InvalidArn`."""
    arn = parse_arn(text)
    if arn.kind == EXPRESS_EXECUTION:
        if not is_callers(arn, caller) or not service.runtime.express.histories.batches(text):
            raise _unknown(text)
        return Subject(service, text, text)
    if arn.kind == EXPRESS_CHILD_EXECUTION:
        child = await express_child_of(service, caller, await find_machine(service, caller, arn), arn)
        return EndedChild(service, text, child.end)
    _, row = await execution_of(service, caller, text)
    return Subject(service, text, row.id)


def _unknown(arn: str) -> ExecutionDoesNotExist:
    return ExecutionDoesNotExist(f"Execution Does Not Exist: '{arn}'")


def put_waits(model: Model, waits: dict[int, Awaited]) -> None:
    """Add to a picture of now what only the present knows."""
    for number, awaited in waits.items():
        visit = model.visits.get(number)
        if visit is not None and visit.outcome is None:
            turn(model, visit, awaited.phase)
            visit.until_ms = awaited.until_ms
