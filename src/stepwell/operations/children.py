"""Child executions of Map Runs: from their ARNs to what is known of them.

A STANDARD child is an execution like any other, listed under its run. Of an EXPRESS child only the end is kept, with
its run. (AWS: DescribeExecution of children; measured.)
"""

from typing import Any, Literal, NamedTuple

from stepwell.arn import CHILD_EXECUTION, EXPRESS_CHILD_EXECUTION, Arn
from stepwell.caller import Caller
from stepwell.engine.child_ids import child_id, id_of, run_of, uuid_of
from stepwell.engine.map_run import PAGE_CHILDREN, Page, Status
from stepwell.errors import ExecutionDoesNotExist
from stepwell.operations.service import Service
from stepwell.runtime.machines import Machine
from stepwell.runtime.map_run_codec import ChildEnd, decode_page
from stepwell.runtime.map_run_ends import Ends
from stepwell.store.records import MapRunRow, StateMachineRow

ChildStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]
"""What an execution does in a list. Only children of a Map Run wait for its redrive."""


class ExpressChild(NamedTuple):
    """An EXPRESS child that has ended; `status` is what it does now, after a redrive of its run."""

    run: MapRunRow
    machine: Machine
    end: ChildEnd
    status: str


class Stand(NamedTuple):
    """Where a child stands in its run: how many items it has, and whether a redrive of the run waits for it."""

    items: int = 1
    redrives: int = 0
    is_running: bool = False

    def status(self, ended: str, redrives: int) -> ChildStatus:
        """What a child does now that ended so after so many redrives of its own."""
        if redrives >= self.redrives:
            return ended  # type: ignore[return-value]  # the store holds these words only
        return "RUNNING" if self.is_running else "PENDING_REDRIVE"


class Stands:
    """Where the children of one run stand. Each page is loaded once."""

    def __init__(self, service: Service, run: MapRunRow) -> None:
        self._store = service.store
        self._run = run
        self._pages: dict[int, Page | None] = {}

    async def of(self, number: int) -> Stand:
        """Where a child stands."""
        page, place = await self._page(number // PAGE_CHILDREN), number % PAGE_CHILDREN
        if page is None or place >= len(page.sizes):
            return Stand()
        if self._run.status != "RUNNING":  # nothing is waited for any more
            return Stand(page.sizes[place])
        return Stand(page.sizes[place], page.redrives[place], page.statuses[place] == Status.RUNNING)

    async def status(self, number: int, ended: str, redrives: int) -> ChildStatus:
        """What a child does now that ended so: only in a run that was redriven it may be another thing."""
        stand = await self.of(number) if self._run.redrives else Stand()
        return stand.status(ended, redrives)

    async def _page(self, number: int) -> Page | None:
        if number not in self._pages:
            raw = await self._store.load_map_run_page(self._run.id, number)
            self._pages[number] = None if raw is None else decode_page(number, raw)
        return self._pages[number]


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


async def status_now(service: Service, id: bytes, ended: str, redrives: int) -> ChildStatus:
    """What a STANDARD child that has ended badly does now: it may wait for a redrive of its run."""
    run_id, number = run_of(id)
    run = await service.store.load_map_run(run_id)
    return (
        Stand().status(ended, redrives) if run is None else await Stands(service, run).status(number, ended, redrives)
    )


async def express_child_of(service: Service, caller: Caller, machine: StateMachineRow | None, arn: Arn) -> ExpressChild:
    """An EXPRESS child that has ended. Raises `ExecutionDoesNotExist`."""
    found = await run_of_child(service, machine, arn) if machine and arn.kind == EXPRESS_CHILD_EXECUTION else None
    if found is not None:
        run, number = found
        child_machine = await service.runtime.machines.load_child(run)
        id = child_id(run.id, number)
        if child_machine.execution_arn(id, uuid_of(id)) == arn.text:
            end = await Ends(service.store, run.id, redriven=run.redrives > 0).of(number)
            if end is not None:
                stand = await Stands(service, run).of(number)
                return ExpressChild(run, child_machine, end, stand.status(Status(end.status).name, end.redrives))
    raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{arn.text}'")


def described(child: ExpressChild, map_run_arn: str, included: bool) -> dict[str, Any]:
    """What DescribeExecution says of an EXPRESS child; its name is both UUIDs (measured)."""
    end = child.end
    shown = line(child.machine, map_run_arn, end, child.status)
    answer: dict[str, Any] = {**shown, "input_details": {"included": included}}
    answer.pop("item_count")
    if end.output is not None:
        answer["output_details"] = {"included": included}
    if included:
        answer.update(input=end.input, output=end.output)
    if included and child.status != "RUNNING":
        answer.update(error=end.error, cause=end.cause)
    succeeded = end.status == Status.SUCCEEDED
    answer["redrive_status"] = "NOT_REDRIVABLE" if succeeded else "REDRIVABLE_BY_MAP_RUN"
    answer["redrive_status_reason"] = "Execution is SUCCEEDED and cannot be redriven" if succeeded else None
    return answer


def line(machine: Machine, map_run_arn: str, end: ChildEnd, status: str) -> dict[str, Any]:
    """What ListExecutions says of an EXPRESS child, whose status it is now; when it was redriven nobody knows (AWS)."""
    assert machine.map_run_id is not None
    id = child_id(machine.map_run_id, end.number)
    arn = machine.execution_arn(id, uuid_of(id))
    return {
        "execution_arn": arn,
        "state_machine_arn": machine.arn,
        "map_run_arn": map_run_arn,
        "name": ":".join(arn.split(":")[-2:]),
        "status": status,
        "start_date": end.started_ms,
        "stop_date": None if status == "RUNNING" else end.stopped_ms,
        "item_count": end.items,
        "redrive_count": end.redrives,
    }
