"""Drives one Map Run: reads items, starts children, records their ends, and tells the parent of the run's own.

The aggregate (`engine.map_run`) decides; here its decisions are carried out. What has ended is written in groups, with
the page that it belongs to in the same transaction: whatever was not written did not end. After a crash reading goes on
at the first page in which something had not ended; after a redrive, in which something did not end well.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

from stepwell.arn import map_run_arn
from stepwell.asl.states.map import Map
from stepwell.engine.child_ids import uuid_of
from stepwell.engine.commands import MapPlan
from stepwell.engine.events import MapRunEnded
from stepwell.engine.failure import ITEM_READER_FAILED, Failure
from stepwell.engine.map_run import PAGE_CHILDREN, MapRun, Settings
from stepwell.integrations.items import ItemReaderFailed
from stepwell.payload import Payload
from stepwell.query.failures import QueryError
from stepwell.runtime.machines import Machine
from stepwell.runtime.map_run_children import Children, Host
from stepwell.runtime.map_run_codec import decode_page, decode_progress
from stepwell.runtime.map_run_journal import SAVE_S, Journal
from stepwell.runtime.map_run_results import Results, outputs_too_large, target_of, transformation_of
from stepwell.runtime.map_run_source import Child, Source, every
from stepwell.store.records import MapRunRow

log = logging.getLogger("stepwell.runtime")

_SLICE_S: Final = 0.01


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
        progress = decode_progress(row.progress)
        self.aggregate = MapRun(progress.settings, host.limits.map_run_concurrency_max, items_known=source.items_known)
        self._journal = Journal(host.ownership, row, self.aggregate, progress)
        self.children = Children(
            host, machine, row.id, self.aggregate, self._journal, self._wake_up, recovered=recovered
        )
        self._pending: deque[Child] = deque()
        self._restored = asyncio.Event()
        self._adopted = False
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
        await self._restored.wait()
        self.aggregate.update(settings)
        self._touch()
        await self._journal.save()

    def _touch(self) -> None:
        self._journal.changed = True
        self._wake.set()

    def _wake_up(self) -> None:
        self._wake.set()

    # Its life

    async def run(self) -> None:
        """From where its rows left it to its end. A store that fails is asked again; only cancelling breaks it off."""
        try:
            if self.row.status == "RUNNING":
                begins_at = await self._restore()
                self._restored.set()
                await self._work(*begins_at)
            await self._finish()
        finally:
            self.children.give_up()

    async def _restore(self) -> tuple[int, str]:
        """Put the aggregate into the state of its rows; answers the page to read from, and the checkpoint before it."""
        aggregate = self.aggregate
        progress = decode_progress(self.row.progress)
        rows = await self._journal.retried(lambda: self._host.store.load_map_run_pages(self.row.id))
        redriven = progress.attempt != self.row.redrives
        decoded = (decode_page(number, raw) for number, raw in rows)
        pages = [page for page in decoded if not page.is_over or (redriven and page.has_bad_ends)]
        aborted = aggregate.aborted
        aggregate.restore(progress.snapshot, pages)
        aggregate.aborted = aborted
        if not redriven:
            return progress.page, progress.checkpoint
        aggregate.redrive(self.row.redrives)
        self._journal.written = 0
        await self._journal.save()
        return self._journal.where

    async def _work(self, number: int, checkpoint: str) -> None:
        children = self._source.children(number * PAGE_CHILDREN, checkpoint)
        async with aclosing(children):
            while not self.aggregate.is_over or self._is_to_adopt:
                if self.children.trouble is not None:
                    raise self.children.trouble
                if self._is_to_adopt:
                    self._adopted = True
                    await self._tell_of_started(children.__anext__)
                    await self.children.adopt()
                await self._start_pending()
                self.children.stop_running()
                if self._journal.is_due:
                    await self._journal.save()
                if self.aggregate.is_over:
                    continue
                if self.aggregate.wants_more:
                    await self._read(children.__anext__)
                elif not (self._pending and self.aggregate.may_start and self.children.may_start):
                    await self._rest()

    @property
    def _is_to_adopt(self) -> bool:
        return self.aggregate.is_ending and not self._adopted

    async def _tell_of_started(self, more: Callable[[], Awaitable[list[Child]]]) -> None:
        """Read as far as the last server had started children, though it had not written that it knew them."""
        last = await self.children.last_started(self._journal.told)
        while self._journal.told <= last and await self._read(more):
            pass

    async def _read(self, more: Callable[[], Awaitable[list[Child]]]) -> bool:
        """Tell the aggregate of the next children; False if there are none. What cannot be read fails the run."""
        try:
            chunk = await more()
        except (StopAsyncIteration, ItemReaderFailed, QueryError) as error:
            self._end_reading(error)
            return False
        self._pending.extend(child for child in chunk if self._tell_of(child))
        self._journal.advance(chunk[-1].number, chunk[-1].after.text)
        return True

    def _end_reading(self, error: Exception) -> None:
        if isinstance(error, ItemReaderFailed):
            self.aggregate.fail(Failure(ITEM_READER_FAILED, error.cause))
        elif isinstance(error, QueryError):
            self.aggregate.fail(Failure(error.error, error.cause))
        else:
            self.aggregate.end_source()
        self._journal.changed = True

    def _tell_of(self, child: Child) -> bool:
        first = child.number % PAGE_CHILDREN == 0
        return self.aggregate.tell(child.number, child.items, child.before.text if first else "")

    async def _rest(self) -> None:
        """Until something happens, or what has happened is to be written."""
        unsaved = self._journal.has_unsaved
        try:
            async with asyncio.timeout(SAVE_S if unsaved else None):  # `wait_for` may swallow a cancellation
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _start_pending(self) -> None:
        """Start what may start, and let others have the event loop in between."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _SLICE_S
        while self._pending and self.aggregate.may_start and self.children.may_start:
            self.children.start(self._pending.popleft())
            if loop.time() > ends_s:
                await asyncio.sleep(0)
                return

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
        target = target_of(self._state, self._plan, self._results.buckets, self.arn, self.row.redrives)
        if isinstance(target, Failure):
            return aggregate.failure or target
        if target is None and aggregate.failure is not None and self._plan.items is not None:
            async for _ in self._never_started():
                pass  # they are counted
        if target is None:
            return aggregate.failure or await self._joined()
        if self.row.status != "RUNNING":
            return aggregate.failure or Payload.of(target.output())
        made = await self._results.export(self._state, target, self._never_started(), self._journal.exported)
        if isinstance(made, Payload):
            self._journal.exported = self.row.redrives
        return aggregate.failure or made

    async def _joined(self) -> Payload | Failure:
        transformation = transformation_of(self._state)
        if transformation == "COMPACT" and self.aggregate.output_bytes > self._host.limits.payload_bytes_max:
            return outputs_too_large(self._state)
        return await self._results.join(self._state, redriven=self.row.redrives > 0)

    async def _never_started(self) -> AsyncIterator[Child]:
        """The children that a failed run did not get to, read once more."""
        if self.aggregate.failure is None or self.aggregate.failure.error == ITEM_READER_FAILED:
            return
        aggregate = self.aggregate
        number, checkpoint = self._journal.where
        try:
            async for child in every(self._source.children(number * PAGE_CHILDREN, checkpoint)):
                if aggregate.leave_out(child.number, child.items):
                    yield child
        except (ItemReaderFailed, QueryError) as error:
            log.warning("the rest of the items of Map Run %s cannot be read: %s", self.arn, error)
