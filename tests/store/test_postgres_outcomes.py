"""Commits whose connection ends: what became of them is found out, and they happen once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import asyncpg
import pytest

from stepwell.store import Fence, HistoryRow, OpenRow, StaleOwner, StoreError, StoreGone
from stepwell.store.postgres.driver import SESSION
from stepwell.store.postgres.store import PostgresStore
from stepwell.store.records import Commit, NodeRow
from tests.store.cutting_proxy import CuttingProxy
from tests.store.rows import MACHINE, closed, started, stepped


@pytest.fixture
async def proxy(database: str):
    async with CuttingProxy(database) as running:
        yield running


@pytest.fixture
async def store(proxy: CuttingProxy):
    opened = PostgresStore(proxy.url)
    await opened.open()
    try:
        yield opened
    finally:
        proxy.refuses = False
        await opened.close()


async def history(store: PostgresStore, start: Commit) -> list[HistoryRow]:
    return await store.load_history(start.execution_id, 1, 1_000)


async def test_a_group_whose_answer_is_lost_was_written(store: PostgresStore, proxy: CuttingProxy) -> None:
    start = started("a")
    await store.commit([start])
    await store.commit([stepped(start)])
    proxy.lose_answer = True
    assert await store.commit([stepped(start, 4)]) == {}
    assert not proxy.lose_answer
    assert await history(store, start) == [HistoryRow(1, 2, b"batch"), *(HistoryRow(n, 1, b"batch") for n in (3, 4))]
    assert await store.commit([closed(start)]) == {}


async def test_who_lost_a_name_is_told_even_if_the_answer_is_lost(store: PostgresStore, proxy: CuttingProxy) -> None:
    holder, late, other, rival = started("a"), started("a"), started("b"), started("b")
    await store.commit([holder, started("c")])
    proxy.lose_answer = True
    answer = await store.commit([late, other, rival])
    assert answer == {0: holder.execution_id, 2: other.execution_id}
    assert await store.find_execution(MACHINE, "b") == other.execution_id
    assert await store.load_execution(late.execution_id) is None


async def test_a_group_that_never_arrived_is_sent_again(store: PostgresStore, proxy: CuttingProxy) -> None:
    start = started("a")
    await store.commit([start])
    await store.commit([stepped(start)])
    proxy.lose_request = True
    assert await store.commit([stepped(start, 4)]) == {}
    assert proxy.kept
    assert len(await history(store, start)) == 3


async def test_a_group_that_arrives_late_does_nothing(store: PostgresStore, proxy: CuttingProxy) -> None:
    start = started("a")
    await store.commit([start])
    await store.commit([step(start, b"first")])  # the connection knows the statement from now on
    proxy.lose_request = True
    await store.commit([step(start, b"second")])
    await store.commit([step(start, b"third")])
    await proxy.deliver()
    assert await snapshot(store, start) == b"third"
    assert await store.commit([closed(start)]) == {}


async def test_a_group_that_arrives_just_before_it_is_sent_again_does_nothing(
    store: PostgresStore, proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = started("a")
    fence = await own(store)
    await store.commit([start], [fence])
    await store.commit([stepped(start)], [fence])
    once_settled(store, monkeypatch, proxy.deliver)
    proxy.lose_request = True
    assert await store.commit([stepped(start, 4)], [fence]) == {}
    assert [row.first_event_id for row in await history(store, start)] == [1, 3, 4]
    assert await store.commit([stepped(start, 5)], [fence]) == {}


def once_settled(store: PostgresStore, monkeypatch: pytest.MonkeyPatch, then: Callable[[], Awaitable[object]]) -> None:
    """Do something the next time that the store has found out what its shards are at."""
    settle = store._commits._settle

    async def settle_once(shards: Iterable[int], owned: Mapping[int, int]) -> dict[int, tuple[int, int]]:
        found = await settle(shards, owned)
        monkeypatch.undo()
        await then()
        return found

    monkeypatch.setattr(store._commits, "_settle", settle_once)


@pytest.mark.parametrize("lost", ["lose_answer", "lose_request"])
async def test_what_became_of_a_group_is_asked_again_if_that_answer_is_lost_too(
    store: PostgresStore, proxy: CuttingProxy, lost: str
) -> None:
    start = started("a")
    await store.commit([start])
    await store.commit([stepped(start)])
    setattr(proxy, lost, True)
    committing = asyncio.create_task(store.commit([stepped(start, 4)]))
    await proxy.lost.wait()
    proxy.lose_answer = True
    assert await committing == {}
    assert not proxy.lose_answer
    assert [row.first_event_id for row in await history(store, start)] == [1, 3, 4]


async def test_a_group_that_is_given_up_is_not_written_later(
    store: PostgresStore, proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = started("a")
    await store.commit([start])
    await store.commit([stepped(start)])

    async def go_away() -> None:
        proxy.refuses = True

    once_settled(store, monkeypatch, go_away)
    proxy.lose_request = True
    with pytest.raises(StoreGone):
        await store.commit([stepped(start, 4)])
    await proxy.deliver()
    assert len(await history(store, start)) == 2


async def test_a_long_group_whose_answer_is_lost_happens_once(store: PostgresStore, proxy: CuttingProxy) -> None:
    start, other = started("a"), started("a")
    group = [start, other, stepped(start), stepped(start, 4), stepped(other)]
    assert await store.commit(group) == {1: start.execution_id, 4: start.execution_id}
    proxy.lose_request = True
    assert await store.commit([stepped(start, 5), stepped(start, 6)]) == {}
    assert [row.first_event_id for row in await history(store, start)] == [1, 3, 4, 5, 6]


async def test_an_owner_that_lost_its_shard_with_its_connection_is_stale(
    store: PostgresStore, proxy: CuttingProxy, database: str
) -> None:
    start = started("a")
    fence = await own(store)
    await store.commit([start], [fence])
    proxy.lose_request = True
    other = PostgresStore(database)
    await other.open()
    theirs = await own(other)
    with pytest.raises(StaleOwner) as caught:
        await store.commit([stepped(start)], [fence])
    assert caught.value.shards == (0,)
    assert len(await history(other, start)) == 1
    assert await other.commit([stepped(start)], [theirs]) == {}
    await other.close()


async def own(store: PostgresStore) -> Fence:
    node = NodeRow(b"node-%011d" % id(store), "host:1", "127.0.0.1:1", 0)
    await store.join_node(node)
    _, shards = await store.load_nodes()
    [fence] = await store.take_shards(node.id, shards[:1])
    return fence


async def test_a_database_that_forgot_a_commit_makes_its_owner_stale(store: PostgresStore, database: str) -> None:
    start = started("a")
    fence = await own(store)
    await store.commit([start], [fence])
    await on_the_server(database, "UPDATE shards SET last_group = last_group - 1 WHERE shard = 0")
    with pytest.raises(StaleOwner):
        await store.commit([stepped(start)], [fence])


async def on_the_server(database: str, statement: str) -> None:
    url, _, schema = database.partition("schema=")
    connection = await asyncpg.connect(url.rstrip("?&"), server_settings={"search_path": schema})
    await connection.execute(statement)
    await connection.close()


async def test_a_database_that_is_gone_is_said_to_be_gone_and_found_again(
    store: PostgresStore, proxy: CuttingProxy
) -> None:
    start = started("a")
    await store.commit([start])
    proxy.refuses = True
    proxy.cut()
    await until_gone(store)
    tries = proxy.connections
    for _ in range(100):
        with pytest.raises(StoreGone, match="cannot be reached"):
            await store.commit([stepped(start)])
        with pytest.raises(StoreGone):
            await store.load_execution(start.execution_id)
    assert proxy.connections == tries
    proxy.refuses = False
    while True:
        try:
            assert await store.commit([stepped(start)]) == {}
            break
        except StoreGone:
            await asyncio.sleep(0.01)
    assert len(await history(store, start)) == 2


async def until_gone(store: PostgresStore) -> None:
    while True:
        try:
            await store.meta("schema")
        except StoreGone:
            return


async def test_a_commit_waits_for_a_database_that_went_away_with_it(store: PostgresStore, proxy: CuttingProxy) -> None:
    start = started("a")
    await store.commit([start])
    await store.commit([stepped(start)])
    proxy.lose_answer = True
    proxy.refuses = True
    committing = asyncio.create_task(store.commit([stepped(start, 4)]))
    await proxy.lost.wait()
    proxy.cut()
    await until_gone(store)
    assert not committing.done()
    proxy.refuses = False
    assert await committing == {}
    assert len(await history(store, start)) == 3


async def test_a_store_that_is_closed_does_not_wait_any_longer(store: PostgresStore, proxy: CuttingProxy) -> None:
    start = started("a")
    await store.commit([start])
    await store.commit([stepped(start)])
    proxy.lose_answer = True
    proxy.refuses = True
    committing = asyncio.create_task(store.commit([stepped(start, 4)]))
    await proxy.lost.wait()
    proxy.cut()
    await until_gone(store)
    await store.close()
    with pytest.raises(StoreError):
        await committing


@pytest.mark.parametrize("late", ["before the next", "as the next is sent", "after the next"])
async def test_a_commit_that_is_cancelled_is_over_before_the_next(
    store: PostgresStore, proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """Whenever its statement arrives: the next commit is written, and what it wrote stays."""
    start = started("a")
    fence = await own(store)
    await store.commit([start], [fence])
    await cancel_on_its_way(store, proxy, start, fence)
    if late == "before the next":
        await proxy.deliver()
        assert await snapshot(store, start) == b"cancelled"
    elif late == "as the next is sent":
        once_settled(store, monkeypatch, proxy.deliver)
    assert await store.commit([step(start, b"next")], [fence]) == {}
    assert await snapshot(store, start) == b"next"
    await proxy.deliver()
    assert await snapshot(store, start) == b"next"


async def test_a_commit_that_is_cancelled_is_not_taken_for_the_next_one(
    store: PostgresStore, proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrives as the next one is sent, and that gets lost: one of the two might be counted, and the other was meant."""
    start = started("a")
    fence = await own(store)
    await store.commit([start], [fence])
    await asyncio.gather(*(store.put_meta("key", b"value") for _ in range(2)))  # there is a second connection
    await cancel_on_its_way(store, proxy, start, fence)

    async def deliver_and_lose() -> None:
        await proxy.deliver()
        proxy.lose_request = True

    once_settled(store, monkeypatch, deliver_and_lose)
    assert await store.commit([step(start, b"next")], [fence]) == {}
    assert proxy.kept
    assert await snapshot(store, start) == b"next"


async def cancel_on_its_way(store: PostgresStore, proxy: CuttingProxy, start: Commit, fence: Fence) -> None:
    """Cancel a step whose statement has left; the proxy can deliver that."""
    await store.commit([step(start, b"first")], [fence])  # the connection knows the statement from now on
    proxy.lose_request = True
    committing = asyncio.create_task(store.commit([step(start, b"cancelled")], [fence]))
    await proxy.lost.wait()
    proxy.lost.clear()
    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing


def step(start: Commit, snapshot: bytes) -> Commit:
    return Commit(0, start.execution_id, open=OpenRow(None, 0, "S", snapshot))


async def snapshot(store: PostgresStore, start: Commit) -> bytes:
    opened = await store.load_open(start.execution_id)
    assert opened is not None
    return opened.open.snapshot


async def test_statements_that_wait_for_each_other_are_tried_again(
    store: PostgresStore, postgres_url: str, database: str
) -> None:
    """PostgreSQL ends one of two transactions that wait for each other: here ours, since the other one is patient."""
    start = started("a")
    await store.commit([start])
    other = await asyncpg.connect(
        postgres_url, server_settings={"search_path": database.partition("schema=")[2], "deadlock_timeout": "60s"}
    )
    async with other.transaction():
        await other.execute("UPDATE open_executions SET calls = calls WHERE execution_id = $1", start.execution_id)
        committing = asyncio.create_task(store.commit([stepped(start)]))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        while await other.fetchval(waiting) == 0:
            pass
        await other.execute("UPDATE shards SET epoch = epoch WHERE shard = 0")
    assert await committing == {}
    assert len(await history(store, start)) == 2
    await other.close()


async def test_a_database_that_is_too_slow_is_told_to_stop(
    database: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the group is written, and the next one is."""
    monkeypatch.setitem(SESSION, "statement_timeout", "1s")
    store = PostgresStore(database)
    await store.open()
    start = started("a")
    await store.commit([start])
    other = await asyncpg.connect(postgres_url, server_settings={"search_path": database.partition("schema=")[2]})
    async with other.transaction():
        await other.execute("UPDATE open_executions SET calls = calls WHERE execution_id = $1", start.execution_id)
        with pytest.raises(StoreError, match="took too long"):
            await store.commit([stepped(start)])
    await other.close()
    assert len(await history(store, start)) == 1
    assert await store.commit([stepped(start)]) == {}
    await store.close()
