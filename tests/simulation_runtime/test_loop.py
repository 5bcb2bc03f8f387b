"""The simulation's own ground: time jumps, order is the seed's, a deadlock is found."""

import asyncio
import time

import pytest

from tests.simulation_runtime.loop import Deadlock, SimClock, SimLoop


def order_of(seed: int) -> list[int]:
    loop = SimLoop(seed)
    order: list[int] = []

    async def step(number: int) -> None:
        await asyncio.sleep(1)
        order.append(number)

    async def main() -> None:
        await asyncio.gather(*(step(number) for number in range(8)))

    loop.run_until_complete(main())
    loop.close()
    return order


def test_time_jumps() -> None:
    loop = SimLoop(1)
    clock = SimClock(loop)
    began, began_ms = time.monotonic(), clock.now_ms()
    loop.run_until_complete(asyncio.sleep(100 * 3600))
    loop.close()
    assert clock.now_ms() - began_ms == 100 * 3600 * 1000
    assert time.monotonic() - began < 5


def test_the_seed_decides_the_order() -> None:
    assert order_of(1) == order_of(1)
    assert len({tuple(order_of(seed)) for seed in range(10)}) > 5


def test_a_deadlock_is_found() -> None:
    loop = SimLoop(1)

    async def wait_for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    task = loop.create_task(wait_for_ever())
    with pytest.raises(Deadlock):
        loop.run_until_complete(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
