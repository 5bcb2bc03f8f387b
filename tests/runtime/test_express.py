"""Express executions in memory: calls, time, crashes, and how much is kept of them."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from stepwell.engine.execution import Decision
from stepwell.engine.failure import Failure
from stepwell.payload import Payload
from stepwell.runtime.express import Histories
from stepwell.runtime.shard import StoreUnavailable
from tests.runtime.world import LAMBDA, SQS, express_machine, flow, task, world


async def test_calls_are_made_and_retried():
    async with world() as made:
        answers = iter((Failure("E", "c"), Payload("[1]")))
        made.script.answer = lambda call: next(answers)
        retry = [{"ErrorEquals": ["E"], "IntervalSeconds": 1}]
        machine = await express_machine(made, flow(("T", task(LAMBDA, Retry=retry))))
        work = asyncio.create_task(made.runtime.express.run(machine, "e", Payload("{}")))
        while len(made.script.performed) < 2:
            await asyncio.sleep(0.01)
            made.clock.advance(500)
        execution = await work
        assert execution.output is not None
        assert execution.output.text == "[1]"
        assert len({call.attempt_id for call in made.script.performed}) == 2


async def test_a_time_limit_gives_the_call_up():
    async with world() as made:
        begun = asyncio.Event()
        cancelled: list[bool] = []

        async def slow() -> Payload:
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(True)
                raise
            return Payload("1")

        made.script.answer = lambda call: slow()
        machine = await express_machine(made, flow(("T", task(LAMBDA)), TimeoutSeconds=1))
        work = asyncio.create_task(made.runtime.express.run(machine, "e", Payload("{}")))
        await begun.wait()
        made.clock.advance(1_000)
        execution = await work
        await asyncio.sleep(0)
        assert (execution.status, cancelled) == ("TIMED_OUT", [True])


async def test_a_caller_that_goes_away_does_not_end_it():
    async with world() as made:
        go = asyncio.Event()

        async def slow() -> Payload:
            await go.wait()
            return Payload("1")

        made.repeatable.answer = lambda call: slow()
        machine = await express_machine(made, flow(("T", task(SQS))))
        work = asyncio.create_task(made.runtime.express.run(machine, "e", Payload("{}")))
        await asyncio.sleep(0.01)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert made.runtime.express.running == 1
        go.set()
        while made.runtime.express.running:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_stopping_server_tells_who_waits():
    async with world() as made:
        machine = await express_machine(made, flow(("W", {"Type": "Wait", "Seconds": 60})))
        work = asyncio.create_task(made.runtime.express.run(machine, "e", Payload("{}")))
        await asyncio.sleep(0.01)
        await made.runtime.express.close(0.01)
        with pytest.raises(StoreUnavailable):
            await work


async def test_a_start_that_the_store_refuses_is_none():
    async with world() as made:
        machine = await express_machine(made, flow(("P", {"Type": "Pass"})))
        made.store.down = True
        with pytest.raises(StoreUnavailable):
            await made.runtime.express.start(machine, "e", Payload("{}"), None)
        assert not made.runtime.express.running


async def test_a_crash_begins_an_execution_again(tmp_path: Any):
    async with world(tmp_path / "x.db") as made:
        machine = await express_machine(made, flow(("W", {"Type": "Wait", "Seconds": 60}), ("T", task(LAMBDA))))
        started = await made.runtime.express.start(machine, "e", Payload('{"n":1}'), "trace")
        express = made.runtime.express
        await made.crash()
        await made.open()
        for lost in express._tasks:
            lost.cancel()
        await asyncio.sleep(0.01)
        made.clock.advance(60_000)
        made.runtime.ephemeral._timers._ring()  # the event loop's own clock has not moved
        while not made.script.performed:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        call = made.script.performed[0]
        assert (call.execution_arn, call.parameters.text) == (started.facts.arn, '{"n":1}')


async def test_an_execution_of_a_machine_that_is_gone_is_dropped():
    async with world() as made:
        machine = await express_machine(made, flow(("W", {"Type": "Wait", "Seconds": 60})))
        await made.runtime.express.start(machine, "e", Payload("{}"), None)
        await made.inner.delete_state_machine(machine.row.id)
        await made.runtime.close(0.0)
        made.runtime.machines._kept.clear()
        made.runtime.express.go_on(await made.runtime.express.scan(0))
        made.runtime.express._ledger._closed = False
        await made.runtime.express._ledger.close()
        assert await made.inner.scan_express(0) == []


def decision(event_id: int, text: str = "x" * 900) -> Decision:
    return replace(Decision(1), first_event_id=event_id, records=[(4, 0, "ExecutionFailed", text)])


def test_histories_are_bounded():
    histories = Histories(2, 5_000)
    for arn in ("a", "b", "c"):
        histories.add(arn, decision(1))
    assert len(histories) == 2
    assert histories.events("a") == []
    assert len(histories.events("c")) == 1
    for event_id in range(2, 20):
        histories.add("c", decision(event_id))
    events = histories.events("c")
    assert 3 <= len(events) <= 5
    assert events[-1]["id"] == 19
    histories.add("c", Decision(1))
    assert len(histories.events("c")) == len(events)
