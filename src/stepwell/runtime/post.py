"""The rounds of the post: what this node asks others, what others ask it, and all replies go in one statement.

A round that finds something is soon followed by the next, one that finds nothing by a later one. What comes up between
two rounds goes out together with the second: so under load a message costs a fraction of a statement.
"""

import asyncio
from typing import Final

from stepwell.runtime.inbox import Inbox
from stepwell.runtime.outage import Outage
from stepwell.runtime.outbox import Outbox
from stepwell.runtime.pace import Pace
from stepwell.store.protocol import Store, StoreError

_GAP_S: Final = 0.002


class Post:
    """Carries what is in the outbox, and brings what is in the shards' inboxes."""

    def __init__(self, store: Store, outbox: Outbox, inbox: Inbox) -> None:
        self._store = store
        self._outbox = outbox
        self._inbox = inbox
        self.pace = Pace()
        self._one_round = asyncio.Lock()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._outage = Outage("exchanging messages with other nodes")

    def run(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._go_round(), name="post")

    async def close(self, grace_s: float) -> None:
        """Carry what is left, if the store takes it."""
        self._closing = True
        self._outbox.wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=grace_s)
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _go_round(self) -> None:
        while not self._closing or self._outbox.is_filled:
            try:
                more = await self.exchange()
                if self._outage.over():
                    self._outbox.send_again()
            except StoreError as error:
                self._outage.met(error)
                more = False
            await asyncio.sleep(0 if more else _GAP_S)
            if not more:
                await self._rest()

    async def _rest(self) -> None:
        """Until the next round is due, or there is something to send."""
        if self._outage.lasts or not self._outbox.has_unsent:
            try:
                async with asyncio.timeout(self.pace.pause_s()):
                    await self._outbox.wake.wait()
            except TimeoutError:
                pass

    async def exchange(self) -> bool:
        """One round; answers whether the next one would find more at once. Raises StoreError."""
        async with self._one_round:
            letters = self._outbox.collect()
            shards, limit = self._inbox.look()
            exchanged = self._store.exchange_mail(letters.node_id, letters.messages, letters.read, shards, limit)
            messages, replies = await exchanged
            self._outbox.went(letters)
            taken = self._inbox.take(messages)
            if taken or replies or letters.messages:
                self.pace.note()
            self._outbox.take(letters.node_id, replies)
            return self._inbox.was_full(taken)
