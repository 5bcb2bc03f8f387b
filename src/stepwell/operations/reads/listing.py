"""Executions of one or many state machines as one list, newest first: open ones by start, closed ones by stop."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from heapq import heapify, heappop, heapreplace
from typing import Final

from msgspec import Struct

from stepwell.arn import ALIAS, MAP_RUN, VERSION, execution_arn, parse_arn, parse_arn_of, state_machine_arn
from stepwell.caller import Caller
from stepwell.engine.history import TYPES
from stepwell.engine.model import ExecutionStatus
from stepwell.errors import ValidationException
from stepwell.operations.map_runs import map_run_of
from stepwell.operations.resources import MACHINE_KINDS, find_machine, machine_of
from stepwell.operations.service import Service
from stepwell.store.records import ExecutionRow, ListingRow, StateMachineRow

MACHINES_MAX: Final = 10_000
"""As many as an account may have (AWS)."""

_PAGE: Final = 200
_FIRST_ROWS: Final = 5_000
"""That are read of all machines together before the first line is known; of each at least `_FIRST_ROWS_MIN`."""

_FIRST_ROWS_MIN: Final = 2
_READS_AT_ONCE: Final = 16
_SLICE: Final = 1_000
_BEFORE_ALL: Final = (-1, b"")

Position = tuple[int, bytes]
"""Sort time and id: where one execution stands in the list."""


class Source(Struct, frozen=True):
    """The executions of one machine, or of one Map Run; of one status, version or alias if that is wanted."""

    machine: StateMachineRow
    listed_as: bytes
    map_run_arn: str | None = None
    label: str | None = None
    version: int | None = None
    alias: str | None = None


class Line(Struct):
    """One execution of a list. `key` leads to its rows; of an Express one it is its ARN."""

    position: Position
    source: Source
    arn: str
    key: bytes | str
    name: str
    status: ExecutionStatus
    started_ms: int
    stopped_ms: int | None
    version: int | None = None
    alias: str | None = None
    redrives: int = 0
    redriven_ms: int | None = None

    @property
    def duration_ms(self) -> int | None:
        """How long it took; None while it runs."""
        return None if self.stopped_ms is None else self.stopped_ms - self.started_ms


async def sources_of(service: Service, caller: Caller, machine: str | None, map_run: str | None) -> list[Source]:
    """Where to look: the machine of an ARN, a Map Run, or all machines. Raises `StateMachineDoesNotExist`, others."""
    if map_run is not None:
        return [await _run_source(service, caller, map_run)]
    if machine is None:
        found = await service.store.list_state_machines(caller.account, caller.region, None, MACHINES_MAX + 1)
        if len(found) > MACHINES_MAX:
            raise ValidationException(f"There are more than {MACHINES_MAX} state machines: choose one with 'machine'")
        return [Source(row, row.id) for row in found]
    arn = parse_arn_of(machine, *MACHINE_KINDS)
    if arn.kind not in (VERSION, ALIAS):
        row = await machine_of(service, caller, machine)
        return [Source(row, row.id)]
    owner = await find_machine(service, caller, arn)
    if owner is None:
        return []
    if arn.kind == VERSION:
        return [Source(owner, owner.id, version=int(arn.parts[1]))]
    return [Source(owner, owner.id, alias=arn.parts[1])]


async def _run_source(service: Service, caller: Caller, text: str) -> Source:
    parse_arn_of(text, MAP_RUN)
    machine, run = await map_run_of(service, caller, text)
    return Source(machine, run.id, map_run_arn=text, label=run.label)


async def newest_first(
    service: Service, sources: Sequence[Source], statuses: Sequence[str | None], before: Position | None
) -> AsyncGenerator[Line]:
    """All executions of these sources after a position; each status in turn where only some are wanted."""
    express = _express_lines(service, [source for source in sources if source.machine.type == "EXPRESS"], before)
    streams: list[_Lines] = [
        _Stream(service, source, status, before)
        for source in sources
        if source.machine.type != "EXPRESS"
        for status in statuses
    ]
    await _begin(streams)
    streams.append(_Lines([line for line in express if None in statuses or line.status in statuses]))
    given, last = 0, None
    async for line in _merged([stream for stream in streams if stream.lines]):
        if line.position != last:  # one that ended between two of our reads, in the millisecond of its start
            yield line
        given, last = given + 1, line.position
        if given % _SLICE == 0:
            await asyncio.sleep(0)


async def _begin(streams: Sequence["_Lines"]) -> None:
    """Read the first lines of each, some at a time; the more there are, the fewer of each."""
    size = max(_FIRST_ROWS_MIN, min(_PAGE, _FIRST_ROWS // max(len(streams), 1)))
    for start in range(0, len(streams), _READS_AT_ONCE):
        await asyncio.gather(*(stream.fill(size) for stream in streams[start : start + _READS_AT_ONCE]))
        await asyncio.sleep(0)


async def _merged(heap: list["_Lines"]) -> AsyncGenerator[Line]:
    """The lines of all streams; the stream with the newest one stands first in the heap."""
    heapify(heap)
    while heap:
        newest = heap[0]
        until = max((stream.lines[-1].position for stream in heap[1:3]), default=_BEFORE_ALL)
        while newest.lines and newest.lines[-1].position >= until:  # so far it may go on alone
            yield newest.lines.pop()
            if not newest.lines:
                await newest.fill(_PAGE)
        if newest.lines:
            heapreplace(heap, newest)
        else:
            heappop(heap)


class _Lines:
    """Lines that are all here, the newest one last. One comes before another whose newest line is older."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines

    def __lt__(self, other: "_Lines") -> bool:
        return self.lines[-1].position > other.lines[-1].position

    async def fill(self, size: int) -> None:
        """There are no more."""


class _Stream(_Lines):
    """One status of one source, read a page at a time. `lines` is refilled in place."""

    def __init__(self, service: Service, source: Source, status: str | None, before: Position | None) -> None:
        super().__init__([])
        self._service = service
        self._source = source
        self._status = status
        self._before = before
        self._over = False

    async def fill(self, size: int) -> None:
        """Read the next page, if there is one."""
        if self._over:
            return
        source = self._source
        rows = await self._service.store.list_executions(
            source.listed_as, self._status, self._before, size, source.version, source.alias
        )
        self._over = len(rows) < size
        self.lines[:] = [_line(source, sort_ms, row.execution_id, row) for sort_ms, row in reversed(rows)]
        if rows:
            self._before = (rows[-1][0], rows[-1][1].execution_id)


def _line(source: Source, sort_ms: int, execution_id: bytes, row: ListingRow | ExecutionRow) -> Line:
    machine = source.machine
    owner = machine.name if source.label is None else f"{machine.name}/{source.label}"
    return Line(
        position=(sort_ms, execution_id),
        source=source,
        arn=execution_arn(machine.region, machine.account, owner, row.name),
        key=execution_id,
        name=row.name,
        status=row.status,  # type: ignore[arg-type]  # the store holds these words only
        started_ms=row.started_ms,
        stopped_ms=row.stopped_ms,
        version=row.version,
        alias=row.alias,
        redrives=row.redrives,
        redriven_ms=row.redriven_ms,
    )


def line_of(source: Source, row: ExecutionRow) -> Line:
    """The line of an execution that was read by itself."""
    sort_ms = row.stopped_ms or row.redriven_ms or row.started_ms
    return _line(source, sort_ms, row.id, row)


_ENDS: Final[dict[str, ExecutionStatus]] = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}


def _express_lines(service: Service, sources: Sequence[Source], before: Position | None) -> list[Line]:
    """Express executions whose histories are kept, the newest one last. There are about a thousand at most."""
    by_arn = {state_machine_arn(s.machine.region, s.machine.account, s.machine.name): s for s in sources}
    lines = []
    for text in service.runtime.express.histories.newest() if by_arn else ():
        source = by_arn.get(parse_arn(text).state_machine)
        line = None if source is None else express_line(service, source, text)
        if line is not None and (before is None or line.position < before):
            lines.append(line)
    return sorted(lines, key=lambda line: line.position)


def express_line(service: Service, source: Source, text: str) -> Line | None:
    """The line of an Express execution, while its history is kept."""
    batches = service.runtime.express.histories.batches(text)
    if not batches:
        return None
    started_ms, last = batches[0][1][0], batches[-1][1]
    status = _ENDS.get(TYPES[last[1][-1][0]].name, "RUNNING")
    stopped_ms = None if status == "RUNNING" else last[0]
    _, name, uuid = parse_arn(text).parts
    position = (started_ms if stopped_ms is None else stopped_ms, uuid.encode())
    return Line(position, source, text, text, name, status, started_ms, stopped_ms)
