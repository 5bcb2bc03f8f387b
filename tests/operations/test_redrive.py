"""RedriveExecution: what AWS was recorded to answer and to write into histories."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from stepwell.engine.failure import Failure
from stepwell.payload import Payload
from stepwell.runtime.clock import ManualClock
from tests.operations.conftest import FAIL, PASS, PREFIX, Server
from tests.runtime.world import LAMBDA, Script

ARN = f"{PREFIX}:stateMachine:m"
PAY = {"Type": "Task", "Resource": LAMBDA}
BROKEN = Failure("E", "c")


def machine(start: str, **states: Any) -> str:
    return json.dumps({"StartAt": start, "States": states})


def flow(name: str, state: Any) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: {**state, "End": True}}}


@pytest.fixture
def script(server: Server) -> Script:
    """What calls answer; at first they fail."""
    made = Script()
    made.answer = lambda call: BROKEN
    server.registry.register("lambda", made)
    return made


async def failed(server: Server, definition: str, given: str = "{}") -> str:
    """An execution that has ended badly."""
    await server.machine(definition=definition)
    arn = await server.start(ARN, input=given)
    assert (await server.closed(arn))["status"] != "SUCCEEDED"
    return arn


async def events(server: Server, arn: str, first: int = 1) -> list[tuple[int, str, int]]:
    answer = await server("GetExecutionHistory", executionArn=arn, maxResults=1000)
    return [(one["id"], one["type"], one["previousEventId"]) for one in answer["events"] if one["id"] >= first]


async def test_a_task_is_made_again_with_its_input(server: Server, script: Script):
    first = {"Type": "Pass", "Result": {"n": 1}, "Next": "Pay"}
    arn = await failed(server, machine("First", First=first, Pay={**PAY, "Next": "Done"}, Done={"Type": "Succeed"}))
    script.answer = lambda call: call.parameters
    redriven = await server("RedriveExecution", executionArn=arn)
    described = await server.closed(arn)
    assert (described["status"], described["output"]) == ("SUCCEEDED", '{"n":1}')
    assert (described["redriveCount"], described["redriveDate"]) == (1, redriven["redriveDate"])
    assert described["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert await events(server, arn, 7) == [
        (7, "LambdaFunctionFailed", 6),
        (8, "ExecutionFailed", 7),
        (9, "ExecutionRedriven", 8),
        (10, "LambdaFunctionScheduled", 4),
        (11, "LambdaFunctionStarted", 10),
        (12, "LambdaFunctionSucceeded", 11),
        (13, "TaskStateExited", 12),
        (14, "SucceedStateEntered", 13),
        (15, "SucceedStateExited", 14),
        (16, "ExecutionSucceeded", 15),
    ]
    listed = (await server("ListExecutions", stateMachineArn=ARN))["executions"]
    assert [(line["redriveCount"], line["redriveDate"]) for line in listed] == [(1, redriven["redriveDate"])]


async def test_a_redriven_execution_is_described_as_running(server: Server, script: Script):
    arn = await failed(server, machine("Pay", Pay={**PAY, "End": True}))
    before = await server("DescribeExecution", executionArn=arn)
    assert before["redriveStatus"] == "REDRIVABLE"
    go = asyncio.Event()

    async def slow() -> Payload:
        await go.wait()
        return Payload("1")

    script.answer = lambda call: slow()
    await server("RedriveExecution", executionArn=arn)
    now = await server("DescribeExecution", executionArn=arn)
    assert (now["status"], now["startDate"]) == ("RUNNING", before["startDate"])
    assert not {"error", "cause", "stopDate", "output"} & now.keys()
    go.set()
    assert (await server.closed(arn))["status"] == "SUCCEEDED"


async def test_a_fail_state_fails_again(server: Server):
    arn = await failed(server, FAIL)
    await server("RedriveExecution", executionArn=arn)
    await server("RedriveExecution", executionArn=arn)
    assert await events(server, arn, 2) == [
        (2, "FailStateEntered", 0),
        (3, "ExecutionFailed", 2),
        (4, "ExecutionRedriven", 3),
        (5, "ExecutionFailed", 4),
        (6, "ExecutionRedriven", 5),
        (7, "ExecutionFailed", 6),
    ]
    history = (await server("GetExecutionHistory", executionArn=arn))["events"]
    assert history[5]["executionRedrivenEventDetails"] == {"redriveCount": 2}
    assert (await server("DescribeExecution", executionArn=arn))["redriveCount"] == 2


def by_input(script: Script, bad: Callable[[Any], bool]) -> list[Any]:
    """Calls fail for some inputs; the inputs in the order of the calls."""
    seen: list[Any] = []

    def answer(call: Any) -> Any:
        seen.append(call.parameters.value)
        return BROKEN if bad(call.parameters.value) else Payload.of(call.parameters.value)

    script.answer = answer
    return seen


async def test_only_branches_that_did_not_end_well_are_done_again(server: Server, script: Script):
    arms = [
        flow("A", {"Type": "Pass", "Result": "kept"}),
        flow("B", {**PAY}),
        flow("C", {"Type": "Wait", "Seconds": 1}),
    ]
    arn = await failed(server, machine("P", P={"Type": "Parallel", "Branches": arms, "End": True}))
    before = await events(server, arn)
    entered = {kind: event_id for event_id, kind, _ in before}
    script.answer = lambda call: Payload("7")
    await server("RedriveExecution", executionArn=arn)
    described = await server.closed(arn)
    assert described["output"] == '["kept",7,{}]'
    after = await events(server, arn, before[-1][0] + 1)
    kinds = [kind for _, kind, _ in after]
    assert kinds == [
        *("ExecutionRedriven", "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"),
        *("TaskStateExited", "WaitStateExited", "ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"),
    ]
    assert after[1][2] == entered["TaskStateEntered"]
    assert after[5][2] == entered["WaitStateEntered"]


async def test_only_items_that_did_not_end_well_are_done_again(server: Server, script: Script):
    inner = flow("Pay", PAY)
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": inner, "End": True}
    seen = by_input(script, lambda item: item == 2)
    arn = await failed(server, machine("M", M=state), "[1,2,3]")
    assert seen == [1, 2]
    before = await events(server, arn)
    script.answer = lambda call: Payload.of(call.parameters.value * 10)
    await server("RedriveExecution", executionArn=arn)
    described = await server.closed(arn)
    assert described["output"] == "[1,20,30]"
    entered = [event_id for event_id, kind, _ in before if kind == "TaskStateEntered"]
    after = await events(server, arn, before[-1][0] + 1)
    assert [after[1][1:]] == [("LambdaFunctionScheduled", entered[1])]
    started = [kind for _, kind, _ in after if kind == "MapIterationStarted"]
    assert len(started) == 1


async def test_nested_branches_and_their_variables(server: Server, script: Script):
    inner = {
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Assign": {"x.$": "$"}, "Next": "Pay"},
            "Pay": {**PAY, "Parameters": {"x.$": "$x"}, "End": True},
        },
    }
    nested = flow("M", {"Type": "Map", "ItemProcessor": inner})
    definition = machine("P", P={"Type": "Parallel", "Branches": [nested, flow("Z", {"Type": "Pass"})], "End": True})
    by_input(script, lambda given: given["x"] > 1)
    arn = await failed(server, definition, "[1,2]")
    script.answer = lambda call: call.parameters
    await server("RedriveExecution", executionArn=arn)
    assert (await server.closed(arn))["output"] == '[[{"x":1},{"x":2}],[1,2]]'


async def test_an_iteration_that_could_not_begin_is_begun(server: Server, script: Script):
    selector = {"x.$": "$$.Map.Item.Value.a"}
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemSelector": selector, "ItemProcessor": flow("P", {"Type": "Pass"})}
    arn = await failed(server, machine("M", M={**state, "End": True}), '[{"a":1},{},{"a":3}]')
    before = await events(server, arn)
    await server("RedriveExecution", executionArn=arn)
    described = await server.closed(arn)
    assert described["status"] == "FAILED"
    after = [kind for _, kind, _ in await events(server, arn, before[-1][0] + 1)]
    assert after[:2] == ["ExecutionRedriven", "MapIterationStarted"]
    assert after[-1] == "ExecutionFailed"


async def test_iterations_with_evaluated_inputs(server: Server, script: Script):
    selector = {"x": "{% $states.context.Map.Item.Value * 2 %}"}
    state = {"Type": "Map", "ItemSelector": selector, "ItemProcessor": flow("Pay", PAY), "End": True}
    definition = json.dumps({"QueryLanguage": "JSONata", **json.loads(machine("M", M=state))})
    by_input(script, lambda given: given["x"] == 4)
    arn = await failed(server, definition, "[1,2,3]")
    script.answer = lambda call: call.parameters
    await server("RedriveExecution", executionArn=arn)
    assert json.loads((await server.closed(arn))["output"]) == [{"x": 2}, {"x": 4}, {"x": 6}]


async def test_retries_and_timeouts_begin_anew(make_server: Any):
    clock = ManualClock()
    server: Server = await make_server(clock)
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    definition = json.dumps({"TimeoutSeconds": 10, **json.loads(machine("W", W=wait))})
    await server.machine(definition=definition)
    arn = await server.start(ARN)
    for count in (1, 2):
        clock.advance(10_000)
        server.runtime.shard.timers._ring()
        described = await server.closed(arn)
        assert described["status"] == "TIMED_OUT"
        assert described["stopDate"] - described.get("redriveDate", described["startDate"]) == 10
        clock.advance(5_000)
        await server("RedriveExecution", executionArn=arn)
        assert (await server("DescribeExecution", executionArn=arn))["redriveCount"] == count


async def test_the_context_tells_of_redrives(server: Server, script: Script):
    state = {**PAY, "Parameters": {"c.$": "$$.Execution"}, "End": True}
    arn = await failed(server, machine("Pay", Pay=state))
    script.answer = lambda call: call.parameters
    await server("RedriveExecution", executionArn=arn)
    context = json.loads((await server.closed(arn))["output"])["c"]
    assert context["RedriveCount"] == 1
    assert context["RedriveTime"].endswith("Z")
    assert "RedriveTime" not in script.performed[0].parameters.value["c"]


async def test_a_stopped_execution_goes_on_from_large_data(server: Server, script: Script):
    fill = {"Type": "Pass", "Result": {"a": "x" * 50_000}, "Next": "W"}
    definition = machine("F", F=fill, W={"Type": "Wait", "Seconds": 1, "Next": "Q"}, Q={"Type": "Pass", "End": True})
    await server.machine(definition=definition)
    arn = await server.start(ARN)
    await server("StopExecution", executionArn=arn)
    await server("RedriveExecution", executionArn=arn)
    described = await server.closed(arn)
    assert (described["status"], len(described["output"])) == ("SUCCEEDED", 50_008)


async def test_a_redrive_survives_a_restart(make_server: Any):
    server: Server = await make_server()
    await server.machine(definition=machine("W", W={"Type": "Wait", "Seconds": 1, "End": True}))
    arn = await server.start(ARN)
    await server("StopExecution", executionArn=arn)
    await server("RedriveExecution", executionArn=arn)
    await server.close()
    again: Server = await make_server()
    described = await again.closed(arn)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)


async def test_client_tokens(server: Server):
    arn = await failed(server, FAIL)
    first = await server("RedriveExecution", executionArn=arn, clientToken="a")
    second = await server("RedriveExecution", executionArn=arn, clientToken="b")
    assert second["redriveDate"] >= first["redriveDate"]
    assert await server("RedriveExecution", executionArn=arn, clientToken="a") == first
    assert (await server("DescribeExecution", executionArn=arn))["redriveCount"] == 2


async def test_two_redrives_at_once(server: Server, script: Script):
    arn = await failed(server, machine("Pay", Pay={**PAY, "End": True}))
    go = asyncio.Event()

    async def slow() -> Payload:
        await go.wait()
        return Payload("1")

    script.answer = lambda call: slow()
    answers = await asyncio.gather(
        *(server("RedriveExecution", executionArn=arn) for _ in range(3)), return_exceptions=True
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    go.set()
    described = await server.closed(arn)
    assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)


async def test_what_cannot_be_redriven(server: Server):
    await server.machine(definition=PASS)
    arn = await server.start(ARN)
    await server.closed(arn)
    text = f"Execution {arn} invalid for redrive as: Execution is SUCCEEDED and cannot be redriven"
    assert await server.refusal("RedriveExecution", executionArn=arn) == ("ExecutionNotRedrivable", text)
    unknown = await server.refusal("RedriveExecution", executionArn=f"{arn}x")
    assert unknown == ("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}x'")
    express = f"{PREFIX}:express:m:a:b"
    wrong = ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    assert await server.refusal("RedriveExecution", executionArn=express) == wrong
    child = f"{PREFIX}:execution:m/l:x"
    told = ("ValidationException", "Labeled Execution ARNs are not supported for this API")
    assert await server.refusal("RedriveExecution", executionArn=child) == told


async def test_a_full_history_is_not_redriven(make_server: Any):
    server: Server = await make_server(history_events_max=20)
    loop = machine(
        "A",
        A={"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": True, "Next": "E"}], "Default": "A"},
        E={"Type": "Pass", "End": True},
    )
    arn = await failed(server, loop)
    described = await server("DescribeExecution", executionArn=arn)
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == "Execution has exceeded the maximum history event limit"
    code, _ = await server.refusal("RedriveExecution", executionArn=arn)
    assert code == "ExecutionNotRedrivable"
