"""Executions in memory: to the end, given up, and whatever goes wrong is said to whoever waits."""

import asyncio
from typing import Any

import pytest

from stepwell.engine.events import TaskSucceeded
from stepwell.engine.history import render
from stepwell.payload import Payload
from tests.runtime.world import LAMBDA, World, express_machine, flow, task, world

pytestmark = pytest.mark.timeout(20)


async def live_of(made: World, *states: tuple[str, dict[str, Any]], given: str = "{}"):
    machine = await express_machine(made, flow(*states))
    express, now_ms = made.runtime.express, made.clock.now_ms()
    return express._make(express._new_id(), machine, "e", Payload(given), now_ms, None, None)


async def test_an_execution_ends_and_is_forgotten():
    async with world() as made:
        live = await live_of(made, ("P", {"Type": "Pass"}), given='{"n":1}')
        execution = await made.runtime.ephemeral.begin(live)
        assert (execution.status, execution.output.text) == ("SUCCEEDED", '{"n":1}')
        assert made.runtime.ephemeral.running == 0


async def test_every_decision_is_shown():
    async with world() as made:
        seen = []
        await made.runtime.ephemeral.begin(await live_of(made, ("P", {"Type": "Pass"})), seen.append)
        events = render([(decision.at_ms, decision.records) for decision in seen], 1, str)
        assert [event["type"] for event in events] == [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded",
        ]


async def test_a_command_may_be_answered_at_once():
    async with world() as made:
        live = await live_of(made, ("T", task(LAMBDA)))

        def answer(command):
            return [TaskSucceeded(command.branch, command.attempt, Payload("[7]"))]

        execution = await made.runtime.ephemeral.begin(live, answer=answer)
        assert (execution.output.text, made.script.performed) == ("[7]", [])


async def test_a_command_may_be_answered_later():
    async with world() as made:
        asked = asyncio.Event()

        async def later(command):
            await asked.wait()
            return [TaskSucceeded(command.branch, command.attempt, Payload("[7]"))]

        end = made.runtime.ephemeral.begin(await live_of(made, ("T", task(LAMBDA))), answer=later)
        asked.set()
        assert (await end).output.text == "[7]"


async def test_whoever_waits_hears_what_went_wrong_with_an_answer():
    async with world() as made:

        async def later(_command):
            raise LookupError("no answer")

        with pytest.raises(LookupError, match="no answer"):
            await made.runtime.ephemeral.begin(await live_of(made, ("T", task(LAMBDA))), answer=later)
        assert made.runtime.ephemeral.running == 0


async def test_nobody_waits_for_the_answer_of_one_that_was_given_up():
    async with world() as made:
        begun, given_up = asyncio.Event(), asyncio.Event()

        async def later(_command):
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                given_up.set()

        live = await live_of(made, ("T", task(LAMBDA)))
        made.runtime.ephemeral.begin(live, answer=later)
        await begun.wait()
        made.runtime.ephemeral.give_up(live.id)
        await given_up.wait()


async def test_one_that_waits_is_woken_in_time():
    async with world() as made:
        end = made.runtime.ephemeral.begin(await live_of(made, ("W", {"Type": "Wait", "Seconds": 60})))
        await asyncio.sleep(0.01)
        assert not end.done()
        made.clock.advance(60_000)
        made.runtime.ephemeral._timers._ring()
        assert (await end).status == "SUCCEEDED"


async def test_one_that_nobody_waits_for_is_forgotten_with_its_timer():
    async with world() as made:
        live = await live_of(made, ("W", {"Type": "Wait", "Seconds": 60}))
        end = made.runtime.ephemeral.begin(live)
        await asyncio.sleep(0.01)
        made.runtime.ephemeral.give_up(live.id)
        with pytest.raises(asyncio.CancelledError):
            await end
        await asyncio.sleep(0)  # the future tells whoever asked to know
        assert (made.runtime.ephemeral.running, len(made.runtime.ephemeral._timers)) == (0, 0)


async def test_what_goes_wrong_in_an_answer_is_said_to_whoever_waits():
    async with world() as made:

        def answer(command):
            raise ValueError("no such mock")

        with pytest.raises(ValueError, match="no such mock"):
            await made.runtime.ephemeral.begin(await live_of(made, ("T", task(LAMBDA))), answer=answer)
        assert made.runtime.ephemeral.running == 0


async def test_an_internal_error_fails_the_execution(monkeypatch):
    async with world() as made:
        live = await live_of(made, ("P", {"Type": "Pass"}))
        decide, calls = live.execution.decide, []

        def once_broken(event, now_ms, dice):
            calls.append(event)
            if len(calls) == 1:
                raise RuntimeError("a bug")
            return decide(event, now_ms, dice)

        monkeypatch.setattr(live.execution, "decide", once_broken)
        execution = await made.runtime.ephemeral.begin(live)
        assert (execution.status, execution.failure.error) == ("FAILED", "States.Runtime")
