"""Sessions ended at any moment while groups are written: each step happens once, and none is said to have that has not."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from msgspec.structs import replace

from stepwell.store import CommitRefused, StaleOwner, StoreError
from stepwell.store.postgres.store import PostgresStore
from stepwell.store.records import Commit
from tests.store.rows import started, stepped

SHARDS = 4
OURS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'stepwell' AND datname = current_database()"


def on_shard(commit: Commit, shard: int) -> Commit:
    """The same, of an execution that lives on another shard."""
    execution_id = commit.execution_id[:6] + shard.to_bytes(2) + commit.execution_id[8:]
    start = None if commit.start is None else replace(commit.start, id=execution_id, shard=shard)
    return replace(commit, shard=shard, execution_id=execution_id, start=start)


@asynccontextmanager
async def killer(url: str, dice: random.Random) -> AsyncIterator[list[int]]:
    """Ends one of the store's sessions again and again; the list counts."""
    connection = await asyncpg.connect(url)
    ended = [0]

    async def end_some() -> None:
        while True:
            pids = [row[0] for row in await connection.fetch(OURS)]
            if pids:
                ended[0] += await connection.fetchval("SELECT pg_terminate_backend($1)::int", dice.choice(pids))
            await asyncio.sleep(dice.uniform(0.01, 0.08))

    task = asyncio.create_task(end_some())
    try:
        yield ended
    finally:
        task.cancel()
        await asyncio.wait([task])
        await connection.close()


async def step_until_done(store: PostgresStore, commit: Commit, refused: list[int]) -> None:
    """Commit; again when it is said that nothing was written. A refusal would say that this was not true."""
    while True:
        try:
            assert await store.commit([commit]) == {}
            return
        except StoreError as error:
            if isinstance(error, CommitRefused | StaleOwner):
                raise
            refused[0] += 1
            await asyncio.sleep(0.01)


async def run(database: str, steps: int, seed: int) -> dict[str, int]:
    dice = random.Random(seed)
    store = PostgresStore(database)
    await store.open()
    starts = [on_shard(started(f"n{number}"), number % SHARDS) for number in range(2 * SHARDS)]
    refused = [0]

    async def live(start: Commit) -> None:
        await step_until_done(store, start, refused)
        for event in range(3, 3 + steps):
            step = stepped(start, event, b"step %d" % event)
            await step_until_done(store, replace(step, shard=start.shard), refused)

    async with killer(re.split(r"[?&]schema=", database)[0], dice) as ended:
        await asyncio.gather(*(live(start) for start in starts))
    for start in starts:
        rows = await store.load_history(start.execution_id, 1, 10_000)
        assert [row.first_event_id for row in rows] == [1, *range(3, 3 + steps)]
        opened = await store.load_open(start.execution_id)
        assert opened is not None
        assert opened.open.snapshot == b"step %d" % (2 + steps)
    await store.close()
    return {"steps": len(starts) * steps, "sessions ended": ended[0], "refused": refused[0]}


async def test_sessions_are_ended_now_and_then(database_alone: str) -> None:
    seen = await run(database_alone, 150, 1)
    assert seen["sessions ended"]


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(5))
async def test_sessions_are_ended_all_the_time(seed: int, database_alone: str) -> None:
    """Sixteen thousand steps each."""
    print(await run(database_alone, 2_000, seed))
