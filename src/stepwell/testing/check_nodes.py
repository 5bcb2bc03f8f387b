"""What every store must do for nodes: owners of shards, fences, messages and their replies."""

import asyncio
import os

from msgspec.structs import replace

from stepwell.store import ActivityTaskRow, ExpressRow, Fence, MapRunSave, OpenRow, StaleOwner, Store
from stepwell.store.records import Commit, Message, NodeRow, Reply, ShardRow
from stepwell.testing.store_samples import (
    AWKWARD,
    NOW_MS,
    SHARD,
    Checks,
    MakeStore,
    execution_of,
    map_run_of,
    new_id,
    opened_store,
    start_of,
    step_of,
)

CHECKS = Checks()


def _node() -> NodeRow:
    return NodeRow(new_id(), "host:17", "10.0.0.1:8083", NOW_MS)


async def _joined(store: Store) -> NodeRow:
    node = _node()
    await store.join_node(node)
    return node


async def _shard(store: Store) -> ShardRow:
    _, shards = await store.load_nodes()
    return shards[SHARD]


async def _owned(store: Store) -> tuple[NodeRow, Fence]:
    """A node that has just taken the shard that all samples are of."""
    node = await _joined(store)
    [fence] = await store.take_shards(node.id, [await _shard(store)])
    return node, fence


async def _stale(work: object) -> tuple[int, ...]:
    try:
        await work  # type: ignore[misc]  # any coroutine of a store
    except StaleOwner as error:
        return error.shards
    raise AssertionError("a stale owner wrote")


@CHECKS.listed
async def a_node_lives_as_long_as_it_beats(make_store: MakeStore) -> None:
    """And is removed only by somebody who has seen its last beat, or by itself."""
    async with opened_store(make_store) as store:
        node = await _joined(store)
        assert await store.beat_node(node.id)
        assert await store.beat_node(node.id)
        nodes, shards = await store.load_nodes()
        assert replace(node, beats=2) in nodes
        assert [row.shard for row in shards] == list(range(store.shards))
        assert not await store.remove_node(node.id, 1)
        assert await store.remove_node(node.id, 2)
        assert not await store.beat_node(node.id)
        assert not await store.remove_node(node.id)
        other = await _joined(store)
        assert await store.remove_node(other.id)
        nodes, _ = await store.load_nodes()
        assert not {node.id, other.id} & {row.id for row in nodes}


@CHECKS.listed
async def a_shard_has_one_owner(make_store: MakeStore) -> None:
    """Of those who want to take it as they saw it, one gets it; each owner has an epoch of its own."""
    async with opened_store(make_store) as store:
        first, second = await _joined(store), await _joined(store)
        before = await _shard(store)
        [fence] = await store.take_shards(first.id, [before])
        assert (fence.shard, fence.epoch > before.epoch) == (SHARD, True)
        assert await store.take_shards(second.id, [before]) == []
        now = await _shard(store)
        assert (now.node, now.epoch) == (first.id, fence.epoch)
        [taken] = await store.take_shards(second.id, [now])
        assert taken.epoch > fence.epoch
        assert (await _shard(store)).node == second.id


@CHECKS.listed
async def a_node_that_is_gone_takes_nothing(make_store: MakeStore) -> None:
    """It was given up for dead, and has to begin anew."""
    async with opened_store(make_store) as store:
        node = await _joined(store)
        await store.remove_node(node.id)
        assert await store.take_shards(node.id, [await _shard(store)]) == []


@CHECKS.listed
async def a_shard_is_let_go_with_a_word_to_the_next_owner(make_store: MakeStore) -> None:
    """Who reads it when taking the shard; then it is gone."""
    async with opened_store(make_store) as store:
        _, fence = await _owned(store)
        await store.release_shards([fence], {SHARD: AWKWARD})
        free = await _shard(store)
        assert (free.node, free.handover) == (None, AWKWARD)
        _, fence = await _owned(store)
        owned = await _shard(store)
        assert (owned.epoch, owned.handover) == (fence.epoch, None)
        await store.release_shards([Fence(SHARD, fence.epoch - 1)], {})
        assert await _shard(store) == owned
        await store.release_shards([fence], {})
        assert (await _shard(store)).node is None


@CHECKS.listed
async def what_a_stale_owner_writes_fails(make_store: MakeStore) -> None:
    """All of it, whichever verb it uses, and none of it is there."""
    execution = execution_of(new_id())
    express = ExpressRow(new_id(), SHARD, new_id(), 1, "e", NOW_MS, b"")
    run = map_run_of(execution)
    async with opened_store(make_store) as store:
        _, stale = await _owned(store)
        await store.commit([replace(start_of(execution), map_runs=[run])], [stale])
        _, fence = await _owned(store)
        other = execution_of(new_id())
        step = replace(step_of(execution), open=OpenRow(None, 0, "S", b"2"))
        assert await _stale(store.commit([start_of(other), step], [stale])) == (SHARD,)
        assert await _stale(store.write_express([express], [], [stale])) == (SHARD,)
        assert await _stale(store.save_map_run(MapRunSave(replace(run, status="FAILED")), [stale])) == (SHARD,)
        assert await store.load_execution(other.id) is None
        assert await store.find_execution(other.machine_id, other.name) is None
        assert express not in await store.scan_express(SHARD, after=express.id[:-1])
        opened = await store.load_open(execution.id)
        assert opened is not None
        assert opened.open == start_of(execution).open
        saved = await store.load_map_run(run.id)
        assert saved is not None
        assert saved.status == run.status
        await store.commit([start_of(other), step], [fence])
        await store.write_express([express], [], [fence])
        await store.save_map_run(MapRunSave(replace(run, status="FAILED")), [fence])
        opened = await store.load_open(execution.id)
        assert opened is not None
        assert opened.open.snapshot == b"2"


@CHECKS.listed
async def a_takeover_and_a_commit_come_one_after_the_other(make_store: MakeStore) -> None:
    """Either the commit is there and the new owner sees it, or it failed whole."""
    async with opened_store(make_store) as store:
        for _ in range(10):
            _, fence = await _owned(store)
            execution = execution_of(new_id())
            taker = await _joined(store)
            seen = await _shard(store)
            commit, taken = await asyncio.gather(
                store.commit([start_of(execution)], [fence]),
                store.take_shards(taker.id, [seen]),
                return_exceptions=True,
            )
            assert isinstance(taken, list)
            assert len(taken) == 1
            assert isinstance(commit, StaleOwner) == (await store.load_execution(execution.id) is None), commit


@CHECKS.listed
async def a_message_waits_for_the_owner_of_its_shard(make_store: MakeStore) -> None:
    """Once, however often it was sent, in order."""
    sender = os.urandom(16)
    first, second = sorted((new_id(), new_id()))
    messages = [
        Message(SHARD, second, None, new_id(), AWKWARD),
        Message(SHARD, first, sender, new_id(), b""),
    ]
    async with opened_store(make_store) as store:
        await _send(store, *messages)
        await _send(store, replace(messages[0], body=b"again"))
        assert [row for row in await _inbox(store) if row.id in (first, second)] == messages[::-1]
        assert len((await store.exchange_mail(sender, [], [], [SHARD], 1))[0]) == 1
        assert (await store.exchange_mail(sender, [], [], [], 10)) == ([], [])


@CHECKS.listed
async def a_reply_is_there_when_its_commit_is(make_store: MakeStore) -> None:
    """With what the message has led to, or by itself; and the message is gone then."""
    execution = execution_of(new_id())
    async with opened_store(make_store) as store:
        node, fence = await _owned(store)
        ids = sorted(new_id() for _ in range(3))
        senders = [node.id, node.id, None]
        await _send(
            store, *(Message(SHARD, id, sender, execution.id, b"?") for id, sender in zip(ids, senders, strict=True))
        )
        replies = [Reply(SHARD, id, sender, AWKWARD) for id, sender in zip(ids, senders, strict=True)]
        await store.commit([replace(start_of(execution), replies=replies[:1])], [fence])
        await store.commit([replace(step_of(execution), replies=replies[1:])], [fence])
        assert await _replies(store, node.id) == [(ids[0], AWKWARD), (ids[1], AWKWARD)]
        assert not [row for row in await _inbox(store) if row.id in ids]
        await store.commit([replace(step_of(execution), replies=[replace(replies[0], body=b"other")])], [fence])
        assert (ids[0], AWKWARD) in await _replies(store, node.id)
        assert await _replies(store, node.id, ids[0]) == [(ids[1], AWKWARD)]
        assert await _replies(store, node.id) == [(ids[1], AWKWARD)]
        await store.remove_node(node.id)
        assert await _replies(store, node.id) == []


@CHECKS.listed
async def a_commit_that_fails_replies_to_nobody(make_store: MakeStore) -> None:
    """The message waits for the next owner."""
    execution = execution_of(new_id())
    async with opened_store(make_store) as store:
        node, stale = await _owned(store)
        message = Message(SHARD, new_id(), node.id, execution.id, b"?")
        await _send(store, message)
        await _owned(store)
        commit = replace(start_of(execution), replies=[Reply(SHARD, message.id, node.id, b"!")])
        await _stale(store.commit([commit], [stale]))
        assert message in await _inbox(store)
        assert await _replies(store, node.id) == []


@CHECKS.listed
async def waiting_tasks_are_found_across_shards(make_store: MakeStore) -> None:
    """Those of one activity that wait longest."""
    execution = execution_of(new_id())
    activity = new_id()
    tasks = [ActivityTaskRow(activity, SHARD, sequence, execution.id, 0, sequence) for sequence in (1, 2, 3)]
    other = ActivityTaskRow(new_id(), SHARD, 1, execution.id, 0, 9)
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), tasks_put=[tasks[2], other, tasks[0], tasks[1]])])
        assert await store.find_activity_tasks(activity, [SHARD], 2) == tasks[:2]
        assert await store.find_activity_tasks(activity, [], 2) == []
        assert await store.find_activity_tasks(new_id(), [SHARD], 2) == []


@CHECKS.listed
async def a_round_of_the_post_sends_forgets_and_finds(make_store: MakeStore) -> None:
    """All at once; what it sends it may find itself the next time only."""
    async with opened_store(make_store) as store:
        node, fence = await _owned(store)
        first, second = (Message(SHARD, new_id(), node.id, new_id(), b"?") for _ in range(2))
        await _send(store, first)
        await store.commit([Commit(SHARD, new_id(), replies=[Reply(SHARD, first.id, node.id, b"!")])], [fence])
        assert (await store.exchange_mail(node.id, [second], [first.id], [], 9))[1] == []
        assert second in await _inbox(store)


async def _send(store: Store, *messages: Message) -> None:
    await store.exchange_mail(b"nobody", messages, [], [], 0)


async def _inbox(store: Store) -> list[Message]:
    return (await store.exchange_mail(b"nobody", [], [], [SHARD], 1_000))[0]


async def _replies(store: Store, node_id: bytes, *read: bytes) -> list[tuple[bytes, bytes]]:
    return (await store.exchange_mail(node_id, [], read, [], 0))[1]
