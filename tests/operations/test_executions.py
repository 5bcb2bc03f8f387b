"""Executions: start, stop, describe, list."""

import asyncio
import uuid

import pytest

from stepwell.runtime.clock import ManualClock
from tests.operations.conftest import FAIL, PASS, PREFIX, WAIT, Server

ARN = f"{PREFIX}:stateMachine:m"
EXECUTION = f"{PREFIX}:execution:m:e"
DAY_MS = 86_400_000


# Start


async def test_a_name_is_made_up(server: Server):
    execution = await server.start(await server.machine())
    name = execution.rpartition(":")[2]
    assert execution == f"{PREFIX}:execution:m:{name}"
    assert uuid.UUID(name).version == 7


async def test_same_name_and_input_while_running_is_the_same_start(server: Server):
    await server.machine(definition=WAIT)
    given = {"stateMachineArn": ARN, "name": "e", "input": '{"a": 1}'}
    first = await server("StartExecution", **given)
    assert await server("StartExecution", **given) == first
    expected = ("ExecutionAlreadyExists", f"Execution Already Exists: '{EXECUTION}'")
    assert await server.refusal("StartExecution", **{**given, "input": '{"a":1}'}) == expected
    await server("StopExecution", executionArn=EXECUTION)
    assert await server.refusal("StartExecution", **given) == expected


async def test_starts_at_once_make_one_execution(server: Server):
    await server.machine(definition=WAIT)
    answers = await asyncio.gather(*(server("StartExecution", stateMachineArn=ARN, name="e") for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert len((await server("ListExecutions", stateMachineArn=ARN))["executions"]) == 1


LITERALS = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
BAD_INPUTS = [
    ("not", f"Unrecognized token 'not': was expecting {LITERALS}"),
    ("", "No content to map due to end-of-input"),
    ("  ", "No content to map due to end-of-input"),
    ('"' + "é" * 140_000 + '"', "The text is larger than 262144 bytes"),
]


@pytest.mark.parametrize("text, words", BAD_INPUTS, ids=lambda value: value[:12])
async def test_bad_inputs(server: Server, text, words):
    await server.machine()
    expected = ("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{words}'")
    assert await server.refusal("StartExecution", stateMachineArn=ARN, input=text) == expected


@pytest.mark.parametrize("text", ["1", '"a"', "null", "[ ]", '{"a" : 1.00, "b": 123456789012345678901234567890}'])
async def test_any_json_is_an_input_and_comes_back_as_it_was(server: Server, text):
    await server.machine(definition=WAIT)
    await server.start(ARN, name="e", input=text)
    assert (await server("DescribeExecution", executionArn=EXECUTION))["input"] == text


@pytest.mark.parametrize("owner", ["us-east-1:000000000000", "eu-west-1:111122223333", "region:account"])
async def test_an_activity_that_nobody_has_fails_the_execution(server: Server, owner):
    activity = f"arn:aws:states:{owner}:activity:none"
    await server.machine(definition=PASS.replace('"Pass"', f'"Task", "Resource": "{activity}"'))
    found = await server.closed(await server.start(ARN, name="e"))
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert found["cause"].endswith(f"The activity {activity} does not exist.")


async def test_large_inputs_come_back(server: Server):
    await server.machine(definition=WAIT)
    text = '"' + "x" * 262_142 + '"'
    await server.start(ARN, name="e", input=text)
    assert (await server("DescribeExecution", executionArn=EXECUTION))["input"] == text


async def test_refused_starts(server: Server):
    await server.machine()
    assert await server.refusal("StartExecution", stateMachineArn=ARN, name="a:b") == (
        "InvalidName",
        "Invalid Name: 'a:b'",
    )


async def test_an_overloaded_server_refuses_starts(make_server):
    server: Server = await make_server(queued_events_max=0)
    await server.machine()
    expected = ("ThrottlingException", "Rate exceeded")
    assert await server.refusal("StartExecution", stateMachineArn=ARN) == expected


async def test_a_lost_store_is_said(server: Server):
    await server.machine()
    await server.store.close()
    code, _ = await server.refusal("StartExecution", stateMachineArn=ARN)
    assert code == "ServiceUnavailableException"
    await server.store.open()


# Describe and stop

RUNNING = {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Execution is RUNNING and cannot be redriven"}
SUCCEEDED = {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven"}
REDRIVABLE = {"redriveStatus": "REDRIVABLE"}
TIMEOUT = '{"TimeoutSeconds": 1, "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}'
INCLUDED = {"included": True}
DESCRIBED = [
    (PASS, {"status": "SUCCEEDED", "output": '{"k":[]}', "outputDetails": INCLUDED, **SUCCEEDED}),
    (FAIL, {"status": "FAILED", "error": "E", "cause": "C", **REDRIVABLE}),
    ('{"StartAt": "F", "States": {"F": {"Type": "Fail"}}}', {"status": "FAILED", **REDRIVABLE}),
    (TIMEOUT, {"status": "TIMED_OUT", **REDRIVABLE}),
]


@pytest.mark.parametrize("definition, expected", DESCRIBED)
async def test_closed_executions(server: Server, definition, expected):
    await server.machine(definition=definition)
    await server.start(ARN, name="e", input='{"k":[]}', traceHeader="Root=1")
    answer = await server.closed(EXECUTION)
    assert answer.pop("startDate") <= answer.pop("stopDate")
    assert answer == {
        "executionArn": EXECUTION,
        "stateMachineArn": ARN,
        "name": "e",
        "input": '{"k":[]}',
        "inputDetails": INCLUDED,
        "traceHeader": "Root=1",
        "redriveCount": 0,
        **expected,
    }


async def test_a_running_execution(server: Server):
    await server.machine(definition=WAIT)
    started = await server("StartExecution", stateMachineArn=ARN, name="e")
    assert await server("DescribeExecution", executionArn=EXECUTION) == {
        "executionArn": EXECUTION,
        "stateMachineArn": ARN,
        "name": "e",
        "status": "RUNNING",
        "startDate": started["startDate"],
        "input": "{}",
        "inputDetails": INCLUDED,
        "redriveCount": 0,
        **RUNNING,
    }


@pytest.mark.parametrize("reason", [{}, {"error": "E"}, {"cause": "C"}, {"error": "", "cause": "C"}])
async def test_the_first_stop_counts(server: Server, reason):
    await server.machine(definition=WAIT)
    await server.start(ARN, name="e")
    first = await server("StopExecution", executionArn=EXECUTION, **reason)
    assert await server("StopExecution", executionArn=EXECUTION, error="late") == first
    answer = await server.closed(EXECUTION)
    assert (answer["status"], answer["stopDate"]) == ("ABORTED", first["stopDate"])
    assert {key: answer[key] for key in ("error", "cause") if key in answer} == reason
    assert "output" not in answer
    assert "redriveStatusReason" not in answer


async def test_metadata_only(server: Server):
    await server.machine()
    await server.start(ARN, name="e", input='{"secret":1}')
    await server.closed(EXECUTION)
    answer = await server("DescribeExecution", executionArn=EXECUTION, includedData="METADATA_ONLY")
    assert answer["inputDetails"] == answer["outputDetails"] == {"included": False}
    assert not {"input", "output"} & set(answer)


async def test_redriving_is_a_matter_of_time(make_server):
    clock = ManualClock()
    server: Server = await make_server(clock)
    await server.machine(definition=FAIL)
    await server.start(ARN, name="e")
    await server.closed(EXECUTION)
    reasons = []
    for days in (14, 1, 360):
        clock.advance(days * DAY_MS)
        reasons.append((await server("DescribeExecution", executionArn=EXECUTION)).get("redriveStatusReason"))
    assert reasons == [
        None,
        "Execution redrivable period exceeded",
        "Execution has exceeded the max execution time",
    ]


UNKNOWN = [
    ("e", "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: e'"),
    (EXECUTION, "ExecutionDoesNotExist", f"Execution Does Not Exist: '{EXECUTION}'"),
    (
        f"{PREFIX}:express:m:e:f",
        "InvalidArn",
        "Invalid Arn: 'Resource type not valid in this context: express'",
    ),
    (ARN, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: stateMachine'"),
]


@pytest.mark.parametrize("arn, code, message", UNKNOWN)
@pytest.mark.parametrize(
    "operation", ["DescribeExecution", "StopExecution", "DescribeStateMachineForExecution", "GetExecutionHistory"]
)
async def test_unknown_executions(server: Server, operation, arn, code, message):
    await server.machine()
    assert await server.refusal(operation, executionArn=arn) == (code, message)


async def test_executions_of_others_do_not_exist(server: Server):
    await server.machine(definition=WAIT)
    await server.start(ARN, name="e")
    code, _ = await server.refusal("StopExecution", executionArn=EXECUTION, account="999999999999")
    assert code == "ExecutionDoesNotExist"
    assert (await server("DescribeExecution", executionArn=EXECUTION))["status"] == "RUNNING"


# List


async def names(server: Server, **members: object) -> list[str]:
    answer = await server("ListExecutions", stateMachineArn=ARN, **members)
    return [line["name"] for line in answer["executions"]]


async def test_newest_first_by_start_or_stop(make_server):
    clock = ManualClock()
    server: Server = await make_server(clock)
    await server.machine(definition=WAIT)
    for name in ("a", "b", "c"):
        clock.advance(1000)
        await server.start(ARN, name=name)
    assert await names(server) == ["c", "b", "a"]
    clock.advance(1000)
    await server("StopExecution", executionArn=f"{PREFIX}:execution:m:a")
    assert await names(server) == ["a", "c", "b"]
    assert await names(server, statusFilter="RUNNING") == ["c", "b"]
    assert await names(server, statusFilter="ABORTED") == ["a"]
    assert await names(server, statusFilter="FAILED") == []
    line = (await server("ListExecutions", stateMachineArn=ARN, maxResults=1))["executions"][0]
    assert set(line) == {
        "executionArn",
        "stateMachineArn",
        "name",
        "status",
        "startDate",
        "stopDate",
        "redriveCount",
    }


async def test_pages_survive_inserts(make_server):
    clock = ManualClock()
    server: Server = await make_server(clock)
    await server.machine(definition=WAIT)
    for number in range(6):
        await server.start(ARN, name=f"e{number}")  # all in one millisecond: the id decides
    whole = await names(server)
    seen, token = [], None
    while True:
        page = await server("ListExecutions", stateMachineArn=ARN, maxResults=2, nextToken=token)
        seen += [line["name"] for line in page["executions"]]
        token = page.get("nextToken")
        clock.advance(1)
        await server.start(ARN)
        if token is None:
            break
    assert seen == whole


REFUSED_LISTS = [
    ({}, "ValidationException", "Exactly one of 'stateMachineArn' and 'mapRunArn' must be specified"),
    (
        {"stateMachineArn": ARN, "redriveFilter": "REDRIVEN"},
        "ValidationException",
        "RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN",
    ),
    (
        {"stateMachineArn": ARN, "statusFilter": "PENDING_REDRIVE"},
        "ValidationException",
        "The status PENDING_REDRIVE can only be asked for together with 'mapRunArn'",
    ),
    (
        {"mapRunArn": f"{PREFIX}:mapRun:m/l:u"},
        "ResourceNotFound",
        f"Resource not found: '{PREFIX}:mapRun:m/l:u'",
    ),
    (
        {"stateMachineArn": f"{PREFIX}:stateMachine:x"},
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    ),
    ({"stateMachineArn": ARN, "nextToken": "no"}, "InvalidToken", "Invalid Token: 'Invalid token'"),
]


@pytest.mark.parametrize("members, code, message", REFUSED_LISTS)
async def test_refused_lists(server: Server, members, code, message):
    await server.machine()
    await server.machine("x", type="EXPRESS")
    assert await server.refusal("ListExecutions", **members) == (code, message)
