"""State machines, with what a list shows of them: counts of the last day, the last failure, tags."""

import asyncio
from typing import Any, Final, Literal

import orjson
from msgspec import Struct

from stepwell.arn import state_machine_arn
from stepwell.caller import Caller
from stepwell.engine.model import MachineType
from stepwell.operations.reads.listing import Source, newest_first
from stepwell.operations.resources import revision_of
from stepwell.operations.service import Service
from stepwell.store.records import StateMachineRow

ROWS_MAX: Final = 200
COUNTED_MAX: Final = 1_000
_DAY_MS: Final = 86_400_000


class MachineRow(Struct, rename="camel"):
    """One state machine of a list. Counts are of the last 24 hours, those that run of now."""

    arn: str
    name: str
    type: MachineType
    status: Literal["ACTIVE", "DELETING"]
    created_ms: int
    updated_ms: int | None
    revision_id: str | None
    comment: str | None
    tags: dict[str, str]
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    aborted: int = 0
    counts_are_more: bool = False
    last_failure_ms: int | None = None


class MachinePage(Struct, rename="camel"):
    """A page of state machines, by name."""

    rows: list[MachineRow]
    cursor: str | None


async def list_machines(
    service: Service, caller: Caller, *, prefix: str = "", cursor: str | None = None, limit: int = 100
) -> MachinePage:
    """The caller's state machines whose names begin so. Raises `InvalidToken`."""
    size = max(1, min(limit, ROWS_MAX))
    after: str | None = await service.pages.read("ListMachines", caller, (prefix,), cursor)
    found: list[StateMachineRow] = []
    if after is None and prefix:
        exact = await service.store.find_state_machine(caller.account, caller.region, prefix)
        found, after = ([] if exact is None else [exact]), prefix
    found += await service.store.list_state_machines(caller.account, caller.region, after, size + 1)
    found = [row for row in found if row.name.startswith(prefix)]
    token = None
    if len(found) > size:
        token = await service.pages.make("ListMachines", caller, (prefix,), found[size - 1].name)
    return MachinePage([await _row(service, row) for row in found[:size]], token)


async def _row(service: Service, machine: StateMachineRow) -> MachineRow:
    await asyncio.sleep(0)  # counting takes a while where there is much: others get their turn
    arn = state_machine_arn(machine.region, machine.account, machine.name)
    revision = await revision_of(service, machine.id, machine.revision)
    row = MachineRow(
        arn=arn,
        name=machine.name,
        type=machine.type,  # type: ignore[arg-type]  # the store holds these words only
        status=machine.status,  # type: ignore[arg-type]  # the same
        created_ms=machine.created_ms,
        updated_ms=revision.created_ms if machine.revision > 1 else None,
        revision_id=revision.revision_id,
        comment=_comment(revision.definition),
        tags=await service.store.load_tags(arn),
        running=await service.store.count_open(machine.id),
    )
    await _count(service, machine, row)
    return row


def _comment(definition: bytes) -> str | None:
    try:
        found: Any = orjson.loads(definition)
    except orjson.JSONDecodeError:
        return None  # JSON that orjson does not take, such as a lone surrogate: the list goes without its comment
    comment = found.get("Comment")
    return comment if isinstance(comment, str) else None


async def _count(service: Service, machine: StateMachineRow, row: MachineRow) -> None:
    since_ms = service.clock.now_ms() - _DAY_MS
    if machine.type != "EXPRESS":
        failures = [await service.store.list_executions(machine.id, bad, None, 1) for bad in ("FAILED", "TIMED_OUT")]
        times = [found[0][0] for found in failures if found]
        row.last_failure_ms = max(times, default=None)
        for status in ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"):
            lines = await service.store.list_executions(machine.id, status, None, COUNTED_MAX + 1)
            count = sum(sort_ms >= since_ms for sort_ms, _ in lines)
            setattr(row, status.lower(), min(count, COUNTED_MAX))
            row.counts_are_more |= count > COUNTED_MAX
        return
    async for line in newest_first(service, [Source(machine, machine.id)], [None], None):
        name = line.status.lower()
        setattr(row, name, getattr(row, name) + 1)
        if line.status in ("FAILED", "TIMED_OUT") and row.last_failure_ms is None:
            row.last_failure_ms = line.stopped_ms
