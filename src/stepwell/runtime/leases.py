"""Which node drives which shard, kept true: a node beats, watches the others, takes free shards, and gives some away.

No wall clocks are compared. A node whose beats have not changed for one lease, on the watcher's own clock and while the
watcher was watching, is given up for dead: it is removed, and its shards are free. It may be paused and not dead; then
its writes fail, since each names the epoch of its shard, and whoever takes the shard raises that. A node that was given
up begins anew, with another id and nothing in memory.
"""

import asyncio
import logging
import math
from collections.abc import Collection
from random import Random
from typing import Final, Protocol

from stepwell.runtime.clock import Clock
from stepwell.runtime.identity import new_id
from stepwell.runtime.outage import Outage
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.placement import plan
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import Fence, NodeRow, ShardRow

log = logging.getLogger("stepwell.runtime")

_BEATS: Final = 3  # a lease
_LOOKS: Final = 20
_TRUSTED: Final = 2 / 3  # of a lease, after which an owner that could not renew it stops


class Host(Protocol):
    """What changes with the shards of a node."""

    async def adopt(self, fence: Fence, handover: bytes | None) -> None:
        """Go on with the executions of a shard. Raises StoreError: then it is not this node's yet."""

    async def hand_over(self, shards: Collection[int]) -> dict[int, bytes]:
        """Bring what is under way in these shards to an end; answers what their next owners are to know."""

    def drop(self, shards: Collection[int], *, handed_over: bool) -> None:
        """Forget shards that were handed over, or lost."""

    def saw(self, nodes: Collection[NodeRow], shards: Collection[ShardRow]) -> None:
        """Which others live now, and who drives what."""

    def node_gone(self, node_id: bytes) -> None:
        """A node has ended, or was given up for dead."""

    def began_anew(self) -> None:
        """This node was given up for dead itself, and has another id now."""

    def database_is_back(self) -> None:
        """It did not answer for a while."""

    def cheapest(self, shards: Collection[int], count: int) -> list[int]:
        """Those that are handed over with the least effort."""


class Watch:
    """When each node was last seen to beat, on this node's clock."""

    def __init__(self, lease_ms: float) -> None:
        self._lease_ms = lease_ms
        self._seen: dict[bytes, tuple[int, int]] = {}
        self._looked_ms: float | None = None

    def look(self, before_ms: int, now_ms: int, nodes: Collection[NodeRow]) -> list[NodeRow]:
        """Take note of all nodes, read between these two times; answers those that have not beaten for a lease."""
        if self._looked_ms is None or before_ms - self._looked_ms > self._lease_ms / 2:
            self._seen.clear()  # we did not watch for a while: everybody gets a full lease from now on
        self._looked_ms = now_ms
        for node in nodes:
            if self._seen.get(node.id, (None, 0))[0] != node.beats:
                self._seen[node.id] = (node.beats, now_ms)
        self._seen = {node.id: self._seen[node.id] for node in nodes}
        return [node for node in nodes if before_ms - self._seen[node.id][1] >= self._lease_ms]

    def next_end_ms(self) -> float:
        """When the first node will be given up if nobody beats."""
        return min((seen_ms for _, seen_ms in self._seen.values()), default=math.inf) + self._lease_ms


class Leases:
    """This node's life among the others."""

    def __init__(
        self, store: Store, clock: Clock, dice: Random, ownership: Ownership, host: Host, *, lease_s: float, name: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._dice = dice
        self._ownership = ownership
        self._host = host
        self._name = name
        self._lease_ms = lease_s * 1000
        self.address = ""
        self.line = ""
        self.node_id = b""
        self._alive = False
        self._closing = False
        self._watch = Watch(self._lease_ms)
        self._known: set[bytes] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._beatless = Outage("renewing this node's lease")
        self._blind = Outage("looking at the other nodes")

    # Life

    async def open(self) -> None:
        """Join the others and take this node's share of what is free. Raises StoreError."""
        await self._join()
        await self._look()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(work, name="leases") for work in (self._beat_for_ever(), self._look_for_ever())]

    async def close(self) -> None:
        """Let all shards go, so that others take them at once, and leave. What fails here costs them one lease."""
        self._closing = True
        beating, looking = self._tasks
        await _cancelled(looking)
        try:
            await self._release(self._ownership.held)
            await self._store.remove_node(self.node_id)
        except StoreError as error:
            log.error("the shards of this node are taken over when its lease has run out: %s", error)
        await _cancelled(beating)

    async def stop_looking(self) -> None:
        """Take no more shards: this node is about to end."""
        await _cancelled(self._tasks[1])

    async def _join(self) -> None:
        now_ms = self._clock.now_ms()
        self.node_id = new_id(now_ms, self._dice)
        await self._store.join_node(NodeRow(self.node_id, self._name, self.address, now_ms, line=self.line))
        self._alive = True
        self._ownership.renew(now_ms + self._lease_ms * _TRUSTED)

    def _give_up(self) -> None:
        """Others gave us up: nothing is ours. At once, since whoever looks at the others may be waiting for a commit
        that waits to hear whose its shards are."""
        self._alive = False
        self._host.drop(self._ownership.held, handed_over=False)

    async def _begin_anew(self) -> None:
        """Whoever waits for a reply under our old name waits in vain; what was being taken meanwhile is not ours."""
        log.error("this node was given up for dead, since the database had not heard of it for a lease; it begins anew")
        self._host.drop(self._ownership.held, handed_over=False)
        await self._join()
        self._host.began_anew()

    # Beating

    async def _beat_for_ever(self) -> None:
        while True:
            delay_ms = self._lease_ms / _BEATS
            if self._alive:
                try:
                    await self._beat()
                    if self._beatless.over():
                        self._host.database_is_back()
                except StoreError as error:
                    self._beatless.met(error)
                    delay_ms = self._lease_ms / _LOOKS
            await asyncio.sleep(delay_ms / 1000)

    async def _beat(self) -> None:
        now_ms, node_id = self._clock.now_ms(), self.node_id
        if await self._store.beat_node(node_id):
            if node_id == self.node_id:
                self._ownership.renew(now_ms + self._lease_ms * _TRUSTED)
        elif node_id == self.node_id:
            self._give_up()

    # Looking

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._pause_ms() / 1000)
            try:
                if not self._alive:
                    await self._begin_anew()
                await self._look()
                self._blind.over()
            except StoreError as error:
                self._blind.met(error)
            except Exception:
                log.exception("looking after the shards failed")

    def _pause_ms(self) -> float:
        """Until the next look: a node that may be dead then is not looked at later."""
        usual_ms = self._lease_ms / _LOOKS
        left_ms = self._watch.next_end_ms() - self._clock.now_ms()
        return left_ms if 0 < left_ms < usual_ms else usual_ms

    async def _look(self) -> None:
        before_ms = self._clock.now_ms()
        nodes, shards = await self._store.load_nodes()
        if self.node_id not in {node.id for node in nodes}:
            self._give_up()
            return
        dead = self._watch.look(before_ms, self._clock.now_ms(), [node for node in nodes if node.id != self.node_id])
        for node in dead:
            if await self._store.remove_node(node.id, node.beats):
                log.warning("the node %s has not been heard of for a lease; its shards are taken over", node.name)
        living = {node.id for node in nodes} - {node.id for node in dead}
        for gone in self._known - living:
            self._host.node_gone(gone)
        self._known = living
        self._host.saw([node for node in nodes if node.id in living - {self.node_id}], shards)
        self._lose(shards)
        await self._place(living, shards)

    def _lose(self, shards: Collection[ShardRow]) -> None:
        """Others have taken what we were too slow to keep."""
        held = [(row, self._ownership.fence(row.shard)) for row in shards]
        lost = {row.shard for row, fence in held if fence is not None and row.epoch != fence.epoch}
        lost.update(self._ownership.take_stale())
        if lost:
            log.warning("%d shards of this node were taken over", len(lost))
            self._host.drop(lost, handed_over=False)

    async def _place(self, living: set[bytes], shards: list[ShardRow]) -> None:
        # What is ours by its row alone we were interrupted in taking. Nobody else will, so that comes before any plan.
        half_taken = [row for row in shards if row.node == self.node_id and not self._ownership.holds(row.shard)]
        wanted = plan(self.node_id, living, shards)
        if take := half_taken or wanted.take:
            handovers = {row.shard: row.handover for row in take}
            fences = await self._store.take_shards(self.node_id, take)
            adopting = (self._host.adopt(fence, handovers[fence.shard]) for fence in fences)
            failed = [error for error in await asyncio.gather(*adopting, return_exceptions=True) if error]
            if failed:
                raise failed[0]  # the next look takes them once more
        elif wanted.release:
            await self._release(self._host.cheapest(self._ownership.driven, wanted.release))

    async def _release(self, shards: Collection[int]) -> None:
        shards = list(shards)
        if not shards:
            return
        self._ownership.leave(shards)
        handover = await self._host.hand_over(shards)
        while self._alive:
            fences = [fence for fence in map(self._ownership.fence, shards) if fence is not None]
            try:
                await self._store.release_shards(fences, handover)
            except StoreError:
                if self._closing or not self._alive:
                    raise
                await asyncio.sleep(self._lease_ms / _LOOKS / 1000)
                continue
            self._host.drop(shards, handed_over=True)
            return


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
