"""The direct way to the nodes that drive other shards: a request goes over a line, and so does its answer.

A line saves a request three writes and the wait for a look at the inbox. Nothing depends on it: whatever it does not
take, or loses, goes by the post, under the same id. Who drives what is what this node saw last; one that is asked for
what it does not drive any more says so.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import Final, Protocol

from stepwell.runtime.bundle import Bundle, read_frame
from stepwell.runtime.carrier import Carrier, CarrierError
from stepwell.runtime.messages import Answer
from stepwell.runtime.reception import NEWS, Outcome
from stepwell.runtime.refusals import StoreUnavailable
from stepwell.store.records import Message, NodeRow, ShardRow

log = logging.getLogger("stepwell.runtime")

_AGAIN_S: Final = 2.0
"""After a line could not be had, until it is tried again."""

_NEWS_MAX: Final = 64
_BODY_MAX: Final = 1_048_576
"""Bytes of a request that a line takes: a longer one would hold up those behind it."""


class Clerk(Protocol):
    """Whose messages are carried."""

    def answered(self, message_id: bytes, answer: Answer | StoreUnavailable) -> None:
        """What the owner says."""

    def came_back(self, messages: Collection[Message]) -> None:
        """They found no owner: nothing happened."""

    def lost(self, messages: Collection[Message]) -> None:
        """Nobody knows what became of them."""


class Lines:
    """The lines of this node to others."""

    def __init__(self, carrier: Carrier, clerk: Clerk) -> None:
        self._carrier = carrier
        self._clerk = clerk
        self._peers: dict[bytes, Peer] = {}
        self._owners: dict[int, bytes] = {}

    def learn(self, nodes: Iterable[NodeRow], shards: Iterable[ShardRow]) -> None:
        """Take note of which others live, and who drives what. Of those who are gone nothing is expected any more."""
        lines = {node.id: node.line for node in nodes if node.line}
        for node_id in self._peers.keys() - lines.keys():
            self._peers.pop(node_id).close()
        for node_id in lines.keys() - self._peers.keys():
            self._peers[node_id] = Peer(node_id, lines[node_id], self._carrier, self._clerk)
        self._owners = {row.shard: row.node for row in shards if row.node is not None and row.node in lines}

    def carry(self, message: Message) -> bool:
        """Take a message on; False when it is to go by the post."""
        peer = self._peers.get(self._owners.get(message.shard, b""))
        return peer is not None and len(message.body) <= _BODY_MAX and peer.carry(message)

    def spread(self, news: bytes) -> None:
        """Let all others know, as far as they can be reached."""
        if len(news) <= _BODY_MAX:
            for peer in self._peers.values():
                peer.tell(news)

    def under_way(self) -> Iterator[bytes]:
        """The ids of the messages that have not been answered."""
        for peer in self._peers.values():
            yield from peer.under_way

    def close(self) -> None:
        """Hang up; what has not been answered is lost."""
        while self._peers:
            self._peers.popitem()[1].close()


class Peer:
    """Another node, and the line to it, which is made when it is first wanted."""

    def __init__(self, node_id: bytes, address: str, carrier: Carrier, clerk: Clerk) -> None:
        self._node_id = node_id
        self._address = address
        self._carrier = carrier
        self._clerk = clerk
        self.under_way: dict[bytes, Message] = {}
        self._bundle: Bundle | None = None
        self._calling: asyncio.Task[None] | None = None
        self._news: deque[bytes] = deque(maxlen=_NEWS_MAX)  # that came while there was no line
        self._closed = False

    def carry(self, message: Message) -> bool:
        """Take a message on, if there is a line that takes it."""
        bundle = self._free()
        if bundle is None:
            return False
        self.under_way[message.id] = message
        bundle.add((message.id, message.execution_id, message.body))
        return True

    def tell(self, news: bytes) -> None:
        """Pass news on, now or when there is a line."""
        bundle = self._free()
        if bundle is None:
            self._news.append(news)
        else:
            bundle.add((NEWS, b"", news))

    def close(self) -> None:
        """Hang up."""
        self._closed = True
        if self._calling is not None:
            self._calling.cancel()
        if self._bundle is not None:
            self._bundle.line.close()
        self._lost()

    def _free(self) -> Bundle | None:
        """Where to put what is to be said, if that is possible now; makes a line where there is none."""
        if self._bundle is not None:
            return self._bundle if self._bundle.line.is_free else None
        if self._calling is None and not self._closed:
            self._calling = asyncio.get_running_loop().create_task(self._call(), name="line")
        return None

    async def _call(self) -> None:
        try:
            line = await self._carrier.call(self._address, self._node_id, self._heard, self._lost)
            self._bundle = Bundle(line)
            while self._news:
                self._bundle.add((NEWS, b"", self._news.popleft()))
        except CarrierError as error:
            log.info("no line to node %s: %s; what is for it goes through the database", self._node_id.hex(), error)
            await asyncio.sleep(_AGAIN_S)
        finally:
            self._calling = None

    def _heard(self, frame: bytes) -> None:
        back: list[Message] = []
        for message_id, outcome, reason in read_frame(frame):
            message = self.under_way.pop(message_id, None)
            if message is None:
                continue
            if outcome == Outcome.MOVED:
                back.append(message)
            elif outcome == Outcome.FAILED:
                self._clerk.answered(message_id, StoreUnavailable(reason.decode()))
            else:
                self._clerk.answered(message_id, Answer(outcome == Outcome.ACCEPTED))
        if back:
            self._clerk.came_back(back)

    def _lost(self) -> None:
        self._bundle = None
        back, self.under_way = self.under_way, {}
        if back:
            self._clerk.lost(back.values())
