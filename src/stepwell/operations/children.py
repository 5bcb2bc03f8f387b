"""Child executions of Map Runs: from their ARNs to what is known of them.

A STANDARD child is an execution like any other, listed under its run. Of an EXPRESS child only the end is kept, with
its run. (AWS: ListExecutions by mapRunArn, DescribeExecution of children; measured.)
"""

from typing import Any, NamedTuple

from stepwell.arn import CHILD_EXECUTION, EXPRESS_CHILD_EXECUTION, Arn
from stepwell.caller import Caller
from stepwell.engine.child_ids import child_id, id_of, run_of, uuid_of
from stepwell.engine.map_run import PAGE_CHILDREN, Status
from stepwell.errors import ExecutionDoesNotExist
from stepwell.operations.service import Service
from stepwell.runtime.machines import Machine
from stepwell.runtime.map_run_codec import ChildEnd, decode_ends, decode_page
from stepwell.store.records import MapRunRow, StateMachineRow

_PARTS = 8
Position = tuple[int, int, int]  # page, part, ends of it that are done


class ExpressChild(NamedTuple):
    """An EXPRESS child that has ended."""

    run: MapRunRow
    machine: Machine
    end: ChildEnd


async def run_of_child(service: Service, machine: StateMachineRow, arn: Arn) -> tuple[MapRunRow, int] | None:
    """The run that a child's ARN leads to, and the child's number."""
    id = id_of(arn.parts[2])
    if id is None:
        return None
    run_id, number = run_of(id)
    run = await service.store.load_map_run(run_id)
    if run is None or number < 0 or run.machine_id != machine.id or run.label != arn.parts[1]:
        return None
    return run, number


async def find_standard_child(service: Service, machine: StateMachineRow, arn: Arn) -> bytes | None:
    """The execution of a STANDARD child's ARN."""
    found = await run_of_child(service, machine, arn) if arn.kind == CHILD_EXECUTION else None
    return None if found is None else child_id(found[0].id, found[1])


async def express_child_of(service: Service, caller: Caller, machine: StateMachineRow | None, arn: Arn) -> ExpressChild:
    """An EXPRESS child that has ended. Raises `ExecutionDoesNotExist`."""
    found = await run_of_child(service, machine, arn) if machine and arn.kind == EXPRESS_CHILD_EXECUTION else None
    if found is not None:
        run, number = found
        child_machine = await service.runtime.machines.load_child(run)
        id = child_id(run.id, number)
        if child_machine.execution_arn(id, uuid_of(id)) == arn.text:
            for part in await service.store.load_map_run_parts_of(run.id, number // PAGE_CHILDREN):
                for end in decode_ends(part.results):
                    if end.number == number:
                        return ExpressChild(run, child_machine, end)
    raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{arn.text}'")


def described(child: ExpressChild, map_run_arn: str, included: bool) -> dict[str, Any]:
    """What DescribeExecution says of an EXPRESS child; its name is both UUIDs (measured)."""
    end = child.end
    answer: dict[str, Any] = {**line(child.machine, map_run_arn, end), "input_details": {"included": included}}
    answer.pop("item_count")
    if end.output is not None:
        answer["output_details"] = {"included": included}
    if included:
        answer.update(input=end.input, output=end.output, error=end.error, cause=end.cause)
    succeeded = end.status == Status.SUCCEEDED
    answer["redrive_status"] = "NOT_REDRIVABLE" if succeeded else "REDRIVABLE_BY_MAP_RUN"
    answer["redrive_status_reason"] = "Execution is SUCCEEDED and cannot be redriven" if succeeded else None
    return answer


def line(machine: Machine, map_run_arn: str, end: ChildEnd) -> dict[str, Any]:
    """What ListExecutions says of an EXPRESS child."""
    assert machine.map_run_id is not None
    id = child_id(machine.map_run_id, end.number)
    arn = machine.execution_arn(id, uuid_of(id))
    return {
        "execution_arn": arn,
        "state_machine_arn": machine.arn,
        "map_run_arn": map_run_arn,
        "name": ":".join(arn.split(":")[-2:]),
        "status": Status(end.status).name,
        "start_date": end.started_ms,
        "stop_date": end.stopped_ms,
        "item_count": end.items,
        "redrive_count": 0,
    }


async def express_ends(
    service: Service, run: MapRunRow, status: str | None, position: Position | None, size: int
) -> list[tuple[ChildEnd, Position]]:
    """Ends of EXPRESS children, newest first by page, each with the position after it."""
    found: list[tuple[ChildEnd, Position]] = []
    before = None if position is None else (position[0], position[1] + 1)
    while parts := await service.store.load_map_run_parts_back(run.id, before, _PARTS):
        for part in parts:
            done = position[2] if position is not None and (part.page, part.part) == tuple(position[:2]) else 0
            for place, end in enumerate(reversed(decode_ends(part.results))):
                if place >= done and status in (None, Status(end.status).name):
                    found.append((end, (part.page, part.part, place + 1)))
                    if len(found) == size:
                        return found
        before = (parts[-1].page, parts[-1].part)
    return found


async def item_counts(service: Service, run: MapRunRow, numbers: list[int]) -> list[int]:
    """How many items each of these children has."""
    pages = {}
    for page in {number // PAGE_CHILDREN for number in numbers}:
        raw = await service.store.load_map_run_page(run.id, page)
        pages[page] = [] if raw is None else decode_page(page, raw).sizes
    sizes = [(pages[number // PAGE_CHILDREN], number % PAGE_CHILDREN) for number in numbers]
    return [found[place] if place < len(found) else 1 for found, place in sizes]
