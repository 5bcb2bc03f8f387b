"""Express executions: short, in memory, and many.

A synchronous one is lost with its server. An asynchronous one leaves a row with its input while it is open; after a
crash it begins again from its first state (AWS: at least once). Their histories are kept for a while, in memory.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from stepwell.arn import express_execution_arn
from stepwell.engine.child_ids import second_uuid_of
from stepwell.engine.execution import Decision, Execution
from stepwell.engine.history import Turn, render
from stepwell.limits import Limits
from stepwell.payload import Payload
from stepwell.runtime.clock import Clock
from stepwell.runtime.codec import decode_detail, encode_detail
from stepwell.runtime.ephemeral import Ephemeral
from stepwell.runtime.identity import new_id
from stepwell.runtime.logbook import Logbook
from stepwell.runtime.machines import Machine, Machines
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import Overloaded, StoreUnavailable
from stepwell.runtime.turns import Live
from stepwell.runtime.watchers import Watchers
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import ExpressRow

log = logging.getLogger("stepwell.runtime")

_UNBOUNDED = 1 << 62
_RECORD_BYTES = 100  # of memory, besides its texts
_RETRY_S = 1.0


class Express:
    """The Express executions of this server."""

    def __init__(
        self,
        store: Store,
        ownership: Ownership,
        ephemeral: Ephemeral,
        limits: Limits,
        clock: Clock,
        dice: Random,
        machines: Machines,
        watchers: Watchers,
        logbook: Logbook,
    ) -> None:
        self._store = store
        self._ownership = ownership
        self._limits = limits
        # No text is put apart, for nothing is stored, and an Express execution may be as long as its time allows (AWS).
        self._inner = replace(limits, blob_bytes_min=_UNBOUNDED, history_events_max=_UNBOUNDED)
        self._clock = clock
        self._dice = dice
        self._machines = machines
        self._ephemeral = ephemeral
        self._watchers = watchers
        self._logbook = logbook
        self._ledger = Ledger(ownership)
        self._tasks: set[asyncio.Task[Execution]] = set()
        self._recorded: dict[bytes, asyncio.Task[Execution]] = {}  # those with a row
        self._bytes = 0
        self.histories = Histories(limits.express_histories_max, limits.express_history_bytes_max)

    async def scan(self, shard: int) -> list[tuple[Machine, ExpressRow]]:
        """What the last owner of a shard left open. Raises StoreError."""
        found: list[tuple[Machine, ExpressRow]] = []
        after = b""
        while rows := await self._store.scan_express(shard, after):
            for row in rows:
                machine = await self._machine_of(row)
                if machine is not None:
                    found.append((machine, row))
            after = rows[-1].id
        return found

    def go_on(self, left: Sequence[tuple[Machine, ExpressRow]]) -> None:
        """Begin again what an earlier owner left open."""
        for machine, row in left:
            given = decode_detail(row.detail).input
            assert isinstance(given, str), "an Express execution's input is written in full"
            began_ms = self._clock.now_ms()
            live = self._make(row.id, machine, row.name, Payload(given), began_ms, row.version, row.alias)
            self._begin_recorded(live)

    def forget(self, goes: Callable[[bytes], bool]) -> None:
        """Let executions be that another node begins again."""
        for execution_id in [execution_id for execution_id in self._recorded if goes(execution_id)]:
            self._recorded.pop(execution_id).cancel()

    @property
    def recorded(self) -> list[bytes]:
        """Those under way that begin again if this server ends."""
        return list(self._recorded)

    async def close(self, grace_s: float) -> None:
        """Give executions `grace_s` seconds to end. What is left: asynchronous ones begin again, others are lost."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        left = [task for task in self._tasks if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._ledger.close()

    @property
    def running(self) -> int:
        """How many are under way."""
        return len(self._tasks)

    async def run(
        self, machine: Machine, name: str, given: Payload, *, version: int | None = None, alias: str | None = None
    ) -> Execution:
        """Run an execution to its end, whether or not somebody still waits. Raises Overloaded, StoreUnavailable."""
        self._check_room(given)
        live = self._make(self._new_id(), machine, name, given, self._clock.now_ms(), version, alias)
        task = self._begin(live)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise StoreUnavailable("the server is stopping") from None
            raise

    async def start(
        self,
        machine: Machine,
        name: str,
        given: Payload,
        trace_header: str | None,
        *,
        version: int | None = None,
        alias: str | None = None,
    ) -> Execution:
        """Start an execution, durable when this returns. Raises Overloaded, StoreUnavailable."""
        self._check_room(given)
        live = self._make(self._new_id(), machine, name, given, self._clock.now_ms(), version, alias)
        facts = live.execution.facts
        detail = encode_detail(live.execution.recorder, given, trace_header)
        key = (live.id, self._ownership.shard_of(live.id), machine.row.id, machine.revision.revision)
        row = ExpressRow(*key, name, facts.started_ms, detail, version, alias)
        await self._ledger.add(row, partial(self._begin_recorded, live))
        return live.execution

    def _begin_recorded(self, live: Live) -> None:
        """Run an execution whose row is durable, whether or not somebody still waits for it to begin."""
        task = self._recorded[live.id] = self._begin(live)
        task.add_done_callback(partial(self._ended, live.id))

    def _ended(self, execution_id: bytes, task: "asyncio.Task[Execution]") -> None:
        if self._recorded.pop(execution_id, None) is not None and not task.cancelled():
            self._ledger.remove(execution_id)

    async def _machine_of(self, row: ExpressRow) -> Machine | None:
        try:
            return await self._machines.load(row.machine_id, row.revision)
        except StoreError:
            log.warning("Express execution %s is dropped: its state machine is gone", row.name)
            self._ledger.remove(row.id)
            return None

    def _new_id(self) -> bytes:
        """In the shard that stays longest: an execution that moves begins again."""
        shard = self._ownership.home
        if shard is None:
            raise StoreUnavailable("this node drives no shard yet")
        return new_id(self._clock.now_ms(), self._dice, shard)

    def _check_room(self, given: Payload) -> None:
        """AWS refuses starts first, and so do we: what runs is not slowed down by what wants to."""
        open_count = len(self._tasks) + self._ledger.waiting
        size = self._bytes + len(given.text)
        if open_count >= self._limits.express_executions_max or size > self._limits.express_bytes_max:
            raise Overloaded

    def _begin(self, live: Live) -> "asyncio.Task[Execution]":
        given = live.execution.facts.input
        task = asyncio.get_running_loop().create_task(self._drive(live), name="express")
        self._tasks.add(task)
        self._bytes += len(given.text)
        task.add_done_callback(partial(self._leave, len(given.text)))
        return task

    def _leave(self, size: int, task: "asyncio.Task[Execution]") -> None:
        self._tasks.discard(task)
        self._bytes -= size

    async def _drive(self, live: Live) -> Execution:
        return await self._ephemeral.begin(live, partial(self._take, live))

    def _take(self, live: Live, decision: Decision) -> None:
        arn = live.execution.facts.arn
        self.histories.add(arn, decision)
        self._watchers.express(arn, live.machine.row.id, decision)
        self._logbook.took(live, decision)

    def _make(
        self,
        execution_id: bytes,
        machine: Machine,
        name: str,
        given: Payload,
        started_ms: int,
        version: int | None,
        alias: str | None,
    ) -> Live:
        row = machine.row
        facts = machine.facts(
            express_execution_arn(row.region, row.account, row.name, name, second_uuid_of(execution_id)),
            name,
            given,
            started_ms,
            version,
            alias,
            token_of=lambda branch, attempt: "",  # a definition that wants tokens or activities is no Express one
            activity_exists=lambda arn: False,
            time_s_max=self._limits.express_s_max,
        )
        return Live(execution_id, machine, Execution(machine.compiled, facts, self._inner), version, alias)


_Beginning = tuple[ExpressRow, Callable[[], None], "asyncio.Future[None]"]


class Ledger:
    """The rows of open asynchronous executions: many begin and end in one transaction.

    A beginning is awaited. An end is written with what comes next; one that a crash forgets costs a repetition.
    """

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._begun: list[_Beginning] = []
        self._over: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many rows wait to be written."""
        return len(self._begun)

    async def add(self, row: ExpressRow, then: Callable[[], None]) -> None:
        """Write a row, and call `then` as soon as it is durable, before this returns. Raises StoreUnavailable."""
        if self._closed:
            raise StoreUnavailable("the server is stopping")
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begun.append((row, then, answer))
        self._wake()
        await answer

    def remove(self, execution_id: bytes) -> None:
        """Remove a row, soon."""
        self._over.append(execution_id)
        self._wake()

    async def close(self) -> None:
        """Write what is left, once."""
        self._closed = True
        if self._task is not None:
            await self._task
        if self._over:
            await self._write([], self._over)

    def _wake(self) -> None:
        if self._task is None and not self._closed:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="express-ledger")

    async def _work(self) -> None:
        try:
            while (self._begun or self._over) and not (self._closed and not self._begun):
                begun, self._begun = self._begun, []
                over, self._over = self._over, []
                if not await self._write(begun, over):
                    self._over = over + self._over
                    if not self._closed:
                        await asyncio.sleep(_RETRY_S)
        finally:
            self._task = None

    async def _write(self, begun: Sequence["_Beginning"], over: Sequence[bytes]) -> bool:
        try:
            await self._ownership.write_express([row for row, _, _ in begun], over)
        except Exception as error:
            log.error("the store refused Express executions: %s", error, exc_info=not isinstance(error, StoreError))
            for _, _, answer in begun:
                if not answer.done():
                    answer.set_exception(StoreUnavailable(str(error)))
            return False
        for _, then, answer in begun:
            then()
            if not answer.done():
                answer.set_result(None)
        return True


class Histories:
    """The latest histories, and of a long one its latest events; the oldest executions leave first."""

    def __init__(self, kept_max: int, bytes_max: int) -> None:
        self._kept_max = kept_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[str, list[tuple[int, Turn, int]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, arn: str, decision: Decision) -> None:
        """Keep what a turn recorded."""
        if not decision.records:
            return
        turns = self._kept.get(arn)
        if turns is None:
            turns = self._kept[arn] = []
        texts = sum(len(part) for record in decision.records for part in record if isinstance(part, str))
        size = texts + _RECORD_BYTES * len(decision.records)
        turns.append((decision.first_event_id, (decision.at_ms, decision.records), size))
        self._bytes += size
        while self._bytes > self._bytes_max or len(self._kept) > self._kept_max:
            self._forget()

    def _forget(self) -> None:
        arn, turns = next(iter(self._kept.items()))
        if len(self._kept) > 1:
            del self._kept[arn]
            self._bytes -= sum(size for _, _, size in turns)
        else:
            self._bytes -= turns.pop(0)[2]

    def batches(self, arn: str) -> list[tuple[int, Turn]]:
        """The turns that are kept of one execution, each with its first event's id."""
        return [(first_event_id, turn) for first_event_id, turn, _ in self._kept.get(arn, ())]

    def newest(self) -> Iterator[str]:
        """The ARNs of those that are kept, the one that began last first."""
        return reversed(self._kept)

    def events(self, arn: str) -> list[dict[str, Any]]:
        """What is kept of one execution's history, in AWS's form; nothing of one that is unknown."""
        events: list[dict[str, Any]] = []
        for first_event_id, turn, _ in self._kept.get(arn, ()):
            events += render([turn], first_event_id, str)
        return events
