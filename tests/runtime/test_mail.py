"""Messages on their way: what is asked for once is carried out once, whatever the store does meanwhile."""

import asyncio
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from stepwell.engine.events import StopRequested
from stepwell.limits import AWS
from stepwell.runtime.clock import ManualClock
from stepwell.runtime.identity import new_id
from stepwell.runtime.inbox import Inbox
from stepwell.runtime.messages import Answer, reply_to
from stepwell.runtime.outbox import Outbox
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.pace import Pace
from stepwell.runtime.post import Post
from stepwell.runtime.refusals import Overloaded, StoreUnavailable
from stepwell.store.protocol import StoreError
from stepwell.store.records import Commit, Fence, Message, NodeRow, Reply
from stepwell.store.sqlite import SqliteStore
from tests.runtime.faulty_store import FaultyStore
from tests.simulation_runtime.loop import SimLoop

EXECUTION = new_id(1, Random(1), 1)
STOP = StopRequested(None, None)
NODE = NodeRow(b"n" * 16, "n", "", 1)


class Mail:
    """One node that writes to itself; `taken` is what its inbox delivered, with the futures of the answers."""

    async def open(self, **limits: int) -> "Mail":
        self.inner = SqliteStore(":memory:", shards=4)
        await self.inner.open()
        await self.inner.join_node(NODE)
        self.store = FaultyStore(self.inner)
        clock, dice = ManualClock(), Random(2)
        self.ownership = Ownership(self.store, clock)
        self.ownership.open()
        self.ownership.add(Fence(1, 0))
        self.outbox = Outbox(clock, dice, replace(AWS, **limits), self.ownership)
        self.outbox.speak_as(NODE.id)
        self.taken: list[tuple[Message, asyncio.Future[bool]]] = []
        self.inbox = Inbox(self.ownership, self._deliver)
        self.post = Post(self.store, self.outbox, self.inbox)
        return self

    def _deliver(self, message: Message) -> "asyncio.Future[bool]":
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.taken.append((message, answer))
        return answer

    async def exchange(self) -> int:
        """So many rounds that what one sends another finds; how much was taken."""
        before = len(self.taken)
        for _ in range(2):
            await self.post.exchange()
        return len(self.taken) - before

    async def reply(self, place: int, accepted: bool, parameters: str | None = None) -> None:
        message, answer = self.taken[place]
        await self.inner.commit([Commit(1, message.execution_id, replies=[reply_to(message, accepted, parameters)])])
        answer.set_result(accepted)

    async def replies(self) -> list[tuple[bytes, bytes]]:
        return (await self.inner.exchange_mail(NODE.id, [], [], [], 0))[1]


@pytest.mark.parametrize("answer", [Answer(True), Answer(False), Answer(True, "{}")])
async def test_a_request_is_answered(answer: Answer) -> None:
    mail = await Mail().open()
    answered = mail.outbox.ask(EXECUTION, STOP)
    await mail.exchange()
    await mail.reply(0, *answer)
    await mail.exchange()
    assert await answered == answer
    assert await mail.replies() == []


async def test_the_post_goes_round_by_itself_and_carries_what_is_left_at_the_end() -> None:
    mail = await Mail().open()
    mail.post.run()
    answered = asyncio.ensure_future(mail.outbox.request(EXECUTION, STOP))
    while not mail.taken:  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0)
    await mail.reply(0, True)
    assert await answered
    mail.outbox.tell(EXECUTION, STOP)
    await mail.post.close(5)
    assert await mail.replies() == []
    assert len((await mail.inner.exchange_mail(NODE.id, [], [], [1], 9))[0]) == 1


async def test_what_is_in_hand_is_not_taken_twice() -> None:
    mail = await Mail().open()
    mail.outbox.tell(EXECUTION, STOP)
    assert await mail.exchange() == 1
    assert await mail.exchange() == 0
    mail.taken[0][1].set_exception(StoreUnavailable("not committed"))
    await asyncio.sleep(0)
    assert await mail.exchange() == 1
    assert mail.taken[0][0] == mail.taken[1][0]
    await mail.reply(1, True)
    await asyncio.sleep(0)
    assert await mail.exchange() == 0


async def test_a_closed_inbox_takes_nothing() -> None:
    mail = await Mail().open()
    mail.inbox.close()
    mail.outbox.tell(EXECUTION, STOP)
    assert await mail.exchange() == 0


async def test_a_send_whose_outcome_is_unknown_is_repeated_and_arrives_once() -> None:
    mail = await Mail().open()
    answered = mail.outbox.ask(EXECUTION, STOP)
    exchange = mail.inner.exchange_mail

    async def lose_the_answer(*arguments: Any) -> None:
        await exchange(*arguments)
        raise StoreError("the connection was lost before the answer came")

    mail.inner.exchange_mail = lose_the_answer  # type: ignore[method-assign, assignment]  # for one round
    with pytest.raises(StoreError):
        await mail.post.exchange()
    mail.inner.exchange_mail = exchange  # type: ignore[method-assign]  # as it was
    assert await mail.exchange() == 1
    await mail.reply(0, True)
    await mail.exchange()
    assert (await answered).accepted
    assert len(mail.taken) == 1


async def test_the_post_outlives_an_outage() -> None:
    mail = await Mail().open()
    mail.store.down = True
    mail.post.run()
    answered = asyncio.ensure_future(mail.outbox.request(EXECUTION, STOP))
    while mail.store.verbs["exchange_mail"] < 2:  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0)
    mail.store.down = False
    while not mail.taken:  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0)
    await mail.reply(0, True)
    assert await answered
    await mail.post.close(5)


async def test_what_a_database_lost_is_asked_again_when_it_is_back() -> None:
    mail = await Mail().open()
    answered = mail.outbox.ask(EXECUTION, STOP)
    await mail.exchange()
    await mail.inner.commit([Commit(1, EXECUTION, replies=[Reply(1, mail.taken[0][0].id, None, b"")])])  # it is gone
    mail.taken.pop()[1].set_result(False)
    mail.store.down = True
    mail.post.run()
    while mail.store.verbs["exchange_mail"] < 3:  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0)
    mail.store.down = False
    while not mail.taken:  # noqa: ASYNC110  # the store tells nobody
        await asyncio.sleep(0)
    await mail.reply(0, True)
    assert (await answered).accepted
    await mail.post.close(5)


async def test_replies_are_not_believed_without_a_lease() -> None:
    """They may have been removed with this node, and others have come after them."""
    mail = await Mail().open()
    answered = mail.outbox.ask(EXECUTION, STOP)
    await mail.exchange()
    mail.ownership.renew(0)
    await mail.reply(0, False)
    await mail.exchange()
    assert not answered.done()
    mail.outbox.speak_as(b"m" * 16)
    with pytest.raises(StoreUnavailable):
        await answered


def test_a_client_waits_half_a_minute_and_a_worker_for_ever() -> None:
    """Nobody answers: the client hears that, a second late at most; a task that was asked for may still come."""

    async def story() -> None:
        mail = await Mail().open()
        taken = mail.outbox.ask(EXECUTION, STOP)
        for _ in range(2):
            began_s = asyncio.get_running_loop().time()
            with pytest.raises(StoreUnavailable):
                await mail.outbox.request(EXECUTION, STOP)
            assert 30 <= asyncio.get_running_loop().time() - began_s <= 31
        assert not taken.done()
        assert mail.outbox.waiting == 3
        mail.outbox.close()

    loop = SimLoop(1)
    loop.run_until_complete(story())
    loop.close()


async def test_too_many_requests_are_refused() -> None:
    mail = await Mail().open(queued_events_max=2)
    waiting = [mail.outbox.ask(EXECUTION, STOP) for _ in range(2)]
    with pytest.raises(Overloaded):
        mail.outbox.ask(EXECUTION, STOP)
    mail.outbox.close()
    for answer in waiting:
        with pytest.raises(StoreUnavailable):
            await answer


def test_the_pace_slows_down_when_nothing_happens() -> None:
    pace = Pace()
    assert pace.pause_s() == pace.idle_s
    pace.note()
    pauses = [pace.pause_s() for _ in range(100)]
    assert (pauses[0], pauses[-1]) == (pace.busy_s, pace.idle_s)
    assert pauses == sorted(pauses)
