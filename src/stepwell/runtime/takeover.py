"""What comes with a shard and goes with it: timers, calls, waiting activity tasks, Map Runs, Express executions.

A shard comes with its rows, which hold all that must not be lost. One that is handed over in good order comes with a
word of its last owner besides: which calls it has not made, and which it is still making, whose outcome it will send.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, Protocol

from stepwell.engine.child_ids import run_of
from stepwell.runtime.activities import ActivityQueues
from stepwell.runtime.clock import Clock
from stepwell.runtime.codec import pack, unpack
from stepwell.runtime.dispatcher import AttemptKey, Dispatcher
from stepwell.runtime.express import Express
from stepwell.runtime.logbook import Logbook
from stepwell.runtime.map_runs import MapRuns, Waits
from stepwell.runtime.news import News
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.recovery import Load, Recovery
from stepwell.runtime.restored import END, end_all, is_restored
from stepwell.runtime.shard import Shard
from stepwell.runtime.turns import Live
from stepwell.runtime.watchers import Watchers
from stepwell.store.protocol import Store
from stepwell.store.records import Fence

log = logging.getLogger("stepwell.runtime")

_ONLY_SHARD: Final = 0


class Parts(Protocol):
    """The parts of the runtime that have to do with shards."""

    store: Store
    clock: Clock
    ownership: Ownership
    shard: Shard
    dispatcher: Dispatcher
    recovery: Recovery
    activities: ActivityQueues
    express: Express
    map_runs: MapRuns
    watchers: Watchers
    logbook: Logbook
    news: News


class Takeover:
    """Brings shards to this node, and lets them go."""

    def __init__(self, parts: Parts, load: Load, waits: Waits) -> None:
        self._store = parts.store
        self._clock = parts.clock
        self._ownership = parts.ownership
        self._shard = parts.shard
        self._dispatcher = parts.dispatcher
        self._recovery = parts.recovery
        self._activities = parts.activities
        self._express = parts.express
        self._map_runs = parts.map_runs
        self._watchers = parts.watchers
        self._logbook = parts.logbook
        self._load = load
        self._waits = waits
        self._taken_ms: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Look after nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def taken_ms(self, execution_id: bytes) -> int:
        """Since when this node drives the execution's shard: nobody could take its heartbeats just before."""
        return self._taken_ms.get(self._ownership.shard_of(execution_id), 0)

    # Coming

    async def adopt_all(self, unbegun: Collection[AttemptKey]) -> None:
        """Go on with everything in a database that is this server's alone. Raises StoreError."""
        await self._adopt(_ONLY_SHARD, None, unbegun, {})

    async def adopt(self, fence: Fence, handover: bytes | None) -> None:
        """Go on with the executions of a shard. Raises StoreError: then it is not this node's yet."""
        unbegun, elsewhere = _read_handover(handover)
        await self._adopt(fence.shard, fence, unbegun, elsewhere)

    async def _adopt(
        self, shard: int, fence: Fence | None, unbegun: Collection[AttemptKey], elsewhere: dict[AttemptKey, bytes]
    ) -> None:
        """First everything is read; what the rows say then is what the last owner left."""
        if await is_restored(self._store, shard):
            await self._abort_restored(shard, fence)
        taken_ms = self._clock.now_ms()
        runs = await self._store.scan_map_runs(shard)
        tasks, (due, calling, count, children), express = await asyncio.gather(
            self._store.scan_activity_tasks(shard),
            self._scan_open(shard, set(runs)),
            self._express.scan(shard),
        )
        if fence is not None:
            self._ownership.add(fence)
        self._taken_ms[shard] = taken_ms
        self._watchers.took(shard, count - children, children)
        self._logbook.wake.set()  # what the last owner has not delivered
        self._recovery.expect(calling, unbegun, elsewhere)
        self._activities.load(tasks)
        self._shard.timers.load(due)
        self._express.go_on(express)
        self._map_runs.recover(runs, self._waits)
        if self._recovery and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._recovery.run(self._load), name="recovery")

    async def _abort_restored(self, shard: int, fence: Fence | None) -> None:
        """End what a copy of the database left open, before anything else happens to it."""
        if fence is not None:
            self._ownership.add(fence)
        self._activities.load(await self._store.scan_activity_tasks(shard))
        ended = await end_all(self._store, shard, lambda execution_id: self._shard.submit(execution_id, END))
        log.warning("%d executions that were open in the copy of the database were aborted", ended)

    async def _scan_open(self, shard: int, runs: set[bytes]) -> tuple[list[tuple[int, bytes]], list[bytes], int, int]:
        """When which open execution is due, which had calls in flight, how many there are, and how many are children of
        these Map Runs. Read by pages."""
        due: list[tuple[int, bytes]] = []
        calling: list[bytes] = []
        count = children = 0
        after = b""
        while rows := await self._store.scan_open(shard, after):
            due.extend((row.due_ms, row.execution_id) for row in rows if row.due_ms is not None)
            calling.extend(row.execution_id for row in rows if row.calls)
            count += len(rows)
            children += sum(run_of(row.execution_id)[0] in runs for row in rows) if runs else 0
            after = rows[-1].execution_id
        return due, calling, count, children

    # Going

    async def hand_over(self, shards: Collection[int], node_id: bytes) -> dict[int, bytes]:
        """Bring what is under way in these shards to an end; answers what their next owners are to know."""
        goes = self._goes(shards)
        await self._map_runs.let_go(goes)
        await self._shard.let_go(goes)
        unbegun, running = self._dispatcher.let_go(goes)
        elsewhere = {**self._recovery.calls_elsewhere(goes), **dict.fromkeys(running, node_id)}
        notes: dict[int, tuple[list[AttemptKey], list[tuple[AttemptKey, bytes]]]] = {}
        for key in unbegun:
            notes.setdefault(self._ownership.shard_of(key[0]), ([], []))[0].append(key)
        for key, caller in elsewhere.items():
            notes.setdefault(self._ownership.shard_of(key[0]), ([], []))[1].append((key, caller))
        return {shard: pack(note) for shard, note in notes.items()}

    def drop(self, shards: Collection[int], *, handed_over: bool) -> None:
        """Forget shards. Calls of those that were handed over go on; their outcomes are sent to the next owner."""
        goes = self._goes(shards)
        for shard in shards:
            self._watchers.let_go(shard)
        self._ownership.remove(shards)
        self._shard.forget(goes)
        self._activities.forget_moved(goes)
        self._recovery.forget(goes)
        self._express.forget(goes)
        self._map_runs.forget(goes)
        if not handed_over:
            self._dispatcher.forget_moved(goes)

    def cheapest(self, shards: Collection[int], count: int) -> list[int]:
        """Those with the fewest calls and Express executions under way; the one at home stays."""
        work = dict.fromkeys(shards, 0)
        for execution_id in (*self._dispatcher.calling, *self._express.recorded):
            shard = self._ownership.shard_of(execution_id)
            if shard in work:
                work[shard] += 1
        work.pop(self._ownership.home, None)  # type: ignore[arg-type]  # there may be none
        return sorted(work, key=lambda shard: (work[shard], -shard))[:count]

    def _goes(self, shards: Collection[int]) -> Callable[[bytes], bool]:
        going = frozenset(shards)
        return lambda execution_id: self._ownership.shard_of(execution_id) in going

    # Others

    def try_again(self) -> None:
        """The database is back."""
        self._shard.try_again()

    async def look_after_calls_of(self, node_id: bytes, read_messages: Callable[[], Awaitable[Any]]) -> None:
        """A node has ended that was still making calls for executions of ours. What it told us comes first."""
        if self._recovery.knows(node_id):
            await read_messages()
            await self._recovery.look_after_calls_of(node_id, self._live_of)

    async def _live_of(self, execution_id: bytes) -> Live | None:
        return self._shard.residents.get(execution_id) or await self._load(execution_id)


def _read_handover(raw: bytes | None) -> tuple[list[AttemptKey], dict[AttemptKey, bytes]]:
    if raw is None:
        return [], {}
    unbegun, elsewhere = unpack(raw)
    calls = {(execution_id, attempt): node_id for (execution_id, attempt), node_id in elsewhere}
    return [(execution_id, attempt) for execution_id, attempt in unbegun], calls
