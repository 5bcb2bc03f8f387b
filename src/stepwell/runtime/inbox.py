"""Messages of other nodes to the executions that this one drives.

The rows are read again and again, often while there is something to do and rarely while there is not. One that was read
stays a row until the commit that answers it, so it may be read several times: what is in hand is not taken twice, and
what an earlier owner has consumed is not there any more.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from stepwell.runtime.outage import Outage
from stepwell.runtime.ownership import Ownership
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import Message

BUSY_S: Final = 0.02
IDLE_S: Final = 0.25
_BUSY_FOR: Final = 50  # looks after the last thing that happened
_GROUP_MAX: Final = 256

Deliver = Callable[[Message], "asyncio.Future[bool]"]


class Pace:
    """How often this node looks for what others have written: often, while anything happens."""

    def __init__(self, busy_s: float = BUSY_S, idle_s: float = IDLE_S) -> None:
        self.busy_s = busy_s
        self.idle_s = idle_s
        self._left = 0

    def note(self) -> None:
        """Something has happened."""
        self._left = _BUSY_FOR

    def pause_s(self) -> float:
        """Until the next look."""
        self._left -= 1
        return self.busy_s if self._left > 0 else self.idle_s


class Inbox:
    """The messages to this node's shards."""

    def __init__(self, store: Store, ownership: Ownership, deliver: Deliver, pace: Pace) -> None:
        self._store = store
        self._ownership = ownership
        self._deliver = deliver
        self._pace = pace
        self._in_hand: set[bytes] = set()
        self._dealt_with: set[bytes] = set()
        self._task: asyncio.Task[None] | None = None
        self._outage = Outage("reading messages of other nodes")

    def run(self) -> None:
        """Begin to read."""
        self._task = asyncio.get_running_loop().create_task(self._read_for_ever(), name="inbox")

    async def close(self) -> None:
        """Read no more; what is in hand is answered."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _read_for_ever(self) -> None:
        while True:
            try:
                taken = await self.read()
                self._outage.over()
                if taken == _GROUP_MAX:
                    continue
            except StoreError as error:
                self._outage.met(error)
            await asyncio.sleep(self._pace.pause_s())

    async def read(self) -> int:
        """Take what is there in hand; answers how much. Raises StoreError."""
        self._in_hand -= self._dealt_with  # only now: a look that began before may still have shown them
        self._dealt_with = set()
        shards = self._ownership.driven
        if not shards:
            return 0
        messages = await self._store.receive_messages(shards, _GROUP_MAX + len(self._in_hand))
        new = [message for message in messages if message.id not in self._in_hand]
        if new:
            self._pace.note()
        for message in new[:_GROUP_MAX]:
            self._in_hand.add(message.id)
            self._deliver(message).add_done_callback(partial(self._done, message.id))
        return len(new[:_GROUP_MAX])

    def _done(self, message_id: bytes, answer: "asyncio.Future[bool]") -> None:
        self._dealt_with.add(message_id)
        if not answer.cancelled():
            answer.exception()  # a message that was not dealt with is read again
