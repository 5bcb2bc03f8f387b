"""ListExecutions by mapRunArn: the children of one Map Run, newest first.

A run that goes on after a redrive has children that ended and are to go on: what they are called is known of each line
only. So lines are read as they stand and chosen afterwards, and a page may have fewer than were asked for. (AWS:
status PENDING_REDRIVE, redriveFilter.)
"""

from typing import Any, NamedTuple

from stepwell.caller import Caller
from stepwell.engine.child_ids import run_of
from stepwell.engine.map_run import Status
from stepwell.operations import children
from stepwell.operations.children import Stands
from stepwell.operations.map_runs import map_run_of
from stepwell.operations.paging import page_size
from stepwell.operations.service import Service
from stepwell.runtime.machines import Machine
from stepwell.runtime.map_run_codec import ChildEnd
from stepwell.runtime.map_run_ends import Ends, Position
from stepwell.store.records import ListingRow, MapRunRow


class _Found(NamedTuple):
    """A line, and the position after it."""

    line: dict[str, Any]
    after: Any


async def list_children(
    service: Service,
    caller: Caller,
    *,
    map_run_arn: str,
    status_filter: str | None,
    redrive_filter: str | None,
    max_results: int | None,
    next_token: str | None,
) -> dict[str, Any]:
    """A page of children. Raises `ResourceNotFound`, `InvalidArn`, `InvalidToken`."""
    _, run = await map_run_of(service, caller, map_run_arn)
    machine = await service.runtime.machines.load_child(run)
    size = page_size(max_results, service.limits)
    chosen = (run.id, status_filter, redrive_filter)
    position = await service.pages.read("ListExecutions", caller, chosen, next_token)
    stored = None if run.redrives and run.status == "RUNNING" else status_filter
    if stored == "PENDING_REDRIVE":
        return {"executions": []}
    read = _express if machine.compiled.type == "EXPRESS" else _standard
    found = await read(service, run, machine, map_run_arn, stored, position, size + 1)
    token = None
    if len(found) > size:
        token = await service.pages.make("ListExecutions", caller, chosen, found[size - 1].after)
    lines = [one.line for one in found[:size]]
    return {
        "executions": [line for line in lines if _is_asked(line, status_filter, redrive_filter)],
        "next_token": token,
    }


def _is_asked(line: dict[str, Any], status: str | None, redrive: str | None) -> bool:
    if redrive is not None and (redrive == "REDRIVEN") != (line["redrive_count"] > 0):
        return False
    return status in (None, line["status"])


async def _standard(
    service: Service, run: MapRunRow, machine: Machine, arn: str, status: str | None, position: Any, size: int
) -> list[_Found]:
    before = None if position is None else (position[0], position[1])
    rows = await service.store.list_executions(run.id, status, before, size)
    stands = Stands(service, run)
    return [_Found(await _line(machine, arn, row, stands), (sort_ms, row.execution_id)) for sort_ms, row in rows]


async def _line(machine: Machine, map_run_arn: str, row: ListingRow, stands: Stands) -> dict[str, Any]:
    stand = await stands.of(run_of(row.execution_id)[1])
    return {
        "execution_arn": machine.execution_arn(row.execution_id, row.name),
        "state_machine_arn": machine.arn,
        "map_run_arn": map_run_arn,
        "name": row.name,
        "status": stand.status(row.status, row.redrives),
        "start_date": row.started_ms,
        "stop_date": row.stopped_ms,
        "item_count": stand.items,
        "redrive_count": row.redrives,
        "redrive_date": row.redriven_ms,
    }


async def _express(
    service: Service, run: MapRunRow, machine: Machine, arn: str, status: str | None, position: Any, size: int
) -> list[_Found]:
    stands = Stands(service, run)
    found = []
    for end, after in await express_ends(service, run, status, position, size):
        now = await stands.status(end.number, Status(end.status).name, end.redrives)
        found.append(_Found(children.line(machine, arn, end, now), after))
    return found


async def express_ends(
    service: Service, run: MapRunRow, status: str | None, position: Position | None, size: int
) -> list[tuple[ChildEnd, Position]]:
    """Ends of EXPRESS children, newest first by page, each with the position after it."""
    found: list[tuple[ChildEnd, Position]] = []
    async for end, after in Ends(service.store, run.id, redriven=run.redrives > 0).back(position):
        if status in (None, Status(end.status).name):
            found.append((end, after))
            if len(found) == size:
                break
    return found
