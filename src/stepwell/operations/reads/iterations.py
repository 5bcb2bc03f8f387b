"""Iterations of a Map state: inline ones out of the history, those of a distributed one out of its run's children."""

from collections.abc import Iterable
from typing import Any, Final

import orjson
from msgspec import Struct

from stepwell.caller import Caller
from stepwell.engine.child_ids import child_id, run_of, uuid_of
from stepwell.engine.map_run import Status
from stepwell.engine.model import ExecutionStatus
from stepwell.engine.places import HistoryEvent, Path
from stepwell.errors import ValidationException
from stepwell.operations.child_list import express_ends
from stepwell.operations.children import ChildStatus, Stands
from stepwell.operations.map_runs import arn_of
from stepwell.operations.reads.subjects import Subject, subject_of
from stepwell.operations.service import Service
from stepwell.runtime.map_run_codec import decode_progress
from stepwell.runtime.tracks import PAGE_EVENTS
from stepwell.store.records import MapRunRow

ROWS_MAX: Final = 1_000
GROUPS_MAX: Final = 100
GROUPED_CHILDREN_MAX: Final = 2_000
_RUNS_MAX: Final = 1_000


class IterationRow(Struct, rename="camel"):
    """One iteration: where it stands or failed, and the last event that says so; or a child execution."""

    index: int
    status: ChildStatus
    started_ms: int | None
    stopped_ms: int | None
    error: str | None
    cause: str | None
    state: str | None
    event_id: int | None
    child_arn: str | None


class IterationCounts(Struct, rename="camel"):
    """Iterations by what became of them."""

    total: int = 0
    started: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    aborted: int = 0


class ErrorGroup(Struct, rename="camel"):
    """How many failed by one error."""

    error: str
    count: int


class IterationPage(Struct, rename="camel"):
    """A page of iterations in order of index; of children newest first."""

    rows: list[IterationRow]
    cursor: str | None
    counts: IterationCounts
    groups: list[ErrorGroup]
    groups_are_all: bool
    map_run_arn: str | None


async def execution_iterations(
    service: Service,
    caller: Caller,
    *,
    arn: str,
    map: str,
    path: str = "[]",
    status: str | None = None,
    error: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> IterationPage:
    """Iterations of the Map state of a name. Raises `ExecutionDoesNotExist`, `ValidationException`, `InvalidToken`."""
    outer = _read_path(path)
    size = max(1, min(limit, ROWS_MAX))
    subject = await subject_of(service, caller, arn)
    chosen = (subject.key, map, path, status, error)
    position = await service.pages.read("ExecutionIterations", caller, chosen, cursor)
    run = await _run_of(service, subject, map, outer)
    if run is not None:
        rows, after, counts, groups, whole = await _children(service, run, status, error, position, size)
        run_arn = await _run_arn(service, run)
    else:
        rows, after, counts, groups, whole = await _inline(subject, map, outer, status, error, position or 0, size)
        run_arn = None
    token = None if after is None else await service.pages.make("ExecutionIterations", caller, chosen, after)
    return IterationPage(rows, token, counts, groups, whole, run_arn)


def _read_path(text: str) -> Path:
    try:
        return tuple((str(name), int(index)) for name, index in orjson.loads(text))
    except (ValueError, TypeError):
        raise ValidationException("'path' is a list of pairs: a Map state's name and an index") from None


_Answer = tuple[list[IterationRow], Any, IterationCounts, list[ErrorGroup], bool]


# Inline


async def _inline(
    subject: Subject, map: str, outer: Path, status: str | None, error: str | None, first: int, size: int
) -> _Answer:
    counts = IterationCounts()
    iterations: dict[int, IterationRow] = {}
    track = await subject.track()
    for at in range(1, track.last + 1, PAGE_EVENTS):
        for event in await track.events(at, PAGE_EVENTS, data=False):
            _take(event, map, outer, iterations, counts)
    matching = [iterations[index] for index in sorted(iterations) if _matches(iterations[index], status, error)]
    counts.started = len(iterations)
    for row in iterations.values():
        name = row.status.lower()
        setattr(counts, name, getattr(counts, name) + 1)
    page = [row for row in matching if row.index >= first]
    after = page[size].index if len(page) > size else None
    return page[:size], after, counts, _groups(row.error for row in iterations.values() if _is_bad(row)), True


def _take(
    event: HistoryEvent, map: str, outer: Path, iterations: dict[int, IterationRow], counts: IterationCounts
) -> None:
    depth = len(outer)
    if event.state == map and event.path == outer and event.type == "MapStateStarted":
        iterations.clear()  # a retry, or the next time round
        counts.total = event.details["length"]
        return
    if len(event.path) <= depth or event.path[:depth] != outer or event.path[depth][0] != map:
        if event.type in ("ExecutionTimedOut", "ExecutionAborted", "ExecutionFailed"):
            _end_all(event, iterations)
        return
    index = event.path[depth][1]
    of_iteration = event.state == map and len(event.path) == depth + 1 and event.type.startswith("MapIteration")
    row = iterations.get(index)
    if row is None or (event.type == "MapIterationStarted" and of_iteration):
        row = iterations[index] = IterationRow(index, "RUNNING", event.at_ms, None, None, None, None, event.id, None)
    if of_iteration:
        _end(row, event)
    else:
        _note(row, event)


def _end(row: IterationRow, event: HistoryEvent) -> None:
    ends: dict[str, ExecutionStatus] = {
        "MapIterationSucceeded": "SUCCEEDED",
        "MapIterationFailed": "FAILED",
        "MapIterationAborted": "ABORTED",
    }
    if event.type in ends:
        row.status, row.stopped_ms, row.event_id = ends[event.type], event.at_ms, event.id
        if row.status == "SUCCEEDED":
            row.error = row.cause = None


def _note(row: IterationRow, event: HistoryEvent) -> None:
    """Something happened inside; after a redrive that also means that it goes on."""
    if event.type.endswith("StateAborted"):
        return
    row.status, row.stopped_ms = "RUNNING", None
    row.state, row.event_id = event.state, event.id
    if event.type.endswith(("Failed", "TimedOut")):
        row.error, row.cause = event.details.get("error"), event.details.get("cause")


def _end_all(event: HistoryEvent, iterations: dict[int, IterationRow]) -> None:
    status: ExecutionStatus = "TIMED_OUT" if event.type == "ExecutionTimedOut" else "ABORTED"
    for row in iterations.values():
        if row.status == "RUNNING":
            row.status, row.stopped_ms = status, event.at_ms


def _is_bad(row: IterationRow) -> bool:
    return row.status in ("FAILED", "TIMED_OUT")


def _matches(row: IterationRow, status: str | None, error: str | None) -> bool:
    return status in (None, row.status) and error in (None, row.error)


def _groups(errors: Iterable[str | None]) -> list[ErrorGroup]:
    counts: dict[str, int] = {}
    for error in errors:
        counts[error or ""] = counts.get(error or "", 0) + 1
    most_first = sorted(counts.items(), key=lambda item: -item[1])
    return [ErrorGroup(error, count) for error, count in most_first[:GROUPS_MAX]]


# Distributed


async def _run_of(service: Service, subject: Subject, map: str, outer: Path) -> MapRunRow | None:
    """The latest run of a distributed Map's state, if it is one."""
    if isinstance(subject.key, str) or not await service.store.list_map_runs(subject.key, None, 1):
        return None
    found = None
    track = await subject.track()
    for at in range(1, track.last + 1, PAGE_EVENTS):
        for event in await track.events(at, PAGE_EVENTS, data=False):
            if event.type == "MapRunStarted" and (event.state, event.path) == (map, outer):
                found = event.details["mapRunArn"]
    if found is None:
        return None
    for run in await service.store.list_map_runs(subject.key, None, _RUNS_MAX):
        if found.endswith(f":{uuid_of(run.id)}"):
            return run
    return None


async def _run_arn(service: Service, run: MapRunRow) -> str:
    machine = await service.runtime.machines.load_child(run)
    return arn_of(machine.row, run)


async def _children(
    service: Service, run: MapRunRow, status: str | None, error: str | None, position: Any, size: int
) -> _Answer:
    machine = await service.runtime.machines.load_child(run)
    wanted = status if error is None else status or "FAILED"
    if machine.compiled.type == "EXPRESS":
        rows, after = await _express_children(service, run, wanted, error, position, size)
    else:
        rows, after = await _standard_children(service, run, wanted, error, position, size)
    groups, whole = await _child_groups(service, run, machine.compiled.type == "EXPRESS")
    return rows, after, _child_counts(run), groups, whole


def _child_counts(run: MapRunRow) -> IterationCounts:
    counts = decode_progress(run.progress).counts
    known = sum(counts)
    return IterationCounts(
        total=known,
        started=known - counts[Status.PENDING],
        running=counts[Status.RUNNING],
        succeeded=counts[Status.SUCCEEDED],
        failed=counts[Status.FAILED],
        timed_out=counts[Status.TIMED_OUT],
        aborted=counts[Status.ABORTED],
    )


async def _standard_children(
    service: Service, run: MapRunRow, status: str | None, error: str | None, position: Any, size: int
) -> tuple[list[IterationRow], Any]:
    machine = await service.runtime.machines.load_child(run)
    stands = Stands(service, run)
    rows: list[IterationRow] = []
    before = None if position is None else (position[0], position[1])
    looked = 0
    while found := await service.store.list_executions(run.id, status, before, size + 1):
        for sort_ms, line in found:
            if len(rows) == size or looked >= GROUPED_CHILDREN_MAX:
                return rows, before
            before = (sort_ms, line.execution_id)
            looked += 1
            number = run_of(line.execution_id)[1]
            row = IterationRow(
                number,
                await stands.status(number, line.status, line.redrives),
                line.started_ms,
                line.stopped_ms,
                *await _why(service, line.execution_id, line.status),
                None,
                None,
                machine.execution_arn(line.execution_id, line.name),
            )
            if error in (None, row.error):
                rows.append(row)
    return rows, None


async def _why(service: Service, execution_id: bytes, status: str) -> tuple[str | None, str | None]:
    if status in ("RUNNING", "SUCCEEDED"):
        return None, None
    row = await service.store.load_execution(execution_id)
    return (None, None) if row is None else (await service.runtime.reader.result_of(row))[1:]


async def _express_children(
    service: Service, run: MapRunRow, status: str | None, error: str | None, position: Any, size: int
) -> tuple[list[IterationRow], Any]:
    machine = await service.runtime.machines.load_child(run)
    rows: list[IterationRow] = []
    ends = await express_ends(service, run, status, position, size + 1)
    stands = Stands(service, run)
    after = None
    for end, place in ends[:size]:
        after = place
        if error in (None, end.error):
            now = await stands.status(end.number, Status(end.status).name, end.redrives)
            execution_id = child_id(run.id, end.number)
            arn = machine.execution_arn(execution_id, uuid_of(execution_id))
            times = (end.started_ms, end.stopped_ms)
            rows.append(IterationRow(end.number, now, *times, end.error, end.cause, None, None, arn))
    return rows, after if len(ends) > size else None


async def _child_groups(service: Service, run: MapRunRow, is_express: bool) -> tuple[list[ErrorGroup], bool]:
    if is_express:
        ends = await express_ends(service, run, "FAILED", None, GROUPED_CHILDREN_MAX)
        return _groups(end.error for end, _ in ends), len(ends) < GROUPED_CHILDREN_MAX
    errors = []
    found = await service.store.list_executions(run.id, "FAILED", None, GROUPED_CHILDREN_MAX)
    for _, line in found:
        errors.append((await _why(service, line.execution_id, line.status))[0])
    return _groups(errors), len(found) < GROUPED_CHILDREN_MAX
