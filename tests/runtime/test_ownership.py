"""Which shards are this node's, and what is refused when it is not sure."""

import asyncio
from itertools import pairwise
from random import Random

import pytest

from stepwell.runtime.clock import ManualClock
from stepwell.runtime.identity import new_id
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import StoreUnavailable
from stepwell.store.protocol import StaleOwner
from stepwell.store.records import Commit, Fence, NodeRow
from stepwell.store.sqlite import SqliteStore

SHARDS = 4


async def opened(shards: int = SHARDS) -> tuple[Ownership, SqliteStore, ManualClock]:
    store, clock = SqliteStore(":memory:", shards=shards), ManualClock()
    await store.open()
    ownership = Ownership(store, clock)
    ownership.open()
    return ownership, store, clock


def of(shard: int) -> bytes:
    return new_id(1, Random(shard), shard)


async def test_a_database_with_one_shard_is_ours() -> None:
    ownership, _, _ = await opened(1)
    assert not ownership.is_shared
    assert ownership.drives(of(3))
    assert (ownership.next_shard(), ownership.home, ownership.is_current) == (0, 0, True)
    assert ownership.fences_of([0]) == ()


async def test_nothing_is_ours_before_it_is_taken() -> None:
    ownership, _, _ = await opened()
    assert ownership.home is None
    assert not ownership.drives(of(1))
    with pytest.raises(StoreUnavailable):
        ownership.next_shard()
    with pytest.raises(StaleOwner):
        ownership.fences_of([1])


async def test_a_shard_that_leaves_takes_nothing_new_and_is_still_written() -> None:
    ownership, _, _ = await opened()
    ownership.add(Fence(1, 5))
    ownership.add(Fence(2, 6))
    ownership.leave([1])
    assert (ownership.drives(of(1)), ownership.holds(1)) == (False, True)
    assert {ownership.next_shard() for _ in range(200)} == {2}
    assert ownership.fences_of([2, 1, 1]) == [Fence(1, 5), Fence(2, 6)]
    ownership.remove([1])
    assert not ownership.holds(1)


async def test_starts_visit_all_shards_a_group_at_a_time() -> None:
    ownership, _, _ = await opened()
    for shard in range(SHARDS):
        ownership.add(Fence(shard, 1))
    shards = [ownership.next_shard() for _ in range(32 * SHARDS)]
    assert {shards.count(shard) for shard in range(SHARDS)} == {32}
    assert sum(one != other for one, other in pairwise(shards)) == SHARDS


async def test_without_a_lease_nothing_is_written() -> None:
    ownership, _, clock = await opened()
    ownership.add(Fence(1, 1))
    ownership.renew(clock.now_ms() + 100)
    assert ownership.fences_of([1])
    clock.advance(100)
    assert not ownership.is_current
    with pytest.raises(StoreUnavailable):
        ownership.fences_of([1])
    waiting = asyncio.ensure_future(ownership.until_known())
    await asyncio.sleep(0)
    assert not waiting.done()
    ownership.renew(clock.now_ms() + 100)
    await waiting


async def test_a_commit_waits_a_little_for_a_lease_that_is_renewed_late() -> None:
    ownership, store, clock = await opened()
    node = NodeRow(b"n" * 16, "n", "", 1)
    await store.join_node(node)
    _, shards = await store.load_nodes()
    [fence] = await store.take_shards(node.id, shards[:1])
    ownership.add(fence)
    ownership.renew(clock.now_ms())
    commit = asyncio.ensure_future(ownership.commit([Commit(0, of(0))]))
    await asyncio.sleep(0)
    assert not commit.done()
    ownership.renew(clock.now_ms() + 100)
    assert await commit == {}


async def test_what_was_lost_ends_the_wait_too() -> None:
    ownership, _, clock = await opened()
    ownership.add(Fence(1, 1))
    ownership.renew(clock.now_ms())
    waiting = asyncio.ensure_future(ownership.until_known())
    await asyncio.sleep(0)
    ownership.remove([1])
    await waiting


async def test_a_write_that_meets_another_owner_loses_the_shard_at_once() -> None:
    ownership, store, _ = await opened()
    node = NodeRow(b"n" * 16, "n", "", 1)
    await store.join_node(node)
    _, shards = await store.load_nodes()
    for fence in await store.take_shards(node.id, shards[:2]):
        ownership.add(fence)
    _, shards = await store.load_nodes()
    await store.take_shards(node.id, shards[:1])
    with pytest.raises(StaleOwner) as caught:
        await ownership.commit([Commit(0, of(0)), Commit(1, of(1))])
    assert caught.value.shards == (0,)
    assert (ownership.holds(0), ownership.holds(1)) == (False, True)
    assert ownership.take_stale() == [0]
    assert ownership.take_stale() == []
    assert await ownership.commit([Commit(1, of(1))]) == {}
