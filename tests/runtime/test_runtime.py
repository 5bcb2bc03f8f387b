"""The runtime as a whole: restarts after every step, laziness, activities, waiting for an end, deletion."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from stepwell.engine.failure import Failure
from stepwell.payload import Payload
from stepwell.runtime.identity import TaskRef
from stepwell.runtime.runtime import ActivityTask
from stepwell.runtime.shard import StoreUnavailable
from stepwell.store.protocol import StoreError
from tests.runtime.world import ACCOUNT, ACTIVITY, GLUE, REGION, TOKEN, World, flow, never, task, world

WAIT = ("Wait", {"Type": "Wait", "Seconds": 10})


def ref_of(w: World, taken: ActivityTask | None) -> TaskRef:
    assert taken is not None
    ref = w.runtime.tokens.read(taken.token, ACCOUNT, REGION)
    assert ref is not None
    return ref


# Restarts

RETRY = [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 5, "MaxAttempts": 2}]
CATCH = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": "After"}]
SCRIPTED = flow(
    ("Wait", {"Type": "Wait", "Seconds": 3}),
    ("Activity", task(ACTIVITY, HeartbeatSeconds=60, TimeoutSeconds=100, ResultPath="$.a", Retry=RETRY)),
    ("Token", task(TOKEN, TimeoutSeconds=20, ResultPath="$.t", Catch=CATCH)),
    ("After", {"Type": "Pass"}),
    (
        "All",
        {
            "Type": "Parallel",
            "ResultPath": "$.p",
            "Branches": [
                flow(("Left", task(TOKEN)), ("LeftWait", {"Type": "Wait", "Seconds": 4})),
                flow(("Right", {"Type": "Wait", "Seconds": 2}), ("RightTask", task(ACTIVITY))),
            ],
        },
    ),
    (
        "Each",
        {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ResultPath": "$.m",
            "MaxConcurrency": 2,
            "ItemProcessor": flow(("Item", task(TOKEN)), ("ItemWait", {"Type": "Wait", "Seconds": 1})),
        },
    ),
)


async def scripted(w: World, between: Callable[[], Any]) -> tuple[Any, ...]:
    """The same story always; `between` is awaited after every step."""
    activity = await w.activity()
    await w.machine(SCRIPTED)
    execution_id = await w.start(given='{"items":[1,2,3],"text":"%s"}' % ("t" * 50))

    async def step(work: Any) -> Any:
        answer = await work
        await w.settle()
        await between()
        return answer

    async def finish(branch: int, outcome: Payload | Failure) -> None:
        assert await step(w.runtime.finish_task(await w.attempt(execution_id, branch), outcome))

    await step(w.pass_time(3))
    first = ref_of(w, await step(w.runtime.poll_activity(activity, "w")))
    assert await step(w.runtime.finish_task(first, Failure("Flaky", "once")))
    await step(w.pass_time(5))
    second = ref_of(w, await step(w.runtime.poll_activity(activity, "w")))
    assert not await step(w.runtime.finish_task(first, Payload('"late"')))
    assert await step(w.runtime.heartbeat(second))
    assert await step(w.runtime.finish_task(second, Payload('{"x":"%s"}' % ("a" * 60))))
    await step(w.pass_time(20))
    await finish(1, Payload('"left"'))
    await step(w.pass_time(2))
    third = ref_of(w, await step(w.runtime.poll_activity(activity, None)))
    await step(w.pass_time(2))
    assert await step(w.runtime.finish_task(third, Payload('"right"')))
    for branch in (4, 3, 5):
        await finish(branch, Payload(str(branch)))
        await step(w.pass_time(1))
    events = [{k: v for k, v in event.items() if k != "timestamp"} for event in await w.history(execution_id)]
    return (await w.result(execution_id), events, w.count("open_executions"), w.count("branch_pages"))


@pytest.mark.parametrize("blob_bytes_min", [40, 32_768])
@pytest.mark.parametrize("how", ["crash", "close", "evict"])
async def test_interrupted_after_every_step_it_is_as_if_uninterrupted(tmp_path, how, blob_bytes_min):
    async def nothing() -> None:
        pass

    async with world(blob_bytes_min=blob_bytes_min) as w:
        expected = await scripted(w, nothing)
    assert expected[0][0] == "SUCCEEDED"
    assert Payload(expected[0][1]).value["m"] == [3, 4, 5]
    async with world(tmp_path / "s.db", blob_bytes_min=blob_bytes_min) as w:

        async def restart() -> None:
            if how == "crash":
                await w.restart()
            elif how == "close":
                await w.close()
                await w.open()
            else:
                for live in w.runtime.shard.residents:
                    w.runtime.shard.residents.drop(live.id)

        texts = _without_tokens(await scripted(w, restart))
    assert texts == _without_tokens(expected)


def _without_tokens(told: tuple[Any, ...]) -> Any:
    return told[0], told[1], told[2:]


async def test_nothing_is_in_memory_after_opening(tmp_path):
    async with world(tmp_path / "s.db") as w:
        await w.activity()
        await w.machine(flow(WAIT))
        await w.machine(flow(("A", task(ACTIVITY))), "a")
        await asyncio.gather(
            *(w.start(f"e{n}") for n in range(500)), *(w.start(f"a{n}", machine="a") for n in range(50))
        )
        await w.restart()
        await w.settle()
        assert len(w.runtime.shard.residents) == 0
        assert len(w.runtime.shard.timers) == 500
        assert len(w.runtime.activities._keys) == 50
        await w.pass_time(10)
        assert w.count("open_executions") == 50


async def test_residents_are_bounded():
    async with world(resident_executions_max=10) as w:
        await w.machine(flow(WAIT))
        ids = await asyncio.gather(*(w.start(f"e{n}") for n in range(100)))
        assert len(w.runtime.shard.residents) == 10
        await w.pass_time(10)
        assert {(await w.result(i))[0] for i in ids} == {"SUCCEEDED"}


async def test_tokens_outlive_the_server(tmp_path):
    async with world(tmp_path / "s.db") as w:
        token = w.runtime.tokens.make(TaskRef(0, b"e" * 16, 1, 2), ACCOUNT, REGION)
        await w.restart()
        assert w.runtime.tokens.read(token, ACCOUNT, REGION) == TaskRef(0, b"e" * 16, 1, 2)


# Activities


async def polling(w: World, name: str = "w") -> "asyncio.Task[ActivityTask | None]":
    activity = await w.inner.find_activity(ACCOUNT, REGION, "press")
    assert activity is not None
    poller = asyncio.create_task(w.runtime.poll_activity(activity, name))
    await asyncio.sleep(0)
    return poller


async def test_a_worker_gets_the_token_and_the_input():
    async with world() as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY))))
        poller = await polling(w, "me")
        execution_id = await w.start(given='{"b":1}')
        taken = await asyncio.wait_for(poller, 5)
        assert taken is not None
        assert taken.input == '{"b":1}'
        assert w.count("activity_tasks") == 0
        assert (await w.history(execution_id))[-1]["activityStartedEventDetails"] == {"workerName": "me"}
        assert await w.runtime.finish_task(ref_of(w, taken), Payload("1"))
        assert not await w.runtime.finish_task(ref_of(w, taken), Payload("2"))
        assert not await w.runtime.heartbeat(ref_of(w, taken))
        assert (await w.result(execution_id))[1] == "1"


async def test_a_poll_without_a_task():
    async with world(activity_poll_s=0.05) as w:
        await w.activity()
        assert await (await polling(w)) is None


async def test_a_task_whose_taking_was_not_committed_is_handed_out_again():
    async with world() as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY))))
        execution_id = await w.start()
        w.store.failing = {w.store.commits + 1}
        with pytest.raises(StoreUnavailable):
            await (await polling(w))
        assert w.count("activity_tasks") == 1
        assert await (await polling(w)) is not None
        assert (await w.types(execution_id)).count("ActivityStarted") == 1


async def test_a_task_whose_taking_was_not_committed_goes_to_the_one_who_waits():
    async with world() as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY))))
        first, second = await polling(w), await polling(w)
        w.store.failing = {2}
        await w.start()
        with pytest.raises(StoreUnavailable):
            await first
        assert await asyncio.wait_for(second, 1) is not None


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_that_vanishes_while_its_task_is_committed_loses_it_to_the_next(when):
    async with world() as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY, TimeoutSeconds=10))))
        execution_id = await w.start()
        gate = asyncio.Event()

        async def hold(_number: int) -> None:
            await gate.wait()

        setattr(w.store, when, hold)
        vanishing = await polling(w, "gone")
        for _ in range(5):
            await asyncio.sleep(0)
        vanishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await vanishing
        waiting = await polling(w, "next")
        gate.set()
        taken = await asyncio.wait_for(waiting, 1)
        assert await w.runtime.finish_task(ref_of(w, taken), Payload("1"))
        assert (await w.types(execution_id)).count("ActivityStarted") == 1
        assert (await w.result(execution_id))[0] == "SUCCEEDED"


async def test_a_worker_that_vanishes_while_its_task_fails_to_be_committed():
    async with world() as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY))))
        execution_id = await w.start()
        gate = asyncio.Event()

        async def hold(_number: int) -> None:
            await gate.wait()
            w.store.before = None
            raise StoreError("lost")

        w.store.before = hold
        vanishing = await polling(w)
        for _ in range(5):
            await asyncio.sleep(0)
        vanishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await vanishing
        gate.set()
        assert await asyncio.wait_for(await polling(w), 1) is not None
        assert (await w.types(execution_id)).count("ActivityStarted") == 1


async def test_a_task_taken_and_ended_before_it_was_handed_over_is_passed_over():
    async with world(activity_poll_s=0.1) as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY))))
        execution_id = await w.start()
        w.runtime.activities.give_back(w.runtime.activities._queues[b"press".ljust(16)].tasks[0], started=True)
        assert await w.runtime.stop_execution(execution_id, None, None)
        assert await (await polling(w)) is None


async def test_a_worker_gets_its_task_though_the_execution_left_memory():
    async with world(resident_executions_max=1) as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY))))
        pollers = [await polling(w) for _ in range(20)]
        await asyncio.gather(*(w.start(f"e{n}", str(n)) for n in range(20)))
        taken = await asyncio.wait_for(asyncio.gather(*pollers), 5)
        assert sorted(int(one.input) for one in taken if one is not None) == list(range(20))


async def test_a_task_that_cannot_be_loaded_after_it_was_taken_is_not_lost():
    async with world(resident_executions_max=1) as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY))))
        execution_id = await w.start()

        async def then_fail(_number: int) -> None:
            w.store.after = None
            w.runtime.shard.residents.drop(execution_id)
            w.store.down = True

        keep = w.runtime.shard.residents.keep
        w.runtime.shard.residents.keep = lambda live: None  # type: ignore[method-assign]
        w.store.after = then_fail
        with pytest.raises(StoreError):
            await (await polling(w))
        w.runtime.shard.residents.keep = keep  # type: ignore[method-assign]
        w.store.down = False
        assert await asyncio.wait_for(await polling(w), 1) is not None
        assert (await w.types(execution_id)).count("ActivityStarted") == 1


async def test_given_up_tasks_leave_no_rows():
    async with world() as w:
        await w.activity()
        await w.machine(flow(("A", task(ACTIVITY))))
        ids = [await w.start(f"e{n}") for n in range(3)]
        for execution_id in ids:
            assert await w.runtime.stop_execution(execution_id, None, None)
        assert w.count("activity_tasks") == 0
        assert not w.runtime.activities._keys


async def test_shutdown_answers_workers_at_once():
    async with world() as w:
        await w.activity()
        pollers = [await polling(w) for _ in range(50)]
        await w.runtime.close()
        assert await asyncio.wait_for(asyncio.gather(*pollers), 1) == [None] * 50


async def test_an_activity_that_does_not_exist():
    async with world() as w:
        await w.machine(flow(("A", task(ACTIVITY))))
        assert (await w.result(await w.start()))[2] == "States.Runtime"
        await w.activity()
        assert (await w.result(await w.start("later")))[0] == "RUNNING"


# Waiting for an end


async def test_waiting_for_an_end():
    async with world() as w:
        await w.machine(flow(WAIT))
        execution_id = await w.start()
        waiters = [asyncio.create_task(w.runtime.wait_closed(execution_id)) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        assert await w.runtime.stop_execution(execution_id, None, None)
        await asyncio.wait_for(asyncio.gather(*waiters[1:]), 1)
        assert w.runtime._closed == {}
        await w.runtime.wait_closed(execution_id)
        await w.runtime.wait_closed(b"nobody" * 2)
        assert w.runtime._closed == {}


# Deletion of the machine


async def test_a_doomed_execution_fails_when_it_would_go_on():
    async with world() as w:
        await w.machine(flow(WAIT, ("Next", {"Type": "Pass"})))
        await w.machine(flow(("T", task(TOKEN))), "t")
        waiting, working = await w.start(), await w.start(machine="t")
        await w.settle()
        ref = await w.attempt(working)
        for execution_id in (waiting, working):
            assert await w.runtime.fail_for_deletion(execution_id)
            assert not await w.runtime.fail_for_deletion(execution_id)
        assert await w.runtime.heartbeat(ref)
        await w.restart()
        assert (await w.result(waiting))[0] == "RUNNING"
        assert await w.runtime.finish_task(ref, Payload("1"))
        await w.pass_time(10)
        for execution_id, name in ((waiting, "m"), (working, "t")):
            result = await w.result(execution_id)
            assert result == ("FAILED", None, "States.Runtime", f"State machine {name} has been deleted")
        assert "TaskSucceeded" not in await w.types(working)
        assert not await w.runtime.fail_for_deletion(waiting)


async def test_closing_while_a_job_is_recovered():
    async with world() as w:
        await w.machine(flow(("J", task(GLUE))))
        w.script.end = never
        for number in range(20):
            await w.start(f"e{number}")
        await w.settle()
        await w.restart()
        await w.runtime.close()
        assert w.runtime.dispatcher.in_flight == 0
        await w.inner.close()
        await w.open()
        while w.runtime.recovery:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert w.runtime.dispatcher.in_flight == 20


async def test_unbegun_calls_are_not_noted_in_a_store_that_does_not_work():
    async with world() as w:
        w.runtime.dispatcher.unbegun.add((b"e" * 16, 1))
        w.store.down = True
        await w.runtime.close()
        w.store.down = False
        assert await w.inner.meta("unbegun_calls") is None
