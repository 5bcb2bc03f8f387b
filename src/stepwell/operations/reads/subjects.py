"""From an execution's ARN to what can be read of it: a durable execution, or an Express one whose history is kept."""

from msgspec import Struct

from stepwell.arn import EXPRESS_EXECUTION, parse_arn
from stepwell.caller import Caller
from stepwell.engine.branch import Wait
from stepwell.engine.model import ExecutionStatus, Model, Phase
from stepwell.engine.reducer import turn
from stepwell.errors import ExecutionDoesNotExist
from stepwell.operations.resources import execution_of, is_callers
from stepwell.operations.service import Service
from stepwell.runtime.tracks import Track

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


async def subject_of(service: Service, caller: Caller, text: str) -> Subject:
    """The execution of an ARN. Raises `ExecutionDoesNotExist`, `InvalidArn`."""
    arn = parse_arn(text)
    if arn.kind == EXPRESS_EXECUTION:
        if not is_callers(arn, caller) or not service.runtime.express.histories.batches(text):
            raise _unknown(text)
        return Subject(service, text, text)
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
