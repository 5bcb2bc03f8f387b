"""How long groups wait: for whom, and that they do not wait for ever."""

import asyncio

import pytest

from stepwell.runtime.gathering import Gathering
from tests.simulation_runtime.loop import SimLoop


class Queue:
    """Events that wait, and the pause before a group of them."""

    def __init__(self, waiting: int = 0) -> None:
        self.waiting = waiting
        self.gathering = Gathering(lambda: self.waiting)

    def put(self) -> None:
        self.waiting += 1
        self.gathering.put()

    async def group(self, size: int) -> None:
        """One is taken and written."""
        self.waiting = size
        await self.gathering.gather()
        self.waiting = 0
        self.gathering.written(size)

    async def gathers(self) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self.gathering.gather())
        await asyncio.sleep(0)
        return task


async def test_those_that_were_about_join_as_they_come() -> None:
    """One in each few rounds of the loop; when all are here nobody waits for more."""
    queue = Queue(5)
    queue.gathering.written(0)
    queue.waiting = 1

    async def arrive() -> None:
        while True:
            for _ in range(4):
                await asyncio.sleep(0)
            queue.waiting += 1

    arriving = asyncio.ensure_future(arrive())
    await queue.gathering.join()
    assert queue.waiting == 5
    arriving.cancel()


async def test_those_that_do_not_come_are_not_waited_for_long() -> None:
    queue = Queue(5)
    queue.gathering.written(0)
    queue.waiting = 1
    rounds = 0

    async def count() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    await queue.gathering.join()
    assert 1 < rounds < 10
    counting.cancel()


async def test_where_a_commit_is_dear_they_are_waited_for_longer() -> None:
    queue = Queue(3)
    queue.gathering.written(0)
    queue.waiting = 1
    joining = asyncio.ensure_future(queue.gathering.join(dear=True))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not joining.done()
    queue.put()
    queue.put()
    await joining


@pytest.mark.parametrize("about", [1, 500])
async def test_others_have_their_turn_before_each_group(about: int) -> None:
    """Once round the loop, also when there is enough already."""
    queue = Queue(about)
    queue.gathering.written(0)
    queue.waiting = max(64, about // 2)
    joining = asyncio.ensure_future(queue.gathering.join())
    await asyncio.sleep(0)
    assert not joining.done()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert joining.done()


async def test_nobody_waits_who_is_alone() -> None:
    queue = Queue()
    for _ in range(3):
        await queue.group(1)
        queue.waiting = 1
        assert (await queue.gathers()).done()


async def test_a_group_waits_for_those_that_were_about() -> None:
    queue = Queue()
    await queue.group(3)
    queue.waiting = 1
    gathering = await queue.gathers()
    queue.put()
    await asyncio.sleep(0)
    assert not gathering.done()
    queue.put()
    await gathering
    assert queue.waiting == 3


async def test_those_that_came_while_the_last_was_written_are_about_too() -> None:
    queue = Queue()
    queue.waiting = 2
    await queue.gathering.gather()
    queue.gathering.written(2)
    queue.waiting = 3
    assert not (await queue.gathers()).done()


async def test_a_group_that_is_large_enough_waits_for_nobody() -> None:
    queue = Queue()
    await queue.group(200)
    queue.waiting = 32
    assert (await queue.gathers()).done()


async def test_a_group_does_not_wait_for_ever_for_those_that_left() -> None:
    queue = Queue()
    await queue.group(9)
    queue.waiting = 1
    await asyncio.wait_for(queue.gathering.gather(), 5)
    for _ in range(20):
        queue.gathering.written(1)
        queue.waiting = 0
    queue.waiting = 1
    assert (await queue.gathers()).done()


def test_a_group_waits_a_moment_however_long_the_last_one_took() -> None:
    """Four milliseconds from its first event on; those that were answered together come back one after another."""

    async def story() -> None:
        loop = asyncio.get_running_loop()
        queue = Queue()
        await queue.group(2)
        await asyncio.sleep(60)
        queue.waiting = 1
        began_s = loop.time()
        await queue.gathering.gather()
        assert loop.time() - began_s == pytest.approx(0.004)

    loop = SimLoop(1)
    loop.run_until_complete(story())
    loop.close()
