"""Messages on their way: what is asked for once is carried out once, whatever the store does meanwhile."""

import asyncio
from dataclasses import replace
from random import Random

import pytest

from stepwell.engine.events import StopRequested
from stepwell.limits import AWS
from stepwell.runtime.clock import ManualClock
from stepwell.runtime.identity import new_id
from stepwell.runtime.inbox import Inbox, Pace
from stepwell.runtime.messages import reply_to
from stepwell.runtime.outbox import Outbox
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import Overloaded, StoreUnavailable
from stepwell.store.records import Commit, Fence, Message, NodeRow
from stepwell.store.sqlite import SqliteStore
from tests.runtime.faulty_store import FaultyStore

EXECUTION = new_id(1, Random(1), 1)
STOP = StopRequested(None, None)
NODE = NodeRow(b"n" * 16, "n", "", 1)


class Mail:
    """An inbox and an outbox at one store; `taken` is what the inbox delivered, with the futures of the answers."""

    async def open(self, **limits: int) -> "Mail":
        self.inner = SqliteStore(":memory:", shards=4)
        await self.inner.open()
        await self.inner.join_node(NODE)
        self.store = FaultyStore(self.inner)
        clock, dice = ManualClock(), Random(2)
        self.ownership = Ownership(self.store, clock)
        self.ownership.open()
        self.ownership.add(Fence(1, 0))
        self.outbox = Outbox(self.store, clock, dice, replace(AWS, **limits), self.ownership)
        self.outbox.speak_as(NODE.id)
        self.taken: list[tuple[Message, asyncio.Future[bool]]] = []
        self.inbox = Inbox(self.store, self.ownership, self._deliver, Pace())
        return self

    def _deliver(self, message: Message) -> "asyncio.Future[bool]":
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.taken.append((message, answer))
        return answer

    async def receive(self) -> None:
        while not await self.inbox.read():  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def reply(self, place: int, accepted: bool) -> None:
        message, answer = self.taken[place]
        await self.inner.commit([Commit(1, message.execution_id, replies=[reply_to(message, accepted)])])
        answer.set_result(accepted)


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_request_is_answered(accepted: bool) -> None:
    mail = await Mail().open()
    answer = mail.outbox.ask(EXECUTION, STOP)
    await mail.receive()
    await mail.reply(0, accepted)
    assert await answer is accepted
    await mail.outbox.close(1)
    assert await mail.inner.load_replies(NODE.id) == []


async def test_what_is_in_hand_is_not_taken_twice() -> None:
    mail = await Mail().open()
    mail.outbox.tell(EXECUTION, STOP)
    await mail.receive()
    assert await mail.inbox.read() == 0
    mail.taken[0][1].set_exception(StoreUnavailable("not committed"))
    await asyncio.sleep(0)
    assert await mail.inbox.read() == 1
    assert mail.taken[0][0] == mail.taken[1][0]
    await mail.reply(1, True)
    await asyncio.sleep(0)
    assert await mail.inbox.read() == 0
    await mail.outbox.close(1)


async def test_a_send_whose_outcome_is_unknown_is_repeated_and_arrives_once() -> None:
    mail = await Mail().open()
    sent = mail.inner.send_messages
    lost: list[object] = []

    async def send(messages: list[Message]) -> None:
        await sent(messages)
        if not lost:
            lost.append(messages)
            mail.store.down = True
            await mail.store.load_replies(NODE.id)  # raises, as the broken connection does

    mail.inner.send_messages = send  # type: ignore[method-assign, assignment]
    answer = mail.outbox.ask(EXECUTION, STOP)
    while not lost:  # noqa: ASYNC110
        await asyncio.sleep(0)
    mail.store.down = False
    await mail.receive()
    await mail.reply(0, True)
    assert await answer
    assert len(mail.taken) == 1
    await mail.outbox.close(1)


async def test_replies_are_not_believed_without_a_lease() -> None:
    """They may have been removed with this node, and others have come after them."""
    mail = await Mail().open()
    answer = mail.outbox.ask(EXECUTION, STOP)
    await mail.receive()
    mail.ownership.renew(0)
    await mail.reply(0, False)
    await asyncio.sleep(0.05)
    assert not answer.done()
    mail.outbox.speak_as(b"m" * 16)
    with pytest.raises(StoreUnavailable):
        await answer
    await mail.outbox.close(0)


async def test_too_many_requests_are_refused() -> None:
    mail = await Mail().open(queued_events_max=2)
    waiting = [mail.outbox.ask(EXECUTION, STOP) for _ in range(2)]
    with pytest.raises(Overloaded):
        mail.outbox.ask(EXECUTION, STOP)
    await mail.outbox.close(0)
    for answer in waiting:
        with pytest.raises(StoreUnavailable):
            await answer


def test_the_pace_slows_down_when_nothing_happens() -> None:
    pace = Pace()
    assert pace.pause_s() == pace.idle_s
    pace.note()
    assert [pace.pause_s() for _ in range(10)] == [pace.busy_s] * 10
    assert [pace.pause_s() for _ in range(100)][-1] == pace.idle_s
