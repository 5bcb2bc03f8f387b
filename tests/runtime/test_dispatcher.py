"""Calls into the world: outcomes, what integrations do wrong, cancelling, and letting go."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stepwell.engine.failure import Failure, Unstartable
from stepwell.integrations.outbound import Outbound, ServiceLimit
from stepwell.payload import Payload
from stepwell.runtime.dispatcher import UNKNOWN_OUTCOME
from stepwell.store.sqlite import SqliteStore
from tests.runtime.world import GLUE, LAMBDA, SQS, TOKEN, Script, flow, never, task, world

INTERNAL = "met an internal error; the server's log has it."


async def outcome_of(answer: Any, resource: str = LAMBDA, *, end: Any = None) -> tuple[Any, ...]:
    async with world() as w:
        await w.machine(flow(("T", task(resource))))
        w.script.answer = answer
        w.script.end = end
        execution_id = await w.start()
        await asyncio.wait_for(w.runtime.wait_closed(execution_id), 5)
        assert w.runtime.dispatcher.in_flight == 0
        return await w.result(execution_id)


async def test_an_answer():
    assert await outcome_of(lambda call: Payload('{"a":1.5}')) == ("SUCCEEDED", '{"a":1.5}', None, None)


async def test_a_failure():
    assert await outcome_of(lambda call: Failure("E", "c")) == ("FAILED", None, "E", "c")
    assert await outcome_of(lambda call: Failure(None, None)) == ("FAILED", None, None, None)


@pytest.mark.parametrize("wrong", [RuntimeError("x"), asyncio.CancelledError(), TimeoutError()], ids=repr)
async def test_what_an_integration_raises_is_a_failure_of_the_task(wrong):
    assert await outcome_of(lambda call: wrong) == ("FAILED", None, "States.TaskFailed", f"Calling {LAMBDA} {INTERNAL}")


@pytest.mark.parametrize("wrong", [None, "text", {"a": 1}, b"bytes"])
async def test_what_is_no_outcome_is_a_failure_of_the_task(wrong):
    assert (await outcome_of(lambda call: wrong))[3] == f"Calling {LAMBDA} {INTERNAL}"


async def test_an_integration_that_cannot_be_called(monkeypatch):
    monkeypatch.setattr(Script, "perform", lambda self: None)
    assert (await outcome_of(None))[3] == f"Calling {LAMBDA} {INTERNAL}"


async def test_no_such_integration():
    async with world() as w:
        await w.machine(flow(("T", task("arn:aws:states:::sns:publish"))))
        execution_id = await w.start()
        await w.runtime.wait_closed(execution_id)
        cause = "This server has no integration for arn:aws:states:::sns:publish."
        assert await w.result(execution_id) == ("FAILED", None, "States.TaskFailed", cause)


async def test_an_integration_that_does_not_load(monkeypatch):
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA))))
        monkeypatch.setattr(w.registry, "find", lambda service, action: 1 / 0)
        execution_id = await w.start()
        await w.runtime.wait_closed(execution_id)
        assert (await w.result(execution_id))[2] == "States.TaskFailed"


async def test_a_job_is_watched_to_its_end():
    assert (await outcome_of(lambda call: Payload('{"id":7}'), GLUE, end=lambda call: Payload("3")))[:2] == (
        "SUCCEEDED",
        "3",
    )
    assert await outcome_of(lambda call: Payload("{}"), GLUE, end=lambda call: Failure("J", "j")) == (
        "FAILED",
        None,
        "J",
        "j",
    )
    assert (await outcome_of(lambda call: Failure("S", "s"), GLUE))[2:] == ("S", "s")
    assert (await outcome_of(lambda call: Payload("{}"), GLUE, end=lambda call: None))[
        3
    ] == f"Calling {GLUE} {INTERNAL}"


async def test_a_job_nobody_can_watch_any_more_fails(monkeypatch):
    async with world() as w:
        await w.machine(flow(("T", task(GLUE))))
        found = w.registry.find
        calls = []

        def find(service: str, action: str) -> Any:
            calls.append(service)
            if len(calls) > 1:
                raise ImportError
            return found(service, action)

        monkeypatch.setattr(w.registry, "find", find)
        execution_id = await w.start()
        await asyncio.wait_for(w.runtime.wait_closed(execution_id), 5)
        assert (await w.result(execution_id))[2] == "States.TaskFailed"


async def test_what_an_integration_is_told():
    async with world() as w:
        await w.machine(flow(("T", task(TOKEN, TimeoutSeconds=9, Parameters={"token.$": "$$.Task.Token", "a": 1}))))
        execution_id = await w.start("given")
        await w.settle()
        call = w.repeatable.performed[0]
        assert call.execution_arn == "arn:aws:states:us-east-1:000000000000:execution:m:given"
        assert (call.service, call.action, call.pattern) == ("sqs", "sendMessage", "waitForTaskToken")
        assert (call.region, call.account, call.state_name, call.timeout_s) == ("us-east-1", "000000000000", "T", 9)
        assert call.attempt_id == f"{execution_id.hex()}-0-1"
        assert call.parameters.value == {"token": call.task_token, "a": 1}
        assert w.runtime.tokens.read(call.task_token or "", call.account, call.region) == await w.attempt(execution_id)


@pytest.mark.parametrize(
    "credentials", [{"RoleArn": "arn:aws:iam::000000000001:role/r"}, {"RoleArn.$": "$.role"}], ids=["literal", "path"]
)
async def test_the_role_of_the_tasks_credentials_goes_with_every_call(credentials):
    async with world() as w:
        await w.machine(flow(("T", task(GLUE, Credentials=credentials))))
        w.script.end = never
        execution_id = await w.start(given='{"role":"arn:aws:iam::000000000001:role/r"}')
        await w.settle()
        await w.runtime.stop_execution(execution_id, None, None)
        await w.settle()
        calls = [w.script.performed[0], w.script.watched[0][0], w.script.cancelled[0][0]]
        assert {call.credentials_role_arn for call in calls} == {"arn:aws:iam::000000000001:role/r"}


async def test_parameters_of_no_use_name_their_state():
    async with world() as w:
        await w.machine(
            flow(("T", task(LAMBDA, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "U"}])), ("U", {"Type": "Pass"}))
        )
        w.script.answer = lambda call: Unstartable("States.Runtime", "No use")
        execution_id = await w.start()
        await w.runtime.wait_closed(execution_id)
        prefix = "An error occurred while executing the state 'T' (entered at the event id #2). "
        assert (await w.result(execution_id))[2:] == ("States.Runtime", f"{prefix}No use")


async def test_each_attempt_has_an_id_of_its_own():
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA, Retry=retry))))
        w.script.answer = lambda call: Failure("E", None)
        execution_id = await w.start()
        for _ in range(2):
            await w.pass_time(3)
        assert (await w.result(execution_id))[0] == "FAILED"
        assert [call.attempt_id[-3:] for call in w.script.performed] == ["0-1", "0-2", "0-3"]


async def test_stopping_an_execution_gives_its_call_up_and_its_job():
    async with world() as w:
        await w.machine(flow(("T", task(GLUE))))
        w.script.end = never
        execution_id = await w.start()
        await w.settle()
        assert w.runtime.dispatcher.in_flight == 1
        assert await w.runtime.stop_execution(execution_id, None, None)
        await w.settle()
        assert w.runtime.dispatcher.in_flight == 0
        [(call, submitted)] = w.script.cancelled
        assert call.attempt_id == f"{execution_id.hex()}-0-1"
        assert submitted is not None
        assert submitted.text == '{"ok":true}'


async def test_a_job_whose_submission_is_under_way_is_stopped_once_it_has_a_name():
    answered = asyncio.Event()

    async def late(call: Any) -> Payload:
        await answered.wait()
        return Payload('{"id":7}')

    async with world() as w:
        await w.machine(flow(("T", task(GLUE, TimeoutSeconds=5))))
        w.script.answer = late
        execution_id = await w.start()
        await w.pass_time(5)
        assert (await w.result(execution_id))[2] == "States.Timeout"
        assert not w.script.cancelled
        answered.set()
        await w.settle()
        [(_, submitted)] = w.script.cancelled
        assert submitted is not None and submitted.text == '{"id":7}'
        assert not w.runtime.dispatcher._cancelling


async def test_a_job_is_answered_by_its_token_too_and_goes_on():
    async with world() as w:
        await w.machine(flow(("T", task(GLUE, Parameters={"token.$": "$$.Task.Token"}))))
        w.script.end = never
        execution_id = await w.start()
        await w.settle()
        [call] = w.script.performed
        assert call.parameters.value == {"token": call.task_token}
        ref = w.runtime.tokens.read(call.task_token or "", call.account, call.region)
        assert ref is not None
        assert await w.runtime.finish_task(ref, Payload('"enough"'))
        await w.settle()
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", '"enough"')
        assert w.runtime.dispatcher.in_flight == 0
        assert not w.script.cancelled


async def test_a_call_that_is_cancelled_says_nothing():
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA, TimeoutSeconds=5))))
        w.script.answer = never
        execution_id = await w.start()
        await w.pass_time(5)
        assert (await w.result(execution_id))[2] == "States.Timeout"
        assert w.runtime.dispatcher.in_flight == 0
        assert "LambdaFunctionFailed" not in await w.types(execution_id)


async def test_an_integration_that_cannot_cancel(monkeypatch):
    async def broken(self: Script, call: Any, submitted: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(Script, "cancel", broken)
    async with world() as w:
        await w.machine(flow(("T", task(GLUE))))
        w.script.end = never
        execution_id = await w.start()
        await w.settle()
        assert await w.runtime.stop_execution(execution_id, None, None)
        await w.settle()
        assert not w.runtime.dispatcher._cancelling


async def test_what_runs_does_not_hold_the_execution_in_memory():
    async with world(resident_executions_max=1) as w:
        await w.machine(flow(("T", task(GLUE))))
        w.script.end = never
        ids = [await w.start(f"e{number}") for number in range(5)]
        await w.settle()
        assert len(w.runtime.shard.residents) == 1
        for work in w.runtime.dispatcher._running.values():
            frame = work.get_coro().cr_frame  # type: ignore[union-attr]
            assert "live" not in frame.f_locals
        assert w.runtime.dispatcher.in_flight == len(ids)


async def test_a_large_result_shared_by_executions_is_stored_for_each():
    shared = Payload('"' + "s" * 300 + '"')
    async with world(blob_bytes_min=100) as w:
        await w.machine(flow(("T", task(LAMBDA)), ("U", task(LAMBDA)), ("W", {"Type": "Wait", "Seconds": 1})))
        w.script.answer = lambda call: shared
        ids = await asyncio.gather(*(w.start(f"e{number}", '"%s"' % ("i" * number)) for number in range(98, 108)))
        await w.settle()
        for execution_id in ids:
            w.runtime.shard.residents.drop(execution_id)
        await w.pass_time(1)
        for execution_id in ids:
            assert (await w.result(execution_id))[:2] == ("SUCCEEDED", shared.text)
            assert (await w.history(execution_id))[-1]["executionSucceededEventDetails"]["output"] == shared.text


# Letting go


async def test_draining_waits_for_calls_and_takes_their_outcomes():
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA))))
        w.script.answer = lambda call: asyncio.sleep(0.05, Payload("1"))
        execution_id = await w.start()
        await w.settle()
        await w.runtime.close(grace_s=5)
        assert (await w.result(execution_id))[:2] == ("SUCCEEDED", "1")


async def test_draining_does_not_wait_for_jobs_nor_longer_than_it_may():
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA))))
        await w.machine(flow(("T", task(GLUE))), "job")
        w.script.answer = lambda call: Payload("{}") if call.service == "glue" else never(call)
        w.script.end = never
        ids = [await w.start(), await w.start("j", machine="job")]
        await w.settle()
        began = asyncio.get_running_loop().time()
        await w.runtime.close(grace_s=0.1)
        assert asyncio.get_running_loop().time() - began < 1
        assert [(await w.result(i))[0] for i in ids] == ["RUNNING", "RUNNING"]
        assert w.runtime.dispatcher.in_flight == 0


async def test_draining_does_not_wait_for_one_that_will_not_go(monkeypatch):
    async def stubborn(call: Any) -> Any:
        while True:
            try:
                await asyncio.sleep(3)
                return Payload("1")
            except asyncio.CancelledError:
                continue

    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA))))
        w.script.answer = stubborn
        await w.start()
        await w.settle()
        began = asyncio.get_running_loop().time()
        await w.runtime.close(grace_s=0)
        assert asyncio.get_running_loop().time() - began < 2.5


async def test_a_call_that_becomes_due_while_draining_is_left_for_the_next_server():
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA)), ("U", task(LAMBDA)), ("V", task(SQS))))
        w.script.answer = lambda call: asyncio.sleep(0.05, Payload("1"))
        execution_id = await w.start()
        await w.settle()
        await w.runtime.close(grace_s=5)
        assert [call.state_name for call in w.script.performed] == ["T"]
        assert (await w.result(execution_id))[0] == "RUNNING"
        await w.inner.close()
        await w.open()
        await asyncio.wait_for(w.runtime.wait_closed(execution_id), 5)
        assert [call.state_name for call in w.script.performed] == ["T", "U"]
        assert (await w.result(execution_id))[0] == "SUCCEEDED"


async def test_a_call_that_was_left_is_made_once_though_the_next_server_crashes():
    async with world() as w:
        await w.machine(flow(("T", task(LAMBDA)), ("U", task(LAMBDA))))
        w.script.answer = lambda call: asyncio.sleep(0.05, Payload("1")) if call.state_name == "T" else never(call)
        execution_id = await w.start()
        await w.settle()
        await w.runtime.close(grace_s=5)
        await w.inner.close()
        await w.open()
        await w.settle()
        await w.restart()
        await asyncio.wait_for(w.runtime.wait_closed(execution_id), 5)
        assert [call.state_name for call in w.script.performed] == ["T", "U"]
        assert (await w.result(execution_id))[2] == "States.TaskFailed"


async def test_calls_of_a_service_wait_in_its_line_and_no_other_service_does():
    async with world() as w:
        w.registry.outbound = Outbound({"lambda": ServiceLimit(1)})
        w.script.answer = never
        await w.machine(flow(("T", task(LAMBDA))))
        first, second = await w.start("one"), await w.start("two")
        await w.settle()
        assert len(w.script.performed) == 1
        await w.machine(flow(("T", task(SQS))), name="other")
        other = await w.start("three", machine="other")
        await asyncio.wait_for(w.runtime.wait_closed(other), 5)
        assert await w.runtime.stop_execution(first, None, None)
        await w.settle()
        assert len(w.script.performed) == 2
        assert await w.runtime.stop_execution(second, None, None)


async def test_a_call_that_is_stopped_in_line_is_never_made():
    async with world() as w:
        w.registry.outbound = Outbound({"lambda": ServiceLimit(1)})
        w.script.answer = never
        await w.machine(flow(("T", task(LAMBDA))))
        first, second = await w.start("one"), await w.start("two")
        await w.settle()
        assert await w.runtime.stop_execution(second, None, None)
        assert await w.runtime.stop_execution(first, None, None)
        await w.settle()
        assert len(w.script.performed) == 1
        assert w.runtime.dispatcher.in_flight == 0


async def test_calls_in_line_when_the_server_stops_are_made_by_the_next_one(tmp_path: Path) -> None:
    async with world(tmp_path / "db") as w:
        w.registry.outbound = Outbound({"lambda": ServiceLimit(1)})
        w.script.answer = never
        await w.machine(flow(("T", task(LAMBDA))))
        first, second = await w.start("one"), await w.start("two")
        await w.settle()
        await w.close()
        w.script.answer = lambda call: Payload("2")
        w.inner = SqliteStore(w.path)
        await w.open()
        for execution_id in (first, second):
            await asyncio.wait_for(w.runtime.wait_closed(execution_id), 5)
        assert (await w.result(first))[2:] == ("States.TaskFailed", UNKNOWN_OUTCOME)
        assert (await w.result(second))[:2] == ("SUCCEEDED", "2")
        assert len(w.script.performed) == 2
