"""What a shard takes on, and what it says when its database has failed for good."""

import asyncio

import pytest

from stepwell.runtime.shard import Overloaded, StoreUnavailable
from stepwell.store.protocol import StoreBroken
from tests.runtime.world import flow, world

PASS = ("Pass", {"Type": "Pass"})


async def test_inputs_of_waiting_starts_are_bounded_in_bytes():
    async with world(queued_bytes_max=1_000) as w:
        await w.machine(flow(PASS))
        large = '"' + "x" * 800 + '"'
        starts = [asyncio.ensure_future(w.start(f"e{number}", large)) for number in range(5)]
        outcomes = await asyncio.gather(*starts, return_exceptions=True)
        assert [isinstance(outcome, Overloaded) for outcome in outcomes] == [False, False, True, True, True]
        await w.start("later", large)


async def test_a_store_that_is_broken_asks_for_a_new_start_of_the_server():
    async with world() as w:
        await w.machine(flow(PASS))

        async def breaks(_: int) -> None:
            raise StoreBroken("fsync failed")

        assert not w.runtime.shard.broken.is_set()
        w.store.before = breaks
        with pytest.raises(StoreUnavailable):
            await w.start("e")
        assert w.runtime.shard.broken.is_set()
        w.store.before = None
