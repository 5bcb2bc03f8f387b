"""Drives one Map Run: reads items, starts children, records their ends, and tells the parent of the run's own.

The aggregate (`engine.map_run`) decides; here its decisions are carried out. What has ended is written in groups, with
the page that it belongs to in the same transaction: whatever was not written did not end. After a crash reading goes on
at the first page in which something had not ended. A STANDARD child that runs already is met by its id, an EXPRESS
child runs again; its end counts once, since only one is ever written.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Final, Protocol

from stepwell.arn import map_run_arn
from stepwell.asl.states.map import Map
from stepwell.engine.child_ids import child_id, uuid_of
from stepwell.engine.commands import MapPlan
from stepwell.engine.events import MapRunEnded, StopRequested
from stepwell.engine.failure import Failure
from stepwell.engine.map_run import PAGE_CHILDREN, MapRun, Settings, Status
from stepwell.integrations.items import ItemReaderFailed, ResultWriter
from stepwell.limits import Limits
from stepwell.payload import Payload
from stepwell.query.failures import QueryError
from stepwell.runtime.clock import Clock
from stepwell.runtime.ephemeral import End, Ephemeral
from stepwell.runtime.logbook import Logbook
from stepwell.runtime.machines import Machine
from stepwell.runtime.map_run_codec import ChildEnd, decode_page, decode_progress
from stepwell.runtime.map_run_journal import SAVE_S, Journal
from stepwell.runtime.map_run_results import Results, target_of, transformation_of, writer_config
from stepwell.runtime.map_run_source import Child, Source, every
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import Overloaded, StoreUnavailable
from stepwell.runtime.shard import Shard
from stepwell.runtime.turns import Item, Live
from stepwell.store.protocol import Store
from stepwell.store.records import ExecutionRow, MapRunRow

log = logging.getLogger("stepwell.runtime")

READER_FAILED: Final = "States.ItemReaderFailed"
_SLICE_S: Final = 0.01
_STARTING_MAX: Final = 128
_RETRY_S: Final = 0.2


class Host(Protocol):
    """What a driver needs of the runtime."""

    store: Store
    ownership: Ownership
    clock: Clock
    limits: Limits
    shard: Shard
    ephemeral: Ephemeral
    logbook: Logbook

    def make_child(self, machine: Machine, execution_id: bytes, name: str, given: Payload, now_ms: int) -> Live: ...


class MapRunDriver:
    """One run. `run` is its whole life; the other methods tell it what happened meanwhile."""

    def __init__(
        self,
        host: Host,
        row: MapRunRow,
        machine: Machine,
        state: Map,
        plan: MapPlan,
        source: Source,
        results: Results,
        *,
        recovered: bool,
    ) -> None:
        self._host = host
        self.row = row
        self._machine = machine
        self._state = state
        self._plan = plan
        self._source = source
        self._results = results
        self._recovered = recovered  # children may have been started that no page tells of
        self._express = machine.compiled.type == "EXPRESS"
        progress = decode_progress(row.progress)
        self.aggregate = MapRun(progress.settings, host.limits.map_run_concurrency_max, items_known=source.items_known)
        self._resume = (progress.page, progress.checkpoint)
        self._pending: deque[Child] = deque()
        self._starting: dict[int, asyncio.Task[None]] = {}
        self._journal = Journal(host.ownership, row, self.aggregate, progress)
        self._stopped: set[int] = set()
        self._trouble: BaseException | None = None  # an internal error: the run goes on from its rows
        self._wake = asyncio.Event()

    @property
    def arn(self) -> str:
        """The run's ARN."""
        row = self._machine.row
        return map_run_arn(row.region, row.account, row.name, self.row.label, uuid_of(self.row.id))

    # Told from outside

    def abort(self) -> None:
        """The parent does not wait any more."""
        self.aggregate.abort()
        self._touch()

    async def update(self, settings: Settings) -> None:
        """UpdateMapRun; durable when this returns."""
        self.aggregate.update(settings)
        self._touch()
        await self._journal.save()

    def child_closed(self, number: int, status: str, stopped_ms: int, started_ms: int, output_bytes: int) -> None:
        """A STANDARD child's end was committed."""
        items = self._items_of(number)
        self._end(ChildEnd(number, Status[status], items, started_ms, stopped_ms), output_bytes)

    def _touch(self) -> None:
        self._journal.changed = True
        self._wake.set()

    # Its life

    async def run(self) -> None:
        """From where its rows left it to its end. A store that fails is asked again; only cancelling breaks it off."""
        try:
            if self.row.status == "RUNNING":
                await self._restore()
                await self._work()
            await self._finish()
        finally:
            for task in self._starting.values():
                task.cancel()
            self._give_up_children()

    async def _restore(self) -> None:
        progress = decode_progress(self.row.progress)
        rows = await self._journal.retried(lambda: self._host.store.load_map_run_pages(self.row.id))
        pages = [decode_page(number, raw) for number, raw in rows]
        aborted = self.aggregate.aborted
        self.aggregate.restore(progress.snapshot, [page for page in pages if not page.is_over])
        self.aggregate.aborted = aborted
        if self.aggregate.is_ending and not self._express:
            await self._adopt()

    async def _adopt(self) -> None:
        """A run that was ending: meet the children that were running, to see them end."""
        for page in list(self.aggregate.pages.values()):
            for place in range(len(page.statuses)):
                number = page.number * PAGE_CHILDREN + place
                if page.statuses[place] != Status.UNKNOWN:
                    continue
                row = await self._execution(child_id(self.row.id, number))
                if row is not None and self.aggregate.tell(number, page.sizes[place], ""):
                    self.aggregate.start(number)
                    await self._met(number, row)

    async def _work(self) -> None:
        number, checkpoint = self._resume
        children = self._source.children(number * PAGE_CHILDREN, checkpoint)
        async with aclosing(children):
            while not self.aggregate.is_over:
                if self._trouble is not None:
                    raise self._trouble
                await self._start_pending()
                self._stop_running()
                if self._journal.is_due:
                    await self._journal.save()
                if self.aggregate.is_over:
                    break
                if self.aggregate.wants_more:
                    await self._read(children.__anext__)
                elif not (self._pending and self.aggregate.may_start and len(self._starting) < _STARTING_MAX):
                    await self._rest()

    async def _read(self, more: Callable[[], Awaitable[list[Child]]]) -> None:
        """Tell the aggregate of the next children. What cannot be read fails the run."""
        try:
            chunk = await more()
        except StopAsyncIteration:
            self.aggregate.end_source()
            self._journal.changed = True
            return
        except ItemReaderFailed as error:
            self.aggregate.fail(Failure(READER_FAILED, error.cause))
            self._journal.changed = True
            return
        except QueryError as error:
            self.aggregate.fail(Failure(error.error, error.cause))
            self._journal.changed = True
            return
        for child in chunk:
            first = child.number % PAGE_CHILDREN == 0
            if self.aggregate.tell(child.number, child.items, child.before.text if first else ""):
                self._pending.append(child)
        self._journal.advance(chunk[-1].number, chunk[-1].after.text)

    async def _rest(self) -> None:
        """Until something happens, or what has happened is to be written."""
        unsaved = self._journal.has_unsaved
        try:
            async with asyncio.timeout(SAVE_S if unsaved else None):  # `wait_for` may swallow a cancellation
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    # Children

    async def _start_pending(self) -> None:
        """Start what may start, and let others have the event loop in between."""
        aggregate, pending = self.aggregate, self._pending
        ends_s = time.monotonic() + _SLICE_S
        while pending and aggregate.may_start and len(self._starting) < _STARTING_MAX:
            child = pending.popleft()
            aggregate.start(child.number)
            self._journal.changed = True
            if self._express:
                self._start_express(child)
            else:
                self._start_standard(child)
            if time.monotonic() > ends_s:
                await asyncio.sleep(0)
                return

    def _make(self, child: Child) -> Live:
        execution_id = child_id(self.row.id, child.number)
        now_ms = self._host.clock.now_ms()
        return self._host.make_child(self._machine, execution_id, uuid_of(execution_id), Payload(child.text), now_ms)

    def _start_express(self, child: Child) -> None:
        number, items, given = child.number, child.items, child.text

        def ended(work: End) -> None:
            if work.cancelled():
                return
            execution = work.result()
            output, failure = execution.output, execution.failure or Failure(None, None)
            end = ChildEnd(
                number,
                Status[execution.status],
                items,
                execution.facts.started_ms,
                execution.stopped_ms or execution.at_ms,
                given,
                None if output is None else output.text,
                *failure,
            )
            self._end(end, 0 if output is None else output.size_bytes)

        live = self._make(child)
        self._host.ephemeral.begin(live, partial(self._host.logbook.took, live)).add_done_callback(ended)

    def _start_standard(self, child: Child) -> None:
        task = asyncio.get_running_loop().create_task(self._commit_start(child), name="map-run-child")
        self._starting[child.number] = task
        task.add_done_callback(partial(self._started, child.number))

    def _started(self, number: int, task: "asyncio.Task[None]") -> None:
        self._starting.pop(number, None)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            self._trouble = task.exception()

    async def _commit_start(self, child: Child) -> None:
        """Start a child durably. One that the last server started is met instead."""
        execution_id = child_id(self.row.id, child.number)
        while True:
            row = await self._execution(execution_id) if self._recovered else None
            if row is not None:
                await self._met(child.number, row)
                return
            live = self._make(child)
            try:
                await self._host.shard.start(live, live.execution.facts.name, None)
                return
            except (Overloaded, StoreUnavailable):
                await asyncio.sleep(_RETRY_S)

    async def _execution(self, execution_id: bytes) -> ExecutionRow | None:
        return await self._journal.retried(lambda: self._host.store.load_execution(execution_id))

    async def _met(self, number: int, row: ExecutionRow) -> None:
        if row.status != "RUNNING":
            output, _, _ = await self._results.texts_of(row)
            size = 0 if output is None else len(output.encode())
            self.child_closed(number, row.status, row.stopped_ms or 0, row.started_ms, size)

    def _stop_running(self) -> None:
        """The run is ending: STANDARD children are stopped, EXPRESS ones may end unless nobody waits (measured)."""
        aggregate = self.aggregate
        if not aggregate.is_ending or not aggregate.counts[Status.RUNNING]:
            return
        for page in list(aggregate.pages.values()):
            for place, status in enumerate(page.statuses):
                number = page.number * PAGE_CHILDREN + place
                if status != Status.RUNNING or number in self._stopped:
                    continue
                if not self._express:
                    if number not in self._starting:
                        self._stopped.add(number)
                        self._host.shard.put(Item(child_id(self.row.id, number), StopRequested(None, None)))
                elif aggregate.aborted:
                    self._host.ephemeral.give_up(child_id(self.row.id, number))
                    now_ms = self._host.clock.now_ms()
                    self._end(ChildEnd(number, Status.ABORTED, page.sizes[place], now_ms, now_ms, ""), 0)

    def _give_up_children(self) -> None:
        """Whoever goes on with the run begins them again."""
        for page in self.aggregate.pages.values():
            for place, status in enumerate(page.statuses):
                if self._express and status == Status.RUNNING:
                    self._host.ephemeral.give_up(child_id(self.row.id, page.number * PAGE_CHILDREN + place))

    def _items_of(self, number: int) -> int:
        page = self.aggregate.pages.get(number // PAGE_CHILDREN)
        place = number % PAGE_CHILDREN
        return 1 if page is None or place >= len(page.sizes) else page.sizes[place]

    def _end(self, end: ChildEnd, output_bytes: int) -> None:
        page = self.aggregate.end(end.number, Status(end.status), output_bytes=output_bytes)
        if page is not None:
            self._journal.note(page, end)
            self._wake.set()

    # The end

    async def _finish(self) -> None:
        """Results, the final row, and the parent, in this order; each can be done again after a crash."""
        aggregate = self.aggregate
        if self._journal.has_unsaved:
            await self._journal.save()
        outcome = await self._outcome() if not aggregate.aborted else Failure(None, None)
        if isinstance(outcome, Failure) and not aggregate.aborted:
            aggregate.fail(outcome)
        if self.row.status == "RUNNING":
            self.row.status = aggregate.status
            self.row.stopped_ms = self._host.clock.now_ms()
            self._journal.written = sum(aggregate.counts)
            await self._journal.save()
        if not aggregate.aborted:
            await self._tell(outcome)
        await self._journal.close()

    async def _tell(self, outcome: Payload | Failure) -> None:
        row = self.row
        if isinstance(outcome, Payload):
            event = MapRunEnded(row.branch, row.attempt, outcome)
        else:
            event = MapRunEnded(row.branch, row.attempt, None, *outcome)
        await self._journal.retried(lambda: self._host.shard.submit(row.execution_id, event))

    async def _outcome(self) -> Payload | Failure:
        """The state's output, or why the run failed; what is exported is so in either case."""
        aggregate = self.aggregate
        if self.row.status != "RUNNING":
            aggregate.restore(decode_progress(self.row.progress).snapshot, ())
            if self.row.status == "ABORTED":
                aggregate.abort()
        target = target_of(self._state, self._plan, self._results.buckets, self.arn)
        if isinstance(target, Failure):
            return aggregate.failure or target
        if target is None and aggregate.failure is not None and self._plan.items is not None:
            async for _ in self._never_started():
                pass  # they are counted
        if target is None:
            return aggregate.failure or await self._joined()
        if self.row.status != "RUNNING":
            return aggregate.failure or Payload.of(target.output())
        writer = ResultWriter(target, writer_config(self._state), self._host.limits)
        made = await self._results.export(writer, target, self._never_started())
        return aggregate.failure or made

    async def _joined(self) -> Payload | Failure:
        transformation = transformation_of(self._state)
        if transformation == "COMPACT" and self.aggregate.output_bytes > self._host.limits.payload_bytes_max:
            return self._results.too_large()
        return await self._results.join(transformation)

    async def _never_started(self) -> AsyncIterator[Child]:
        """The children that a failed run did not get to, read once more."""
        if self.aggregate.failure is None or self.aggregate.failure.error == READER_FAILED:
            return
        aggregate = self.aggregate
        number, checkpoint = self._journal.where
        try:
            async for child in every(self._source.children(number * PAGE_CHILDREN, checkpoint)):
                if aggregate.status_of(child.number) is None and child.number // PAGE_CHILDREN < aggregate.next_page:
                    continue
                aggregate.tell(child.number, child.items, "")
                if aggregate.status_of(child.number) == Status.PENDING:
                    yield child
        except (ItemReaderFailed, QueryError) as error:
            log.warning("the rest of the items of Map Run %s cannot be read: %s", self.arn, error)
