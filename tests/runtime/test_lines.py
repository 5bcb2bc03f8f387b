"""Requests over lines: answered there, and by the post where a line does not take or loses them."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Collection
from random import Random
from typing import Any

import pytest

from stepwell.engine.events import ActivityTaken, HeartbeatReceived, StopRequested
from stepwell.runtime.bundle import read_frame, write_frame
from stepwell.runtime.carrier import Line
from stepwell.runtime.codec import pack, unpack
from stepwell.runtime.lines import Lines
from stepwell.runtime.messages import Answer, Request, encode_request
from stepwell.runtime.reception import Outcome, Reception
from stepwell.runtime.refusals import Moved, StoreUnavailable
from stepwell.runtime.turns import Item
from stepwell.store.records import Message, NodeRow, ShardRow
from tests.runtime.network import Network, SimCarrier
from tests.simulation_runtime.loop import SimLoop

OWNER, ASKER = b"o" * 16, b"a" * 16
SHARDS = [ShardRow(0, 1, ASKER, None), ShardRow(1, 1, OWNER, None), ShardRow(2, 1, None, None)]
STOP = StopRequested(None, None)


class World:
    """One node that asks, one that is asked; `asked` are the requests there, as they come to its shard."""

    async def open(self) -> "World":
        self.network = Network(Random(1), lambda: False)
        self.reception = Reception(self._put, self._hear_news)
        self.news: list[bytes] = []
        self.asked: list[Item] = []
        self.answers: dict[bytes, Answer | StoreUnavailable] = {}
        self.back: list[bytes] = []
        self.gone: list[bytes] = []
        address = await SimCarrier(self.network, "owner").listen(b"", lambda: OWNER, self.reception.accept)
        self.lines = Lines(SimCarrier(self.network, "asker"), self)
        self.lines.learn([NodeRow(OWNER, "owner", "", 1, line=address), NodeRow(b"?" * 16, "deaf", "", 1)], SHARDS)
        return self

    async def with_line(self) -> "World":
        """The first request makes the line, and does not wait for it."""
        await self.open()
        assert not self.lines.carry(message(b"0"))
        await self.settle()
        return self

    async def settle(self) -> None:
        await asyncio.sleep(0.2)

    def _put(self, item: Item) -> None:
        self.asked.append(item)

    def _hear_news(self, body: bytes) -> None:
        unpack(body)
        self.news.append(body)

    def answered(self, message_id: bytes, answer: Answer | StoreUnavailable) -> None:
        self.answers[message_id] = answer

    def came_back(self, messages: Collection[Message]) -> None:
        self.back += [message.id for message in messages]

    def lost(self, messages: Collection[Message]) -> None:
        self.gone += [message.id for message in messages]


def told(story: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that is told on a loop whose time jumps."""

    @functools.wraps(story)
    def test(*arguments: Any, **named: Any) -> None:
        loop = SimLoop(1)
        try:
            loop.run_until_complete(story(*arguments, **named))
        finally:
            loop.close()

    return test


def message(name: bytes, request: Request = STOP, shard: int = 1) -> Message:
    return Message(shard, name * 16, ASKER, b"e" * 16, encode_request(request))


@pytest.mark.parametrize("accepted", [True, False])
@told
async def test_a_request_is_answered(accepted: bool) -> None:
    world = await World().with_line()
    assert world.lines.carry(message(b"1"))
    assert list(world.lines.under_way()) == [b"1" * 16]
    await world.settle()
    (item,) = world.asked
    assert (item.execution_id, item.event) == (b"e" * 16, STOP)
    item.settle(accepted)
    item.refuse(StoreUnavailable("it is answered already"))
    await world.settle()
    assert world.answers == {b"1" * 16: Answer(accepted)}
    assert list(world.lines.under_way()) == []


@told
async def test_requests_of_one_moment_share_a_frame() -> None:
    world = await World().with_line()
    for name in (b"1", b"2", b"3"):
        assert world.lines.carry(message(name, HeartbeatReceived(1, 1)))
    await world.settle()
    assert world.network.frames == 1
    for item in world.asked:
        item.settle(True)
    await world.settle()
    assert world.network.frames == 2
    assert len(world.answers) == 3


@told
async def test_an_owner_that_could_not_say_why() -> None:
    world = await World().with_line()
    world.lines.carry(message(b"1"))
    await world.settle()
    world.asked[0].refuse(StoreUnavailable("no disk \udc80"))
    await world.settle()
    found = world.answers[b"1" * 16]
    assert isinstance(found, StoreUnavailable)
    assert str(found) == "no disk ?"


@told
async def test_a_request_that_finds_no_owner_comes_back() -> None:
    world = await World().with_line()
    world.lines.carry(message(b"1"))
    await world.settle()
    world.asked[0].refuse(Moved())
    await world.settle()
    assert world.back == [b"1" * 16]
    assert world.answers == {}


@pytest.mark.parametrize("body", [encode_request(ActivityTaken(1, 1, None)), b"\x09later"])
@told
async def test_what_the_post_is_to_bring_comes_back(body: bytes) -> None:
    world = await World().with_line()
    world.lines.carry(Message(1, b"1" * 16, ASKER, b"e" * 16, body))
    await world.settle()
    assert world.back == [b"1" * 16]
    assert world.asked == []


@told
async def test_an_owner_that_is_about_to_end_takes_no_more() -> None:
    world = await World().with_line()
    world.reception.close()
    world.lines.carry(message(b"1"))
    await world.settle()
    assert (world.back, world.asked) == ([b"1" * 16], [])


@told
async def test_what_a_line_loses_is_lost_once() -> None:
    world = await World().with_line()
    world.lines.carry(message(b"1"))
    await world.settle()
    world.network.cut("owner")
    await world.settle()
    assert world.gone == [b"1" * 16]
    world.asked[0].settle(True)
    await world.settle()
    assert world.answers == {}


@told
async def test_of_a_node_that_is_gone_nothing_is_expected() -> None:
    world = await World().with_line()
    world.lines.carry(message(b"1"))
    world.lines.learn([], SHARDS)
    assert world.gone == [b"1" * 16]
    assert not world.lines.carry(message(b"2"))


@told
async def test_a_line_is_made_again() -> None:
    world = await World().with_line()
    (end,) = [end for end in world.network.ends if end.place == "owner"]
    end.close()
    await world.settle()
    assert not world.lines.carry(message(b"1"))
    await world.settle()
    assert world.lines.carry(message(b"2"))


@told
async def test_what_no_line_takes() -> None:
    world = await World().with_line()
    assert not world.lines.carry(message(b"1", shard=0)), "its own"
    assert not world.lines.carry(message(b"1", shard=2)), "of nobody"
    assert not world.lines.carry(Message(1, b"1" * 16, ASKER, b"e" * 16, bytes(2_000_000))), "long"


@told
async def test_nobody_answers_there() -> None:
    world = await World().open()
    world.network.cut("owner")
    assert not world.lines.carry(message(b"1"))
    await world.settle()
    assert not world.lines.carry(message(b"2"))
    assert world.back == []
    world.lines.close()


@told
async def test_hanging_up_loses_what_was_not_answered() -> None:
    world = await World().with_line()
    world.lines.carry(message(b"1"))
    world.lines.close()
    assert world.gone == [b"1" * 16]


@told
async def test_answers_to_what_nobody_asked_are_nothing() -> None:
    world = await World().with_line()
    world.lines.carry(message(b"1"))
    (end,) = [end for end in world.network.ends if end.place == "owner"]
    line: Line = end
    line.send(write_frame([(b"?" * 16, Outcome.ACCEPTED, b"")]))
    line.send(b"\x09 of a newer release")
    await world.settle()
    assert world.answers == {}
    assert list(world.lines.under_way()) == [b"1" * 16]


@told
async def test_news_wait_for_a_line_and_for_no_answer() -> None:
    world = await World().open()
    world.lines.spread(pack("first"))
    world.lines.spread(pack("second"))
    await world.settle()
    world.lines.spread(pack("third"))
    world.lines.spread(bytes(2_000_000))
    world.lines.spread(b"\x09 of a newer release")
    await world.settle()
    assert world.news == [pack("first"), pack("second"), pack("third")]
    assert list(world.lines.under_way()) == []
    assert world.network.frames == 2


def test_a_frame_of_a_newer_release_is_empty() -> None:
    assert list(read_frame(write_frame([(b"a", 1, b"")]))) == [(b"a", 1, b"")]
    assert list(read_frame(b"\x02...")) == []
