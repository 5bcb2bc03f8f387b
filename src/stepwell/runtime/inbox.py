"""Messages of other nodes to the executions that this one drives.

One that was read stays a row until the commit that answers it, so it may be read several times: what is in hand is not
taken twice, and what an earlier owner has consumed is not there any more.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from stepwell.runtime.ownership import Ownership
from stepwell.store.records import Message

_GROUP_MAX: Final = 256

Deliver = Callable[[Message], "asyncio.Future[bool]"]


class Inbox:
    """The messages to this node's shards."""

    def __init__(self, ownership: Ownership, deliver: Deliver) -> None:
        self._ownership = ownership
        self._deliver = deliver
        self._in_hand: set[bytes] = set()
        self._dealt_with: set[bytes] = set()
        self._closed = False

    def close(self) -> None:
        """Take no more; what is in hand is answered."""
        self._closed = True

    def look(self) -> tuple[Sequence[int], int]:
        """A look begins: at which shards, and at how many messages."""
        self._in_hand -= self._dealt_with  # only now: a look that began before may still have shown them
        self._dealt_with = set()
        return () if self._closed else self._ownership.driven, _GROUP_MAX + len(self._in_hand)

    def take(self, messages: Sequence[Message]) -> int:
        """What the look has found is taken in hand, as far as it is new; answers how much that is."""
        new = [message for message in messages if message.id not in self._in_hand][:_GROUP_MAX]
        for message in new:
            self._in_hand.add(message.id)
            self._deliver(message).add_done_callback(partial(self._done, message.id))
        return len(new)

    @staticmethod
    def was_full(taken: int) -> bool:
        """Whether there may be more than was taken."""
        return taken == _GROUP_MAX

    def _done(self, message_id: bytes, answer: "asyncio.Future[bool]") -> None:
        self._dealt_with.add(message_id)
        if not answer.cancelled():
            answer.exception()  # a message that was not dealt with is read again
