"""Rounds of the post that go with a commit, and what becomes of them when the commit does not go well."""

import asyncio

import pytest

from stepwell.store import Fence, StaleOwner
from stepwell.store.postgres import PostgresStore
from stepwell.store.postgres.mail import Rides, Round
from stepwell.store.postgres.statement import MAIL
from stepwell.store.records import Commit, Message, NodeRow, Reply
from tests.store.cutting_proxy import CuttingProxy
from tests.store.rows import started, stepped

NODE = NodeRow(b"n" * 16, "n", "", 1)
MESSAGE = Message(0, b"m" * 16, NODE.id, b"e" * 16, b"?")


@pytest.fixture
async def proxy(database: str):
    async with CuttingProxy(database) as running:
        yield running


@pytest.fixture
async def store(proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch):
    """Commits are frequent here, however slow the machine is."""
    monkeypatch.setattr("stepwell.store.postgres.mail._BUSY_S", 600.0)
    opened = PostgresStore(proxy.url)
    await opened.open()
    await opened.join_node(NODE)
    try:
        yield opened
    finally:
        proxy.refuses = False
        await opened.close()


def rode(store: PostgresStore) -> list[tuple[str, ...]]:
    """The kinds of statements that took a round along."""
    return [parts for parts in store._commits._statements if MAIL in parts]


async def waiting(store: PostgresStore, *sent: Message, read: bytes | None = None) -> "asyncio.Task":
    """A round that waits for a commit to go with."""
    exchange = store.exchange_mail(NODE.id, sent, [] if read is None else [read], [0], 9)
    task = asyncio.ensure_future(exchange)
    await asyncio.sleep(0)
    return task


async def test_a_round_goes_with_a_commit(store: PostgresStore) -> None:
    start = started("a")
    await store.commit([start])
    first = await waiting(store, MESSAGE)
    await store.commit([stepped(start)])
    assert await first == ([], [])
    second = await waiting(store)
    await store.commit([Commit(0, start.execution_id, replies=[Reply(0, MESSAGE.id, NODE.id, b"!")])])
    assert await second == ([MESSAGE], [])
    third = await waiting(store)
    await store.commit([stepped(start, 4)])
    assert await third == ([], [(MESSAGE.id, b"!")])
    fourth = await waiting(store, read=MESSAGE.id)
    await store.commit([stepped(start, 5)])
    assert await fourth == ([], [])
    assert {"insert_message", "delete_reply"} <= {part for parts in rode(store) for part in parts}


async def test_no_round_waits_where_nothing_is_committed(store: PostgresStore) -> None:
    assert await store.exchange_mail(NODE.id, [MESSAGE], [], [0], 9) == ([], [])
    assert await store.exchange_mail(NODE.id, [], [], [0], 9) == ([MESSAGE], [])
    assert rode(store) == []


async def test_a_round_that_waits_in_vain_goes_by_itself(store: PostgresStore) -> None:
    await store.commit([started("a")])
    assert await store.exchange_mail(NODE.id, [MESSAGE], [], [0], 9) == ([], [])
    assert await store.exchange_mail(NODE.id, [], [], [0], 9) == ([MESSAGE], [])
    assert rode(store) == []


async def test_a_round_outlives_the_commit_that_it_went_with(store: PostgresStore) -> None:
    start = started("a")
    await store.commit([start])
    round_ = await waiting(store, MESSAGE)
    with pytest.raises(StaleOwner):
        await store.commit([stepped(start)], [Fence(0, 99)])
    await round_
    assert await store.exchange_mail(NODE.id, [], [], [0], 9) == ([MESSAGE], [])


async def test_a_round_whose_answer_is_lost_is_gone_through_again(store: PostgresStore, proxy: CuttingProxy) -> None:
    start = started("a")
    await store.commit([start])
    round_ = await waiting(store, MESSAGE)
    proxy.lose_answer = True
    await store.commit([stepped(start)])
    await round_
    assert await store.exchange_mail(NODE.id, [], [], [0], 9) == ([MESSAGE], [])


async def test_a_round_is_taken_once() -> None:
    rides = Rides()
    assert not rides.are_frequent
    round_ = Round({}, [])
    rides.wait(round_)
    assert rides.take() is round_
    assert rides.take() is None
    assert not rides.withdraw()
    assert rides.are_frequent
    rides.wait(round_)
    assert rides.withdraw()
    round_.settle(None)
    round_.settle(((), ()))
    assert round_.answer.result() is None
