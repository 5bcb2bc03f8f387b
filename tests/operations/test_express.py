"""EXPRESS machines: what AWS was recorded to answer, and that what was accepted is run."""

import asyncio
import json
from typing import Any

import pytest

from tests.operations.conftest import FAIL, PASS, PREFIX, ROLE, WAIT, Server

ARN = f"{PREFIX}:stateMachine:m"
NAP = (
    '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "P": {"Type": "Pass", "End": true}}}'
)


async def express(server: Server, definition: str = PASS, **members: Any) -> str:
    return await server.machine(definition=definition, type="EXPRESS", **members)


async def test_a_sync_execution_answers_with_its_end(server: Server):
    await express(server)
    answer = await server("StartSyncExecution", stateMachineArn=ARN, input='{ "a": 1 }', name="x", traceHeader="Root=1")
    assert answer.pop("executionArn").startswith(f"{PREFIX}:express:m:x:")
    assert answer.pop("stopDate") >= answer.pop("startDate")
    assert answer == {
        "stateMachineArn": ARN,
        "name": "x",
        "status": "SUCCEEDED",
        "input": '{ "a": 1 }',
        "output": '{ "a": 1 }',
        "inputDetails": {"included": True},
        "outputDetails": {"included": True},
        "traceHeader": "Root=1",
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100},
    }


async def test_a_failed_sync_execution_is_an_answer_too(server: Server):
    await express(server, FAIL)
    answer = await server("StartSyncExecution", stateMachineArn=ARN)
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "E", "C")
    assert "output" not in answer
    assert answer["outputDetails"] == {"included": True}


async def test_only_metadata(server: Server):
    await express(server)
    answer = await server("StartSyncExecution", stateMachineArn=ARN, includedData="METADATA_ONLY")
    assert not {"input", "output"} & answer.keys()
    assert answer["inputDetails"] == {"included": False}


async def test_billed_by_tenths_of_a_second(server: Server):
    await express(server, NAP)
    answer = await server("StartSyncExecution", stateMachineArn=ARN)
    assert answer["billingDetails"]["billedDurationInMilliseconds"] in range(1000, 3001, 100)


async def test_the_time_of_an_express_execution_is_limited(make_server: Any):
    server: Server = await make_server(express_s_max=1)
    await express(server, WAIT)
    answer = await server("StartSyncExecution", stateMachineArn=ARN)
    assert answer["status"] == "TIMED_OUT"
    assert answer["stopDate"] - answer["startDate"] == pytest.approx(1)


async def test_a_standard_machine_is_refused(server: Server):
    await server.machine()
    refusal = await server.refusal("StartSyncExecution", stateMachineArn=ARN)
    assert refusal == (
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )
    code, _ = await server.refusal("StartSyncExecution", stateMachineArn=f"{ARN}x")
    assert code == "StateMachineDoesNotExist"


async def test_the_input_is_checked(server: Server):
    await express(server)
    code, _ = await server.refusal("StartSyncExecution", stateMachineArn=ARN, input="not")
    assert code == "InvalidExecutionInput"


async def test_versions_and_aliases_of_an_express_machine(server: Server):
    await express(server, publish=True)
    route = [{"stateMachineVersionArn": f"{ARN}:1", "weight": 100}]
    await server("CreateStateMachineAlias", name="live", routingConfiguration=route)
    await server("UpdateStateMachine", stateMachineArn=ARN, definition=FAIL)
    for arn, status in ((f"{ARN}:1", "SUCCEEDED"), (f"{ARN}:live", "SUCCEEDED"), (ARN, "FAILED")):
        assert (await server("StartSyncExecution", stateMachineArn=arn))["status"] == status


async def test_an_asynchronous_execution_runs_and_leaves_nothing(server: Server):
    await express(server)
    first = await server("StartExecution", stateMachineArn=ARN, name="x", input="[1]")
    second = await server("StartExecution", stateMachineArn=ARN, name="x", input="[2]")
    assert first["executionArn"] != second["executionArn"]  # names are free
    async with asyncio.timeout(5):
        while server.runtime.express.running or await server.store.scan_express(0):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    events = server.runtime.express.histories.events(first["executionArn"])
    assert [event["type"] for event in events] == [
        *("ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded")
    ]
    assert json.loads(events[-1]["executionSucceededEventDetails"]["output"]) == [1]


async def test_an_open_one_begins_again_after_a_restart(make_server: Any):
    server: Server = await make_server()
    await express(server, NAP)
    arn = (await server("StartExecution", stateMachineArn=ARN, input='{"n":1}'))["executionArn"]
    await server.close()
    assert len(await server.store.scan_express(0)) == 1
    again: Server = await make_server()
    async with asyncio.timeout(5):
        while await again.store.scan_express(0):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    events = again.runtime.express.histories.events(arn)
    assert events[-1]["executionSucceededEventDetails"]["output"] == '{"n":1}'


async def test_there_is_no_other_api_for_express_executions(server: Server):
    await express(server)
    arn = (await server("StartSyncExecution", stateMachineArn=ARN))["executionArn"]
    wrong = ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    for operation in ("DescribeExecution", "GetExecutionHistory", "StopExecution", "DescribeStateMachineForExecution"):
        assert await server.refusal(operation, executionArn=arn) == wrong
    code, _ = await server.refusal("ListExecutions", stateMachineArn=ARN)
    assert code == "StateMachineTypeNotSupported"


async def test_too_many_are_refused(make_server: Any):
    server: Server = await make_server(express_executions_max=1)
    await express(server, WAIT)
    await server("StartExecution", stateMachineArn=ARN)
    for operation in ("StartExecution", "StartSyncExecution"):
        code, _ = await server.refusal(operation, stateMachineArn=ARN)
        assert code == "ThrottlingException"


async def test_callbacks_are_no_part_of_express(server: Server):
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    definition = json.dumps({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": resource, "End": True}}})
    members = {"name": "m", "definition": definition, "roleArn": ROLE, "type": "EXPRESS"}
    code, _ = await server.refusal("CreateStateMachine", **members)
    assert code == "InvalidDefinition"
