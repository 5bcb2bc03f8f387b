"""The list of executions, searched. What a list's rows tell is read from them; what only an execution itself tells is
looked for newest first within a budget, and the answer says how far that came."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from random import Random
from typing import Any, Final

from msgspec import Struct

from stepwell.arn import state_machine_arn
from stepwell.caller import Caller
from stepwell.engine.child_ids import run_of
from stepwell.engine.history import details_of, entries
from stepwell.engine.model import MachineType
from stepwell.errors import ValidationException
from stepwell.operations.children import ChildStatus, Stands
from stepwell.operations.reads.listing import Line, Position, Source, newest_first, sources_of
from stepwell.operations.reads.query import Token, holds, holds_json, parse_query
from stepwell.operations.service import Service
from stepwell.payload import JsonError, parse_json
from stepwell.query.failures import PathSyntaxError, QueryError
from stepwell.query.jsonpath import MISSING, Path, compile_path
from stepwell.query.scope import Scope

ROWS_MAX: Final = 200
COUNTED: Final = 10_000
COUNTED_MAX: Final = 100_000
LINES_MAX: Final = 200_000
LOOKED_INTO_MAX: Final = 1_000
LOOKED_INTO_CHARACTERS_MAX: Final = 32 * 1_048_576
_DEEP: Final = frozenset(("error", "cause", "state", "input", "output", "text"))
_SLICE: Final = 16  # executions that are looked into before others get their turn
_NO_DICE: Final = Random(0)


class ExecutionRow(Struct, rename="camel"):
    """One execution of a list."""

    arn: str
    name: str
    machine_arn: str
    machine_name: str
    type: MachineType
    status: ChildStatus
    started_ms: int
    stopped_ms: int | None
    version: int | None
    alias: str | None
    redrives: int
    redriven_ms: int | None
    map_run_arn: str | None
    state: str | None
    error: str | None


class ExecutionPage(Struct, rename="camel"):
    """A page of the list. `searched_back_to_ms` is there when the budget was spent before the page was full."""

    rows: list[ExecutionRow]
    cursor: str | None
    total: int | None
    total_is_more: bool
    searched_back_to_ms: int | None


class Search:
    """A query over the executions of some machines."""

    def __init__(self, service: Service, tokens: list[Token], sources: list[Source], *, bounded: bool) -> None:
        self._service = service
        self._bounded = bounded
        self._flat = [token for token in tokens if token.property not in _DEEP and token.property != "mapRun"]
        self._deep = [token for token in tokens if token.property in _DEEP]
        self._paths = {token.path: _path(token.path) for token in self._deep if token.path}
        self._sources = sources
        self._characters = 0
        self.looked_into = 0
        self.lines = 0
        self.at: Position | None = None

    @property
    def is_deep(self) -> bool:
        """Whether executions themselves have to be read."""
        return bool(self._deep)

    @property
    def is_spent(self) -> bool:
        """Whether its budget is used up."""
        return self._bounded and (
            self.lines >= LINES_MAX
            or self.looked_into >= LOOKED_INTO_MAX
            or self._characters >= LOOKED_INTO_CHARACTERS_MAX
        )

    async def matches(self, before: Position | None) -> AsyncGenerator[Line | None]:
        """What holds, newest first; None for a line that was passed over. Whoever counts decides when to stop."""
        sources = [source for source in self._sources if await self._takes(source)]
        async with aclosing(newest_first(self._service, sources, self._statuses(), before)) as lines:
            async for line in lines:
                self.lines += 1
                self.at = line.position
                if self._is_too_old(line):
                    return
                yield line if self._flatly(line) and await self._deeply(line) else None

    def _statuses(self) -> Sequence[str | None]:
        wanted: set[str] | None = None
        for token in self._flat:
            if token.property == "status" and token.operator == "=":
                wanted = set(token.values) if wanted is None else wanted & set(token.values)
        return [None] if wanted is None else sorted(wanted)

    async def _takes(self, source: Source) -> bool:
        for token in self._flat:
            if token.property == "machine" and not holds(token, source.machine.name):
                return False
            if token.property == "tag":
                row = source.machine
                tags = await self._service.store.load_tags(state_machine_arn(row.region, row.account, row.name))
                if not holds(token, tags.get(token.path)):
                    return False
        return True

    def _is_too_old(self, line: Line) -> bool:
        """Whether nothing that comes after can hold: a start is never later than the time by which lines are sorted."""
        return any(
            token.property in ("started", "stopped")
            and token.operator in (">", ">=")
            and line.position[0] < token.values[0]
            for token in self._flat
        )

    def _flatly(self, line: Line) -> bool:
        return all(holds(token, _flat_value(token, line)) for token in self._flat if token.property in _FLAT)

    # Looking into executions

    async def _deeply(self, line: Line) -> bool:
        if not self._deep:
            return True
        self.looked_into += 1
        if self.looked_into % _SLICE == 0:
            await asyncio.sleep(0)
        inside = await inside_of(self._service, line)
        self._characters += len(inside.input or "") + len(inside.output or "") + 200
        return all(self._holds_inside(token, line, inside) for token in self._deep)

    def _holds_inside(self, token: Token, line: Line, inside: "Inside") -> bool:
        if token.property == "text":
            texts = (line.name, inside.input, inside.output, inside.error, inside.cause)
            return any(holds(token, text) for text in texts)
        value = getattr(inside, token.property)
        if not token.path:
            return holds(token, value)
        found = _follow(self._paths[token.path], value)
        if found is MISSING:
            return token.operator in ("!=", "!:")
        return holds_json(token, found)


_FLAT: Final = {
    "status": "status",
    "name": "name",
    "version": "version",
    "alias": "alias",
    "redrives": "redrives",
    "started": "started_ms",
    "stopped": "stopped_ms",
    "duration": "duration_ms",
}


def _flat_value(token: Token, line: Line) -> Any:
    return getattr(line, _FLAT[token.property])


class Inside(Struct):
    """What an execution itself tells."""

    input: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    state: str | None = None


async def inside_of(service: Service, line: Line) -> Inside:
    """Read an execution; of one that has gone meanwhile nothing is known."""
    if isinstance(line.key, str):
        return _inside_of_express(service, line.key)
    row = await service.store.load_execution(line.key)
    if row is None:
        return Inside()
    reader = service.runtime.reader
    output, error, cause = await reader.result_of(row)
    state = await state_of(service, line)
    return Inside(await reader.input_of(row), output, error, cause, state)


async def state_of(service: Service, line: Line) -> str | None:
    """Where an open execution stands."""
    if line.status != "RUNNING" or isinstance(line.key, str):
        return None
    found = await service.store.load_open(line.key)
    return None if found is None else found.open.state


def _inside_of_express(service: Service, arn: str) -> Inside:
    inside = Inside()
    for first_event_id, turn in service.runtime.express.histories.batches(arn):
        for entry in entries([turn], first_event_id):
            if entry.type.name.startswith("Execution"):
                for name, value in details_of(entry, str).items():
                    if name in ("input", "output", "error", "cause"):
                        setattr(inside, name, value)
    return inside


def _path(text: str) -> Path:
    try:
        return compile_path(text if text.startswith("$") else f"$.{text}")
    except PathSyntaxError as error:
        raise ValidationException(f"The query's path '{text}' is wrong: {error}") from None


def _follow(path: Path, text: str | None) -> Any:
    if text is None:
        return MISSING
    try:
        return path.find(Scope(parse_json(text), dict, {}, _NO_DICE))
    except (JsonError, QueryError):
        return MISSING


# The read


async def search_of(
    service: Service, caller: Caller, query: str, machine: str | None, *, bounded: bool = True
) -> Search:
    """A search that is ready to look. Raises `ValidationException`, `StateMachineDoesNotExist` and others."""
    tokens = parse_query(query, service.clock.now_ms())
    map_runs = {token.values[0] for token in tokens if token.property == "mapRun"}
    if len(map_runs) > 1:
        raise ValidationException("A query names one Map Run at most")
    sources = await sources_of(service, caller, machine, next(iter(map_runs), None))
    return Search(service, tokens, sources, bounded=bounded)


async def search_executions(
    service: Service,
    caller: Caller,
    *,
    query: str = "",
    machine: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
    count_to: int = COUNTED,
) -> ExecutionPage:
    """A page of executions that match, newest first. Raises `ValidationException`, `InvalidToken` and others."""
    size = max(1, min(limit, ROWS_MAX))
    count_to = max(1, min(count_to, COUNTED_MAX))
    search = await search_of(service, caller, query, machine)
    chosen = (query, machine)
    position = await service.pages.read("SearchExecutions", caller, chosen, cursor)
    found, after = await _gather(search, None if position is None else (position[0], position[1]), size)
    total, is_more = None, False
    if cursor is None and not search.is_deep:
        total, is_more = await _count(search, after, count_to)
        total += len(found)
    return ExecutionPage(
        rows=await rows_of(service, found),
        cursor=None if after is None else await service.pages.make("SearchExecutions", caller, chosen, after),
        total=None if total is None else min(total, count_to),
        total_is_more=is_more or (total or 0) > count_to,
        searched_back_to_ms=after[0] if after is not None and len(found) < size else None,
    )


async def _gather(search: Search, before: Position | None, size: int) -> tuple[list[Line], Position | None]:
    """Lines that match, and where the search goes on; None at its end."""
    found: list[Line] = []
    async with aclosing(search.matches(before)) as matches:
        async for line in matches:
            if line is not None and len(found) == size:
                return found, found[-1].position
            if line is not None:
                found.append(line)
            if search.is_spent:
                return found, search.at
    return found, None


async def _count(search: Search, after: Position | None, count_to: int) -> tuple[int, bool]:
    """How many more match, as far as counting is worth while; and whether there are more than that."""
    count = 0
    if after is not None:
        async with aclosing(search.matches(after)) as matches:
            async for line in matches:
                count += line is not None
                if count > count_to or search.is_spent:
                    return count, True
    return count, False


async def rows_of(service: Service, lines: Sequence[Line]) -> list[ExecutionRow]:
    """What a list shows of executions; of children, those of one Map Run."""
    source = lines[0].source if lines else None
    is_of_run = source is not None and source.map_run_arn is not None
    run = await service.store.load_map_run(source.listed_as) if source is not None and is_of_run else None
    stands = None if run is None else Stands(service, run)
    return [await _row_of(service, line, stands) for line in lines]


async def _row_of(service: Service, line: Line, stands: Stands | None) -> ExecutionRow:
    machine = line.source.machine
    failed = line.status in ("FAILED", "ABORTED", "TIMED_OUT")
    return ExecutionRow(
        arn=line.arn,
        name=line.name,
        machine_arn=state_machine_arn(machine.region, machine.account, machine.name),
        machine_name=machine.name,
        type="EXPRESS" if isinstance(line.key, str) else "STANDARD",
        status=await _status(line, stands) if failed else line.status,
        started_ms=line.started_ms,
        stopped_ms=line.stopped_ms,
        version=line.version,
        alias=line.alias,
        redrives=line.redrives,
        redriven_ms=line.redriven_ms,
        map_run_arn=line.source.map_run_arn,
        state=await state_of(service, line),
        error=await _error_of(service, line) if failed else None,
    )


async def _status(line: Line, stands: Stands | None) -> ChildStatus:
    """What an execution that ended badly does now: a child may wait for a redrive of its Map Run."""
    if stands is None or isinstance(line.key, str):
        return line.status
    return await stands.status(run_of(line.key)[1], line.status, line.redrives)


async def _error_of(service: Service, line: Line) -> str | None:
    if isinstance(line.key, str):
        return _inside_of_express(service, line.key).error
    row = await service.store.load_execution(line.key)
    return None if row is None else (await service.runtime.reader.result_of(row))[1]
