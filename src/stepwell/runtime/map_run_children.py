"""The child executions of one Map Run: started, met again after a crash, redriven, stopped; their ends noted.

A STANDARD child is an execution with rows of its own. One that runs already is met by its id; one that ended badly
before its run was redriven goes on where it did. An EXPRESS child lives in memory and begins anew each time. An end
counts once, whoever brings it: the aggregate sees to that.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from stepwell.engine.child_ids import child_id, uuid_of
from stepwell.engine.events import StopRequested
from stepwell.engine.failure import Failure
from stepwell.engine.map_run import PAGE_CHILDREN, MapRun, Status
from stepwell.limits import Limits
from stepwell.payload import Payload
from stepwell.runtime.clock import Clock
from stepwell.runtime.ephemeral import End, Ephemeral
from stepwell.runtime.logbook import Logbook
from stepwell.runtime.machines import Machine
from stepwell.runtime.map_run_codec import ChildEnd
from stepwell.runtime.map_run_journal import Journal
from stepwell.runtime.map_run_source import Child
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.reader import Reader
from stepwell.runtime.refusals import Overloaded, StoreUnavailable
from stepwell.runtime.shard import Shard
from stepwell.runtime.turns import Item, Live
from stepwell.store.protocol import Store
from stepwell.store.records import ExecutionRow

_STARTING_MAX: Final = 128
_RETRY_S: Final = 0.2


class Redrives(Protocol):
    """Whoever lets executions go on that ended badly."""

    async def redrive_child(self, row: ExecutionRow) -> bool: ...


class Host(Protocol):
    """What a run needs of the runtime."""

    store: Store
    ownership: Ownership
    clock: Clock
    limits: Limits
    shard: Shard
    ephemeral: Ephemeral
    logbook: Logbook
    reader: Reader

    def make_child(self, machine: Machine, execution_id: bytes, name: str, given: Payload, now_ms: int) -> Live: ...

    @property
    def redriving(self) -> Redrives: ...


class Children:
    """Of one run. `recovered` says that some may have been started that no page tells of."""

    def __init__(
        self,
        host: Host,
        machine: Machine,
        run_id: bytes,
        aggregate: MapRun,
        journal: Journal,
        changed: Callable[[], None],
        *,
        recovered: bool,
    ) -> None:
        self._host = host
        self._machine = machine
        self._run_id = run_id
        self._aggregate = aggregate
        self._journal = journal
        self._changed = changed
        self._recovered = recovered
        self._express = machine.compiled.type == "EXPRESS"
        self._starting: dict[int, asyncio.Task[None]] = {}
        self._stopped: set[int] = set()
        self.trouble: BaseException | None = None  # an internal error: the run goes on from its rows

    # Their starts

    @property
    def may_start(self) -> bool:
        """Whether another one may be started now: not too many starts are on their way."""
        return len(self._starting) < _STARTING_MAX

    def start(self, child: Child) -> None:
        """Start a child that was told, or let it go on."""
        self._aggregate.start(child.number)
        self._journal.changed = True
        if self._express:
            self._start_express(child)
        else:
            self._start_standard(child)

    def _make(self, child: Child) -> Live:
        execution_id = child_id(self._run_id, child.number)
        now_ms = self._host.clock.now_ms()
        return self._host.make_child(self._machine, execution_id, uuid_of(execution_id), Payload(child.text), now_ms)

    def _start_express(self, child: Child) -> None:
        """It sees how often it was redriven, and not when (measured)."""
        live = self._make(child)
        live.execution.redrives = self._aggregate.redrives_of(child.number)
        end = self._host.ephemeral.begin(live, partial(self._host.logbook.took, live))
        end.add_done_callback(partial(self._express_ended, child))

    def _express_ended(self, child: Child, work: End) -> None:
        if work.cancelled():
            return
        execution = work.result()
        output, failure = execution.output, execution.failure or Failure(None, None)
        end = ChildEnd(
            child.number,
            Status[execution.status],
            child.items,
            execution.facts.started_ms,
            execution.stopped_ms or execution.at_ms,
            child.text,
            None if output is None else output.text,
            *failure,
            redrives=execution.redrives,
            attempt=self._aggregate.attempt,
        )
        self._end(end, 0 if output is None else output.size_bytes)

    def _start_standard(self, child: Child) -> None:
        task = asyncio.get_running_loop().create_task(self._commit_start(child), name="map-run-child")
        self._starting[child.number] = task
        task.add_done_callback(partial(self._started, child.number))

    def _started(self, number: int, task: "asyncio.Task[None]") -> None:
        self._starting.pop(number, None)
        self._changed()
        if not task.cancelled() and task.exception() is not None:
            self.trouble = task.exception()

    async def _commit_start(self, child: Child) -> None:
        """Start a child durably, or redrive it. One that the last server started or redrove is met instead."""
        redrives = self._aggregate.redrives_of(child.number)
        while True:
            row = await self._execution(child.number) if self._recovered or redrives else None
            try:
                if row is None:
                    live = self._make(child)
                    await self._host.shard.start(live, live.execution.facts.name, None)
                elif _is_met(row, redrives):
                    await self._meet(child.number, row)
                elif not await self._host.redriving.redrive_child(row):
                    self._aggregate.refuse_redrive(child.number)
                    await self._meet(child.number, row)
                return
            except (Overloaded, StoreUnavailable):
                await asyncio.sleep(_RETRY_S)

    async def _execution(self, number: int) -> ExecutionRow | None:
        return await self._journal.retried(lambda: self._host.store.load_execution(child_id(self._run_id, number)))

    # Those that the last server left

    async def last_started(self, told: int) -> int:
        """The number of the last child that was started though it had not been told, so many being told; or -1.

        Starts leave in order, and so many at once: behind as many that were not started there is none.
        """
        last, number = -1, told
        while self._recovered and not self._express and number - max(last, told - 1) <= _STARTING_MAX:
            if await self._execution(number) is not None:
                last = number
            number += 1
        return last

    async def adopt(self) -> None:
        """The run is ending: meet those that were running, to see them end."""
        if self._express or not self._recovered:
            return
        aggregate = self._aggregate
        for page in list(aggregate.pages.values()):
            for place, status in enumerate(page.statuses):
                if status not in (Status.UNKNOWN, Status.PENDING, Status.PENDING_REDRIVE):
                    continue
                number = page.number * PAGE_CHILDREN + place
                row = await self._execution(number)
                if row is not None and _is_met(row, page.redrives[place]):
                    if status == Status.UNKNOWN:
                        aggregate.tell(number, page.sizes[place], page.checkpoint)
                    aggregate.start(number)
                    await self._meet(number, row)

    async def _meet(self, number: int, row: ExecutionRow) -> None:
        if row.status != "RUNNING":
            output, _, _ = await self._host.reader.result_of(row)
            size = 0 if output is None else len(output.encode())
            self.closed(number, row.status, row.stopped_ms or 0, row.started_ms, row.redrives, size)

    # Their ends

    def closed(
        self, number: int, status: str, stopped_ms: int, started_ms: int, redrives: int, output_bytes: int
    ) -> None:
        """A STANDARD child's end was committed."""
        items, attempt = self._items_of(number), self._aggregate.attempt
        end = ChildEnd(number, Status[status], items, started_ms, stopped_ms, redrives=redrives, attempt=attempt)
        self._end(end, output_bytes)

    def _items_of(self, number: int) -> int:
        page = self._aggregate.pages.get(number // PAGE_CHILDREN)
        place = number % PAGE_CHILDREN
        return 1 if page is None or place >= len(page.sizes) else page.sizes[place]

    def _end(self, end: ChildEnd, output_bytes: int) -> None:
        page = self._aggregate.end(end.number, Status(end.status), output_bytes)
        if page is not None:
            self._journal.note(page, end)
            self._changed()

    def stop_running(self) -> None:
        """The run is ending: STANDARD children are stopped, EXPRESS ones may end unless nobody waits (measured)."""
        if not self._aggregate.is_ending:
            return
        for number in self._running():
            if self._express:
                if self._aggregate.aborted:
                    self._abort_express(number)
            elif number not in self._stopped and number not in self._starting:
                self._stopped.add(number)
                self._host.shard.put(Item(child_id(self._run_id, number), StopRequested(None, None)))

    def _abort_express(self, number: int) -> None:
        self._host.ephemeral.give_up(child_id(self._run_id, number))
        now_ms, attempt = self._host.clock.now_ms(), self._aggregate.attempt
        redrives = self._aggregate.redrives_of(number)
        times = (now_ms, now_ms)
        end = ChildEnd(number, Status.ABORTED, self._items_of(number), *times, "", redrives=redrives, attempt=attempt)
        self._end(end, 0)

    def give_up(self) -> None:
        """Whoever goes on with the run begins them again."""
        for task in self._starting.values():
            task.cancel()
        for number in self._running() if self._express else ():
            self._host.ephemeral.give_up(child_id(self._run_id, number))

    def _running(self) -> list[int]:
        if not self._aggregate.counts[Status.RUNNING]:
            return []
        return [
            page.number * PAGE_CHILDREN + place
            for page in self._aggregate.pages.values()
            for place, status in enumerate(page.statuses)
            if status == Status.RUNNING
        ]


def _is_met(row: ExecutionRow, redrives: int) -> bool:
    """Whether a child is, or was, under way as its run wants it: its last redrive has happened, if there is one."""
    return row.status in ("RUNNING", "SUCCEEDED") or row.redrives >= redrives
