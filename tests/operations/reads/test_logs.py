"""The logs of a step: what the functions printed that it called."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from stepwell.functions.pool import FunctionPool
from stepwell.integrations.aws_lambda import LambdaIntegration
from stepwell.integrations.invocations import Invocations
from stepwell.integrations.lambda_local import LocalInvoker
from stepwell.operations.reads.logs import CHARACTERS_MAX
from tests.integrations.fakes import a_call
from tests.operations.conftest import PREFIX, Server
from tests.operations.reads.reading import read, refused

TALKS = """
def handler(event, context):
    for line in event["lines"] * event.get("times", 1):
        print(line)
    if event.get("fails"):
        raise ValueError("no")
"""
CALL = {
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "talks", "Payload.$": "$"},
            "Retry": [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
VISIT = 2


@pytest.fixture
async def talking(server: Server, tmp_path: Path) -> AsyncIterator[Server]:
    """A server with one function, which prints what it is told to."""
    (tmp_path / "talks.py").write_text(TALKS)
    pool = FunctionPool(tmp_path)
    server.service.invocations = Invocations(pool)
    server.registry.register("lambda", LambdaIntegration(LocalInvoker(pool, server.service.invocations)))
    yield server
    await pool.close()


async def ended(server: Server, **event: object) -> str:
    machine = await server.machine(definition=json.dumps(CALL))
    arn = await server.start(machine, input=json.dumps(event))
    await server.closed(arn)
    return arn


async def test_a_visit_has_the_lines_of_its_call(talking: Server) -> None:
    arn = await ended(talking, lines=["one", "two"])
    answer = await read(talking, "ExecutionLogs", arn=arn, visit=VISIT)
    [call] = answer["invocations"]
    assert [(line["stream"], line["text"]) for line in call["lines"]] == [("stdout", "one"), ("stdout", "two")]
    assert call["function"] == "talks" and call["isComplete"] and call["logGroup"] is None
    events = (await talking("GetExecutionHistory", executionArn=arn))["events"]
    [output] = (one["taskSucceededEventDetails"]["output"] for one in events if one["type"] == "TaskSucceeded")
    assert json.loads(output)["SdkResponseMetadata"]["RequestId"] == call["requestId"]
    assert answer["isLocal"]


async def test_every_attempt_is_a_call_of_its_own(talking: Server) -> None:
    arn = await ended(talking, lines=["again"], fails=True)
    first, second = (await read(talking, "ExecutionLogs", arn=arn, visit=VISIT))["invocations"]
    assert first["requestId"] != second["requestId"]
    assert "again" in [line["text"] for line in first["lines"]] and "again" in [
        line["text"] for line in second["lines"]
    ]


async def test_a_visit_that_called_nothing_has_no_log(talking: Server) -> None:
    arn = await ended(talking, lines=[])
    assert (await read(talking, "ExecutionLogs", arn=arn, visit=VISIT))["invocations"][0]["lines"] == []
    assert (await read(talking, "ExecutionLogs", arn=arn, visit=99))["invocations"] == []


async def test_an_answer_is_bounded_and_keeps_the_newest_lines(talking: Server) -> None:
    lines = [f"{number} " + "x" * 16_000 for number in range(5)]
    arn = await ended(talking, lines=lines, times=4)
    [call] = (await read(talking, "ExecutionLogs", arn=arn, visit=VISIT))["invocations"]
    assert [line["text"] for line in call["lines"]] == (lines * 4)[-len(call["lines"]) :]
    assert sum(len(line["text"]) for line in call["lines"]) <= CHARACTERS_MAX and not call["isComplete"]


async def test_a_function_at_aws_has_its_log_group(server: Server) -> None:
    arn = await ended(server, lines=[])
    call = replace(a_call("lambda", "invoke", {}, entered_id=VISIT), execution_arn=arn)
    server.service.invocations.put(call, "arn:aws:lambda:us-east-1:000000000000:function:charge", "r-1", 17)
    assert (await read(server, "ExecutionLogs", arn=arn, visit=VISIT))["invocations"] == [
        {
            "requestId": "r-1",
            "function": "charge",
            "startedMs": 17,
            "logGroup": "/aws/lambda/charge",
            "lines": [],
            "isComplete": False,
        }
    ]


async def test_logs_are_refused_like_the_history(server: Server) -> None:
    await server.machine()
    arn = f"{PREFIX}:execution:m:absent"
    assert (await refused(server, "ExecutionLogs", arn=arn, visit=2))[0] == "ExecutionDoesNotExist"
    assert (await refused(server, "ExecutionLogs", arn=arn))[0] == "ValidationException"
