"""Requests of this node to the owners of other shards, and their replies.

A request is a row in the inbox of a shard; its reply is written by the commit that consumed it. Requests that come in
while one write is under way go out together with the next. What nobody waits for (the outcome of a call whose execution
has moved) is offered to the store until it is taken.
"""

import asyncio
import logging
from random import Random
from typing import Final

from stepwell.limits import Limits
from stepwell.runtime.clock import Clock
from stepwell.runtime.identity import new_id
from stepwell.runtime.messages import Request, decode_reply, encode_request
from stepwell.runtime.outage import Outage
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import Overloaded, StoreUnavailable
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import Message

log = logging.getLogger("stepwell.runtime")

_FIRST_S: Final = 0.005  # between looks for replies
_LAST_S: Final = 0.25
_SLOWER: Final = 1.2
_RETRY_S: Final = 0.2
_PATIENCE_S: Final = 30.0  # of a client: a takeover takes less
_GROUP_MAX: Final = 256


class Outbox:
    """What this node has asked others."""

    def __init__(self, store: Store, clock: Clock, dice: Random, limits: Limits, ownership: Ownership) -> None:
        self._store = store
        self._clock = clock
        self._dice = dice
        self._limits = limits
        self._ownership = ownership
        self._node_id = b""
        self._unsent: list[Message] = []
        self._waiting: dict[bytes, asyncio.Future[bool]] = {}
        self._read: list[bytes] = []  # replies that nobody needs any more
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._outage = Outage("sending messages to other nodes")

    def speak_as(self, node_id: bytes) -> None:
        """Replies come to this node from now on; those to its former self never will."""
        self._node_id = node_id
        self._read.clear()
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            _fail(answer, "this node lost its lease: whether the request was carried out is unknown")

    @property
    def waiting(self) -> int:
        """How many requests have not been answered."""
        return len(self._waiting)

    def ask(self, execution_id: bytes, request: Request) -> "asyncio.Future[bool]":
        """Whether the owner accepted it, once that is durable. Raises Overloaded; the answer may be StoreUnavailable.

        A request whose answer nobody awaits any more is carried out all the same.
        """
        if len(self._waiting) >= self._limits.queued_events_max:
            raise Overloaded
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        message = self._message(execution_id, request, self._node_id)
        self._waiting[message.id] = answer
        self._send(message)
        return answer

    async def request(self, execution_id: bytes, request: Request) -> bool:
        """The same for a client that waits. Raises Overloaded, StoreUnavailable."""
        answer = self.ask(execution_id, request)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await answer
        except TimeoutError:
            raise StoreUnavailable("the node that drives this execution did not answer") from None

    def tell(self, execution_id: bytes, request: Request) -> None:
        """Let the owner know, whenever that can be."""
        self._send(self._message(execution_id, request, None))

    async def close(self, grace_s: float) -> None:
        """Send what is left, if the store takes it; whoever waits for a reply is told that none will come."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=grace_s)
            self._task.cancel()
            await asyncio.wait([self._task])
        for answer in self._waiting.values():
            _fail(answer, "the server is stopping")

    def _message(self, execution_id: bytes, request: Request, sender: bytes | None) -> Message:
        shard = self._ownership.shard_of(execution_id)
        message_id = new_id(self._clock.now_ms(), self._dice, shard)
        return Message(shard, message_id, sender, execution_id, encode_request(request))

    def _send(self, message: Message) -> None:
        self._unsent.append(message)
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work(), name="outbox")

    async def _work(self) -> None:
        """As long as there is something to send, or somebody waits."""
        pause_s = _FIRST_S
        while self._unsent or (self._waiting and not self._closing):
            self._wake.clear()
            try:
                if self._unsent:
                    await self._send_all()
                    pause_s = _FIRST_S
                if self._waiting and await self._collect():
                    pause_s = _FIRST_S
                self._outage.over()
            except StoreError as error:
                self._outage.met(error)
                pause_s = _RETRY_S
            await self._rest(pause_s)
            pause_s = min(pause_s * _SLOWER, _LAST_S)
        await self._forget_read()

    async def _rest(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _send_all(self) -> None:
        """What fails here may have been written; it is sent again under the same ids, so it arrives once."""
        group = self._unsent[:_GROUP_MAX]
        await self._store.send_messages(group)
        del self._unsent[: len(group)]

    async def _collect(self) -> bool:
        node_id = self._node_id
        replies = await self._store.load_replies(node_id)
        if node_id != self._node_id or not self._ownership.is_current:
            return False  # given up for dead we would find what came after, and not what came before
        found = False
        for message_id, body in replies:
            answer = self._waiting.pop(message_id, None)
            if answer is not None:
                found = True
                if not answer.done():
                    answer.set_result(decode_reply(body))
            self._read.append(message_id)
        if replies:
            await self._forget_read()
        return found

    async def _forget_read(self) -> None:
        read, self._read = self._read, []
        try:
            if read:
                await self._store.drop_replies(self._node_id, read)
        except StoreError as error:
            log.warning("replies that were read stay in the database for now: %s", error)


def _fail(answer: "asyncio.Future[bool]", reason: str) -> None:
    if not answer.done():
        answer.set_exception(StoreUnavailable(reason))
