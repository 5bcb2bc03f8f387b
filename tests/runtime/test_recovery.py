"""What a new server does about calls that were in flight and heartbeats that were lost."""

import asyncio

import pytest

from stepwell.payload import Payload
from stepwell.runtime.dispatcher import UNKNOWN_OUTCOME
from stepwell.runtime.identity import TaskRef
from tests.runtime.world import ACTIVITY, GLUE, LAMBDA, SQS, TOKEN, World, flow, never, task, world


async def crashed_in(w: World, resource: str, **more: object) -> bytes:
    """An execution whose call was in flight when the server crashed; the next server is open."""
    await w.machine(flow(("T", task(resource, **more))))
    w.script.answer = w.repeatable.answer = never
    execution_id = await w.start()
    await w.settle()
    w.script.answer = w.repeatable.answer = lambda call: Payload("1")
    await w.restart()
    await w.settle()
    return execution_id


async def test_a_call_of_unknown_outcome_fails_and_is_not_made_again():
    async with world() as w:
        execution_id = await crashed_in(w, LAMBDA)
        assert await w.result(execution_id) == ("FAILED", None, "States.TaskFailed", UNKNOWN_OUTCOME)
        assert len(w.script.performed) == 1


async def test_retry_decides_about_it():
    retry = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1}]
    async with world() as w:
        execution_id = await crashed_in(w, LAMBDA, Retry=retry)
        await w.pass_time(1)
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", "1")
        assert [call.attempt_id[-3:] for call in w.script.performed] == ["0-1", "0-2"]


async def test_a_repeatable_call_is_made_again_under_its_id():
    async with world() as w:
        execution_id = await crashed_in(w, SQS)
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", "1")
        first, second = w.repeatable.performed
        assert first.attempt_id == second.attempt_id
        assert first == second or first.parameters.text == second.parameters.text


async def test_rerun_makes_any_call_again():
    async with world(rerun=True) as w:
        execution_id = await crashed_in(w, LAMBDA)
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", "1")
        assert len({call.attempt_id for call in w.script.performed}) == 1


async def test_a_submitted_job_is_watched_again_and_never_submitted_again():
    async with world() as w:
        await w.machine(flow(("T", task(GLUE))))
        w.script.answer = lambda call: Payload('{"id":7}')
        w.script.end = never
        execution_id = await w.start()
        await w.settle()
        w.script.end = lambda call: Payload('"done"')
        await w.restart()
        await w.settle()
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", '"done"')
        assert len(w.script.performed) == 1
        assert [submitted.text for _, submitted in w.script.watched] == ['{"id":7}'] * 2
        assert len({call.attempt_id for call, _ in w.script.watched}) == 1


async def test_tokens_and_activities_are_untouched():
    arms = [flow(("T", task(TOKEN))), flow(("A", task(ACTIVITY))), flow(("B", task(ACTIVITY)))]
    async with world() as w:
        activity = await w.activity()
        await w.machine(flow(("All", {"Type": "Parallel", "Branches": arms})))
        execution_id = await w.start()
        await w.settle()
        taken = await w.runtime.poll_activity(activity, "worker")
        assert taken is not None
        await w.restart()
        await w.settle()
        other = await w.runtime.poll_activity(activity, "worker")
        assert other is not None
        for token in (taken.token, other.token):
            ref = w.runtime.tokens.read(token, "000000000000", "us-east-1")
            assert ref is not None
            assert await w.runtime.finish_task(ref, Payload("2"))
        assert await w.runtime.finish_task(await w.attempt(execution_id, 1), Payload("3"))
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", "[3,2,2]")


async def test_a_call_of_the_new_server_is_not_taken_for_an_old_one():
    """The execution goes on before the recovery has come to it: only what was in flight at the crash is recovered."""
    arms = [flow(("Old", task(LAMBDA))), flow(("W", {"Type": "Wait", "Seconds": 5}), ("New", task(LAMBDA)))]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    arms[0]["States"]["Old"].update(Catch=catch)
    arms[0]["States"]["Caught"] = {"Type": "Pass", "End": True}
    async with world() as w:
        await w.machine(flow(("Both", {"Type": "Parallel", "Branches": arms})))
        w.script.answer = never
        execution_id = await w.start()
        await w.settle()
        await w.crash()
        w.clock.advance(5_000)
        w.script.answer = lambda call: asyncio.sleep(0.05, Payload("1"))
        await w.open()
        w.runtime.shard.timers._ring()
        await asyncio.wait_for(w.runtime.wait_closed(execution_id), 5)
        assert [call.state_name for call in w.script.performed] == ["Old", "New"]
        status, output, _, _ = await w.result(execution_id)
        assert (status, Payload(output or "").value[1]) == ("SUCCEEDED", 1)


async def test_an_attempt_that_ended_before_the_recovery_is_left_alone():
    async with world() as w:
        await w.machine(flow(("T", task(SQS))))
        w.repeatable.answer = never
        execution_id = await w.start()
        await w.settle()
        await w.crash()
        w.repeatable.answer = lambda call: Payload("1")
        await w.open()
        assert await w.runtime.stop_execution(execution_id, None, None)
        await w.settle()
        assert (await w.result(execution_id))[0] == "ABORTED"
        assert len(w.runtime.recovery) == 0
        assert w.runtime.dispatcher.in_flight == 0


async def test_recovery_waits_for_a_store_that_does_not_work(monkeypatch):
    monkeypatch.setattr("stepwell.runtime.recovery._RETRY_S", 0.01)
    async with world() as w:
        await w.machine(flow(("T", task(SQS))))
        w.repeatable.answer = never
        ids = [await w.start(f"e{number}") for number in range(3)]
        await w.settle()
        await w.crash()
        w.repeatable.answer = lambda call: Payload("1")
        await w.open()
        w.store.down = True
        await asyncio.sleep(0.05)
        assert len(w.runtime.recovery) == 3
        w.store.down = False
        for execution_id in ids:
            await asyncio.wait_for(w.runtime.wait_closed(execution_id), 5)
            assert (await w.result(execution_id))[0] == "SUCCEEDED"


async def test_nothing_is_loaded_that_has_no_call_in_flight():
    async with world() as w:
        await w.machine(flow(("W", {"Type": "Wait", "Seconds": 60})))
        for number in range(20):
            await w.start(f"e{number}")
        await w.restart()
        await w.settle()
        assert len(w.runtime.recovery) == 0
        assert len(w.runtime.shard.residents) == 0
        assert len(w.runtime.shard.timers) == 20


# Heartbeats


@pytest.mark.parametrize("deadline", [None, 130])
async def test_an_attempt_has_a_full_period_from_the_opening(deadline):
    more = {} if deadline is None else {"TimeoutSeconds": deadline}
    async with world() as w:
        await w.machine(flow(("T", task(TOKEN, HeartbeatSeconds=100, **more))))
        execution_id = await w.start()
        await w.settle()
        await w.crash()
        w.clock.advance(99_000)
        await w.open()
        allowed_s = 100 if deadline is None else min(100, deadline - 99)
        await w.pass_time(allowed_s - 1)
        assert (await w.result(execution_id))[0] == "RUNNING"
        await w.pass_time(1)
        assert (await w.result(execution_id))[2] == "States.Timeout"


async def test_an_evicted_execution_does_not_time_out_before_its_last_heartbeat_says_so():
    async with world(resident_executions_max=1) as w:
        await w.machine(flow(("T", task(TOKEN, HeartbeatSeconds=100))))
        execution_id = await w.start()
        await w.settle()
        w.clock.advance(24_999)
        assert await w.runtime.heartbeat(await w.attempt(execution_id))  # acknowledged and not written
        await w.start("another")
        await w.settle()
        assert w.runtime.shard.residents.get(execution_id) is None
        assert not await w.runtime.heartbeat(TaskRef(0, execution_id, 0, 99))  # loads it, and sets its timer anew
        await w.pass_time(99.9)
        assert (await w.result(execution_id))[0] == "RUNNING"
        await w.pass_time(0.2)
        assert (await w.result(execution_id))[2] == "States.Timeout"


async def test_a_task_in_its_queue_owes_no_heartbeat():
    async with world() as w:
        await w.activity()
        await w.machine(flow(("T", task(ACTIVITY, HeartbeatSeconds=10))))
        execution_id = await w.start()
        await w.restart()
        assert (await w.live(execution_id)).execution.due_ms is None
        await w.pass_time(1_000)
        assert (await w.result(execution_id))[0] == "RUNNING"
