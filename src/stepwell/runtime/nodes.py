"""This node among others: its lease, its mail, its lines, and what happens when shards come and go.

None of it runs over a database that one server has to itself.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from random import Random
from typing import Final

from stepwell.runtime.carrier import Carrier
from stepwell.runtime.handing_out import ForeignTasks
from stepwell.runtime.inbox import Deliver, Inbox
from stepwell.runtime.leases import Leases
from stepwell.runtime.outbox import Outbox
from stepwell.runtime.post import Post
from stepwell.runtime.reception import Reception
from stepwell.runtime.takeover import Parts, Takeover
from stepwell.store.protocol import StoreError
from stepwell.store.records import Fence, NodeRow, ShardRow

log = logging.getLogger("stepwell.runtime")

_RETRY_S: Final = 0.25
_KEY: Final = "line_key"  # among the store's settings
Work = Callable[[], Awaitable[None]]


class Nodes:
    """The life of a node, and the `Host` of its leases."""

    def __init__(
        self,
        parts: Parts,
        dice: Random,
        takeover: Takeover,
        outbox: Outbox,
        deliver: Deliver,
        *,
        lease_s: float,
        name: str,
        carrier: Carrier | None = None,
    ) -> None:
        store, ownership = parts.store, parts.ownership
        self._store = store
        self._carrier = carrier
        self._takeover = takeover
        self._outbox = outbox
        self.leases = Leases(store, parts.clock, dice, ownership, self, lease_s=lease_s, name=name)
        self.reception = Reception(parts.shard.put, parts.news.hear)
        self.inbox = Inbox(ownership, deliver)
        self.post = Post(store, outbox, self.inbox)
        self.foreign_tasks = ForeignTasks(store, parts.activities, ownership)
        self.when_one_ends: list[Work] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Join, and take shards. Raises StoreError."""
        await self._listen()
        await self.leases.open()
        self.began_anew()
        self.post.run()
        self.foreign_tasks.run()

    async def stop_taking(self) -> None:
        """Take no more work: this node is about to end. Its lease goes on until `close`."""
        await self.leases.stop_looking()
        self.inbox.close()
        self.reception.close()
        await self.foreign_tasks.close()
        for task in self._tasks:
            task.cancel()

    async def close(self, grace_s: float) -> None:
        """Hand everything over, and leave."""
        await self.leases.close()
        if self._carrier is not None:
            await self._carrier.close()
        self._outbox.hang_up()
        await self.post.close(grace_s)
        self._outbox.close()

    # Requests over lines

    async def _listen(self) -> None:
        """Take requests of other nodes directly, where that can be; without it they come through the database."""
        if self._carrier is None:
            return
        key = await self._store.meta(_KEY) or await self._store.add_meta(_KEY, secrets.token_bytes(32))
        try:
            listening = self._carrier.listen(key, lambda: self.leases.node_id, self.reception.accept)
            self.leases.line = await listening
        except OSError as error:
            log.warning("other nodes cannot reach this one directly, only through the database: %s", error)

    # What leases ask

    async def adopt(self, fence: Fence, handover: bytes | None) -> None:
        """Go on with the executions of a shard. Raises StoreError."""
        await self._takeover.adopt(fence, handover)

    async def hand_over(self, shards: Collection[int]) -> dict[int, bytes]:
        """Bring what is under way in these shards to an end."""
        return await self._takeover.hand_over(shards, self.leases.node_id)

    def drop(self, shards: Collection[int], *, handed_over: bool) -> None:
        """Forget shards."""
        self._takeover.drop(shards, handed_over=handed_over)

    def cheapest(self, shards: Collection[int], count: int) -> list[int]:
        """Those that are handed over with the least effort."""
        return self._takeover.cheapest(shards, count)

    def database_is_back(self) -> None:
        """What waits for its next try need not wait longer."""
        self._takeover.try_again()

    def saw(self, nodes: Collection[NodeRow], shards: Collection[ShardRow]) -> None:
        """Which others live now, and who drives what."""
        self._outbox.learn(nodes, shards)

    def began_anew(self) -> None:
        """This node has a new id."""
        self._outbox.speak_as(self.leases.node_id)

    def node_gone(self, node_id: bytes) -> None:
        """Another node has ended."""
        look_after: Work = partial(self._takeover.look_after_calls_of, node_id, self._read_messages)
        for what in (look_after, *self.when_one_ends):
            task = asyncio.get_running_loop().create_task(_until_done(what), name="node-gone")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _read_messages(self) -> None:
        while await self.post.exchange():
            pass


async def _until_done(work: Work) -> None:
    while True:
        try:
            await work()
            return
        except StoreError as error:
            log.warning("what a node left waits for the database: %s", error)
            await asyncio.sleep(_RETRY_S)
