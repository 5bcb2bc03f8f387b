"""Queues of activity tasks: order, workers that vanish, deletion, shutdown."""

import asyncio
from dataclasses import replace

import pytest

from stepwell.limits import AWS
from stepwell.runtime.activities import ActivityQueues, TooManyPollers
from stepwell.runtime.clock import ManualClock
from stepwell.store.records import ActivityRow, ActivityTaskRow
from stepwell.store.sqlite import SqliteStore

A, B = b"activity a......", b"activity b......"


def queues(**limits: int) -> ActivityQueues:
    return ActivityQueues(SqliteStore(":memory:"), ManualClock(), replace(AWS, **limits))


def row(number: int, activity: bytes = A) -> ActivityTaskRow:
    return ActivityTaskRow(activity, 0, number, number.to_bytes(16), 0, 1)


def task(number: int) -> tuple[bytes, int, int]:
    return number.to_bytes(16), 0, 1


async def poll(made: ActivityQueues, activity: bytes = A) -> "asyncio.Task[ActivityTaskRow | None]":
    poller = asyncio.create_task(made.take(activity, 60))
    await asyncio.sleep(0)
    return poller


async def test_tasks_leave_in_the_order_they_came():
    made = queues()
    made.load([row(1), row(2), row(3), row(4, B)])
    assert [await made.take(A, 0) for _ in range(4)] == [row(1), row(2), row(3), None]
    assert await made.take(B, 0) == row(4, B)


async def test_workers_are_served_in_the_order_they_came():
    made = queues()
    pollers = [await poll(made) for _ in range(3)]
    assert made.pollers_of(A) == 3
    for number in (1, 2, 3):
        made.put(row(number))
    assert await asyncio.gather(*pollers) == [row(1), row(2), row(3)]
    assert made.pollers_of(A) == 0


async def test_sequences_go_on_after_what_was_loaded():
    made = queues()
    late = made.next_sequence() + 10_000_000
    made.load([row(late)])
    assert made.next_sequence() == late + 1
    assert made.next_sequence() == late + 2


async def test_a_worker_gives_up_after_its_time():
    made = queues()
    assert await made.take(A, 0.01) is None
    assert made.pollers_of(A) == 0
    made.put(row(1))
    assert await made.take(A, 0) == row(1)


async def test_what_nobody_waits_for_any_more_is_passed_over():
    made = queues()
    made.load([row(1), row(2)])
    assert made.key_of(task(1)) == (A, 1)
    made.forget(task(1))
    made.forget(task(1))
    assert made.key_of(task(1)) is None
    assert await made.take(A, 0) == row(2)


async def test_a_cancelled_worker_leaves_no_trace():
    made = queues()
    poller = await poll(made)
    poller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poller
    assert made.pollers_of(A) == 0
    made.put(row(1))
    assert await made.take(A, 0) == row(1)


async def test_a_worker_cancelled_with_a_task_in_its_hand_gives_it_back_first():
    made = queues()
    poller = await poll(made)
    made.put(row(1))
    made.put(row(2))
    poller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poller
    assert [await made.take(A, 0), await made.take(A, 0)] == [row(1), row(2)]


async def test_what_is_given_back_goes_to_a_worker_that_waits():
    made = queues()
    made.put(row(1))
    first = await made.take(A, 0)
    assert first is not None
    waiting = await poll(made)
    made.give_back(first)
    assert await asyncio.wait_for(waiting, 1) == row(1)


async def test_a_started_task_that_is_given_back_is_started_once():
    made = queues()
    made.put(row(1))
    taken = await made.take(A, 0)
    assert taken is not None
    assert not made.is_started(taken)
    made.forget(task(1))
    made.give_back(taken)
    assert await made.take(A, 0) is None
    made.give_back(taken, started=True)
    assert await made.take(A, 0) == row(1)
    assert made.is_started(taken)
    assert not made.is_started(taken)


async def test_deletion_empties_the_queue_and_answers_its_workers():
    made = queues()
    made.put(row(1))
    waiting = await poll(made, B)
    made.put(row(2))
    made.forget_activity(A)
    made.forget_activity(B)
    made.forget_activity(b"never heard of")
    assert await asyncio.wait_for(waiting, 1) is None
    assert made.key_of(task(1)) is None
    assert await made.take(A, 0) is None


async def test_too_many_workers():
    made = queues(activity_pollers_max=2)
    pollers = [await poll(made) for _ in range(2)]
    with pytest.raises(TooManyPollers):
        await made.take(A, 60)
    other = await poll(made, B)
    made.put(row(1))
    await pollers[0]
    third = await poll(made)
    made.close()
    assert await asyncio.gather(pollers[1], other, third) == [None, None, None]


async def test_shutdown_answers_nothing_and_keeps_tasks():
    made = queues()
    pollers = [await poll(made) for _ in range(3)]
    made.close()
    assert await asyncio.gather(*pollers) == [None] * 3
    made.put(row(1))
    assert await made.take(A, 60) is None
    assert made.key_of(task(1)) == (A, 1)


async def test_known_activities():
    made = queues()
    activity = ActivityRow(A, "0", "r", "a", 1)
    assert not made.knows("arn")
    made.learn("arn", activity)
    assert made.knows("arn")
    assert made.row_of("arn") == activity
    made.learn("arn", None)
    made.learn("arn", None)
    assert made.row_of("arn") is None
