"""The heap of due times: never early, nothing forgotten, stale entries harmless."""

import asyncio
from random import Random

from stepwell.runtime.clock import ManualClock, SystemClock
from stepwell.runtime.timers import Timers


def timers_of(clock: ManualClock, **more: int) -> tuple[Timers, list[list[bytes]]]:
    fired: list[list[bytes]] = []
    return Timers(clock, fired.append, **more), fired


def key(number: int) -> bytes:
    return number.to_bytes(16)


async def test_never_early_and_not_later_than_asked():
    clock = ManualClock(1_000)
    timers, fired = timers_of(clock)
    timers.set(key(1), 1_050)
    clock.advance(49)
    timers._ring()
    assert fired == []
    clock.advance(1)
    timers._ring()
    assert fired == [[key(1)]]
    assert len(timers) == 0
    timers.stop()


async def test_real_time_is_never_early():
    clock = SystemClock()
    early: list[int] = []
    due: dict[bytes, int] = {}
    rung = asyncio.Event()

    def fire(ids: list[bytes]) -> None:
        early.extend(due[i] - clock.now_ms() for i in ids if clock.now_ms() < due[i])
        for i in ids:
            del due[i]
        if not due:
            rung.set()

    timers = Timers(clock, fire)
    for number in range(50):
        due[key(number)] = clock.now_ms() + number * 3
        timers.set(key(number), due[key(number)])
    await asyncio.wait_for(rung.wait(), 10)
    assert early == []


async def test_a_later_time_replaces_an_earlier_one():
    clock = ManualClock(0)
    timers, fired = timers_of(clock)
    timers.set(key(1), 10)
    timers.set(key(1), 20)
    clock.at_ms = 15
    timers._ring()
    assert fired == []
    clock.at_ms = 20
    timers._ring()
    assert fired == [[key(1)]]
    timers.stop()


async def test_an_earlier_time_moves_the_alarm():
    clock = ManualClock(0)
    timers, _ = timers_of(clock)
    timers.set(key(1), 100_000)
    timers.set(key(2), 50)
    assert timers._alarm_ms == 50
    timers.set(key(2), None)
    timers._set_alarm()
    assert timers._alarm_ms == 100_000
    timers.stop()


async def test_a_forgotten_time_does_not_fire_and_may_be_set_again():
    clock = ManualClock(0)
    timers, fired = timers_of(clock)
    timers.set(key(1), 10)
    timers.set(key(1), None)
    timers.set(key(2), None)
    clock.at_ms = 10
    timers._ring()
    assert fired == []
    timers.set(key(1), 10)
    timers._ring()
    assert fired == [[key(1)]]
    timers.stop()


async def test_the_same_time_set_again_after_it_fired_fires_again():
    clock = ManualClock(10)
    timers, fired = timers_of(clock)
    for _ in range(2):
        timers.set(key(1), 10)
        timers.set(key(1), 10)
        timers._ring()
    assert fired == [[key(1)], [key(1)]]
    timers.stop()


async def test_a_batch_is_bounded_and_the_rest_follows_at_once():
    clock = ManualClock(10)
    timers, fired = timers_of(clock, batch_max=3)
    timers.load([(5, key(number)) for number in range(8)])
    await asyncio.sleep(0.05)
    assert [len(batch) for batch in fired] == [3, 3, 2]
    timers.stop()


async def test_nothing_fires_after_stop_even_when_times_are_set():
    clock = ManualClock(10)
    timers, fired = timers_of(clock)
    timers.set(key(1), 10)
    timers.stop()
    timers.set(key(2), 5)
    timers.load([(1, key(3))])
    await asyncio.sleep(0.02)
    assert fired == []
    assert timers._alarm is None


async def test_the_alarm_looks_again_soon_though_the_time_is_far():
    """The loop's clock may stand still while a laptop sleeps."""
    clock = ManualClock(0)
    timers, _ = timers_of(clock)
    timers.set(key(1), 10**9)
    assert timers._alarm is not None
    assert timers._alarm.when() - asyncio.get_running_loop().time() < 20
    timers.stop()


async def test_stale_entries_are_swept():
    clock = ManualClock(0)
    timers, _ = timers_of(clock)
    for ms in range(1, 10_000):
        timers.set(key(1), 10**6 + ms)
    assert len(timers._heap) <= 2_000
    timers.stop()


async def test_a_hundred_thousand_in_order():
    dice = Random(1)
    clock = ManualClock(0)
    timers, fired = timers_of(clock)
    due = {key(number): dice.randrange(100_000) for number in range(100_000)}
    timers.load([(ms, i) for i, ms in due.items() if i[-1] % 2])
    for i, ms in due.items():
        if i[-1] % 2 == 0:
            timers.set(i, ms)
    changed = dice.sample(sorted(due), 10_000)
    for i in changed:
        due[i] = dice.randrange(100_000)
        timers.set(i, due[i])
    while len(timers):
        clock.at_ms += 5_000
        timers._ring()
        while timers._heap and timers._heap[0][0] <= clock.at_ms:
            timers._ring()
        for batch in fired:
            assert all(due[i] <= clock.at_ms for i in batch)
            assert all(due.pop(i) > clock.at_ms - 5_000 or clock.at_ms == 5_000 for i in batch)
        fired.clear()
    assert due == {}
    timers.stop()
