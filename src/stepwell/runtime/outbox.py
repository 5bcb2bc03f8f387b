"""Requests of this node to the owners of other shards, and their replies.

A request goes over a line to the owner (see `lines`), or else is a row in the inbox of a shard; then its reply is
written by the commit that consumed it. What nobody waits for (the outcome of a call whose execution has moved) is
offered to the store until it is taken.
"""

import asyncio
import math
from collections.abc import Collection, Sequence
from random import Random
from typing import Final, NamedTuple

from stepwell.limits import Limits
from stepwell.runtime.carrier import Carrier
from stepwell.runtime.clock import Clock
from stepwell.runtime.identity import new_id
from stepwell.runtime.lines import Lines
from stepwell.runtime.messages import Answer, Request, decode_reply, encode_request, goes_by_line
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import Overloaded, StoreUnavailable
from stepwell.store.records import Message, NodeRow, ShardRow

_PATIENCE_S: Final = 30.0  # of a client: a takeover takes less
_CHECK_S: Final = 1.0  # how late that may be noticed
_GROUP_MAX: Final = 256


class Waiting(NamedTuple):
    """A request that has not been answered. `until_s`: how long somebody waits for that, in the event loop's time."""

    message: Message
    answer: "asyncio.Future[Answer]"
    until_s: float


class Letters(NamedTuple):
    """What goes with one round of the post: messages, and replies to this node that nobody needs any more."""

    node_id: bytes
    messages: Sequence[Message]
    read: Sequence[bytes]


class Outbox:
    """What this node has asked others."""

    def __init__(
        self, clock: Clock, dice: Random, limits: Limits, ownership: Ownership, carrier: Carrier | None = None
    ) -> None:
        self._clock = clock
        self._dice = dice
        self._limits = limits
        self._ownership = ownership
        self._node_id = b""
        self._unsent: list[Message] = []
        self._waiting: dict[bytes, Waiting] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._doubtful: set[bytes] = set()  # what may have been carried out already
        self._read: list[bytes] = []  # replies that nobody needs any more
        self.wake = asyncio.Event()  # there is something to send
        self._lines = None if carrier is None else Lines(carrier, self)

    def speak_as(self, node_id: bytes) -> None:
        """Replies come to this node from now on; those to its former self never will."""
        self._node_id = node_id
        self._read.clear()
        self._doubtful.clear()
        waiting, self._waiting = self._waiting, {}
        for asked in waiting.values():
            _fail(asked.answer, "this node lost its lease: whether the request was carried out is unknown")

    @property
    def waiting(self) -> int:
        """How many requests have not been answered."""
        return len(self._waiting)

    def ask(self, execution_id: bytes, request: Request) -> "asyncio.Future[Answer]":
        """What the owner answers, once that is durable. Raises Overloaded; the answer may be StoreUnavailable.

        A request whose answer nobody awaits any more is carried out all the same.
        """
        return self._ask(execution_id, request, math.inf)

    def _ask(self, execution_id: bytes, request: Request, until_s: float) -> "asyncio.Future[Answer]":
        if len(self._waiting) >= self._limits.queued_events_max:
            raise Overloaded
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        message = self._message(execution_id, request, self._node_id)
        self._waiting[message.id] = Waiting(message, answer, until_s)
        if self._lines is None or not goes_by_line(request) or not self._lines.carry(message):
            self._send(message)
        return answer

    async def request(self, execution_id: bytes, request: Request) -> bool:
        """Whether the owner accepted it, for a client that waits. Raises Overloaded, StoreUnavailable."""
        loop = asyncio.get_running_loop()
        answer = self._ask(execution_id, request, loop.time() + _PATIENCE_S)
        if self._alarm is None:
            self._alarm = loop.call_later(_CHECK_S, self._give_up)
        return (await answer).accepted

    def _give_up(self) -> None:
        """Whoever has waited long enough hears it. One alarm for all: one for each was a third of the cost."""
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        self._alarm = None
        for asked in self._waiting.values():
            if asked.until_s <= now_s:
                _fail(asked.answer, "the node that drives this execution did not answer")
            elif asked.until_s < math.inf and self._alarm is None:
                self._alarm = loop.call_later(_CHECK_S, self._give_up)

    def tell(self, execution_id: bytes, request: Request) -> None:
        """Let the owner know, whenever that can be."""
        self._send(self._message(execution_id, request, None))

    def close(self) -> None:
        """Whoever waits for a reply is told that none will come."""
        for asked in self._waiting.values():
            _fail(asked.answer, "the server is stopping")
        if self._alarm is not None:
            self._alarm.cancel()

    # What the lines carry

    def learn(self, nodes: Collection[NodeRow], shards: Collection[ShardRow]) -> None:
        """Which others live now, and who drives what."""
        if self._lines is not None:
            self._lines.learn(nodes, shards)

    def spread(self, news: bytes) -> None:
        """Let all others know what none of them need know."""
        if self._lines is not None:
            self._lines.spread(news)

    def hang_up(self) -> None:
        """What a line has not answered goes by the post."""
        lines, self._lines = self._lines, None
        if lines is not None:
            lines.close()

    def answered(self, message_id: bytes, answer: Answer | StoreUnavailable) -> None:
        """See `lines.Clerk`."""
        if message_id in self._doubtful:
            self._doubtful.discard(message_id)
            if isinstance(answer, Answer) and not answer.accepted:
                answer = StoreUnavailable("a connection broke: whether the request was carried out is unknown")
        asked = self._waiting.pop(message_id, None)
        if asked is None or asked.answer.done():
            return
        if isinstance(answer, Answer):
            asked.answer.set_result(answer)
        else:
            asked.answer.set_exception(answer)

    def came_back(self, messages: Collection[Message]) -> None:
        """See `lines.Clerk`."""
        for message in messages:
            if message.id in self._waiting:
                self._send(message)

    def lost(self, messages: Collection[Message]) -> None:
        """See `lines.Clerk`. They may have been carried out, and then a second time is refused: that says nothing."""
        self._doubtful.update(message.id for message in messages if message.id in self._waiting)
        self.came_back(messages)

    # What the post carries

    @property
    def has_unsent(self) -> bool:
        """Whether there is something to send."""
        return bool(self._unsent)

    @property
    def is_filled(self) -> bool:
        """Whether there is something to send, or to be forgotten."""
        return bool(self._unsent or self._read)

    def send_again(self) -> None:
        """The database was away, and may have lost what nobody had answered: under the same ids it arrives once."""
        there = {message.id for message in self._unsent}
        if self._lines is not None:
            there.update(self._lines.under_way())
        self._unsent.extend(asked.message for asked in self._waiting.values() if asked.message.id not in there)
        self.wake.set()

    def collect(self) -> "Letters":
        """What goes with the next round. It stays here until it `went`, so it may go twice, under the same ids."""
        self.wake.clear()
        return Letters(self._node_id, self._unsent[:_GROUP_MAX], self._read[:])

    def went(self, letters: "Letters") -> None:
        """It is in the store."""
        del self._unsent[: len(letters.messages)]
        if letters.node_id == self._node_id:
            del self._read[: len(letters.read)]

    def take(self, node_id: bytes, replies: Sequence[tuple[bytes, bytes]]) -> None:
        """All replies that there are to a node of this id."""
        if node_id != self._node_id or not self._ownership.is_current:
            return  # given up for dead we would find what came after, and not what came before
        for message_id, body in replies:
            self.answered(message_id, decode_reply(body))
            self._read.append(message_id)

    def _message(self, execution_id: bytes, request: Request, sender: bytes | None) -> Message:
        shard = self._ownership.shard_of(execution_id)
        message_id = new_id(self._clock.now_ms(), self._dice, shard)
        return Message(shard, message_id, sender, execution_id, encode_request(request))

    def _send(self, message: Message) -> None:
        self._unsent.append(message)
        self.wake.set()


def _fail(answer: "asyncio.Future[Answer]", reason: str) -> None:
    if not answer.done():
        answer.set_exception(StoreUnavailable(reason))
