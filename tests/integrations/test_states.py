"""`states:startExecution` against recorded outputs and errors."""

import asyncio
import json
import re

import pytest

from stepwell.engine.failure import Failure
from stepwell.errors import ExecutionAlreadyExists, ExecutionDoesNotExist, StateMachineDoesNotExist, ThrottlingException
from stepwell.integrations.services.states import StatesIntegration
from tests.integrations.fakes import FakeOperations, a_call

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:child:TestStartTarget"
STARTED = {"execution_arn": EXECUTION, "start_date": 1_688_572_556_123}
DESCRIBED = {
    "execution_arn": EXECUTION,
    "state_machine_arn": MACHINE,
    "name": "TestStartTarget",
    "status": "SUCCEEDED",
    "start_date": 1_688_572_556_123,
    "stop_date": 1_688_572_557_456,
    "input": '{"a": 1.0}',
    "input_details": {"included": True},
    "output": '"done"',
    "output_details": {"included": True},
    "redrive_count": 0,
    "redrive_status": "NOT_REDRIVABLE",
    "redrive_status_reason": "Execution is SUCCEEDED and cannot be redriven",
}
FAILED = {
    **{name: value for name, value in DESCRIBED.items() if not name.startswith("output")},
    "status": "FAILED",
    "error": "SomeFailure",
    "cause": "This state machines raises a 'SomeFailure' failure.",
    "redrive_status": "REDRIVABLE",
    "redrive_status_reason": None,
}
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def a_start(parameters, pattern=""):
    return a_call("states", "startExecution", parameters, pattern)


@pytest.mark.parametrize("pattern", ["", "sync", "sync:2", "waitForTaskToken"])
async def test_the_output_of_a_start_is_as_recorded(pattern):
    operations = FakeOperations(StartExecution=STARTED)
    parameters = {"StateMachineArn": MACHINE, "Input": {"Hello": "World"}, "Name": "TestStartTarget"}
    output = (await StatesIntegration(operations).perform(a_start(parameters, pattern))).value
    assert list(output) == ["ExecutionArn", "SdkHttpMetadata", "SdkResponseMetadata", "StartDate"]
    assert output["ExecutionArn"] == EXECUTION
    assert output["StartDate"] == 1_688_572_556_123
    request_id = output["SdkResponseMetadata"]["RequestId"]
    assert re.fullmatch(UUID, request_id)
    http = output["SdkHttpMetadata"]
    assert list(http) == ["AllHttpHeaders", "HttpHeaders", "HttpStatusCode"]
    assert http["HttpStatusCode"] == 200
    every = http["AllHttpHeaders"]
    assert list(every) == ["x-amzn-RequestId", "connection", "Content-Length", "Date", "Content-Type"]
    assert every["x-amzn-RequestId"] == [request_id]
    assert every["connection"] == ["keep-alive"]
    assert every["Content-Type"] == ["application/x-amz-json-1.0"]
    headers = http["HttpHeaders"]
    assert list(headers) == ["connection", "Content-Length", "Content-Type", "Date", "x-amzn-RequestId"]
    assert headers == {name: value for name, [value] in every.items()}
    expected = {"state_machine_arn": MACHINE, "input": '{"Hello":"World"}', "name": "TestStartTarget"}
    assert operations.asked == [("StartExecution", expected)]


@pytest.mark.parametrize(
    "given, sent",
    [
        ({"Input": None}, {}),
        ({}, {}),
        ({"Input": '{"a": 1}'}, {"input": '{"a": 1}'}),
        ({"Input": [1, None]}, {"input": "[1,null]"}),
        ({"Input": 7}, {"input": "7"}),
        ({"TraceHeader": "Root=1"}, {"trace_header": "Root=1"}),
    ],
)
async def test_members_that_are_sent(given, sent):
    operations = FakeOperations(StartExecution=STARTED)
    await StatesIntegration(operations).perform(a_start({"StateMachineArn": MACHINE, "Name": "n", **given}))
    assert operations.asked == [("StartExecution", {"state_machine_arn": MACHINE, "name": "n", **sent})]


@pytest.mark.parametrize(
    "parameters, reason",
    [
        ({"Name": "x"}, "The field 'StateMachineArn' is required but was missing"),
        ({"stateMachineArn": MACHINE}, "The field 'StateMachineArn' is required but was missing"),
        ({"StateMachineArn": None}, "The field 'StateMachineArn' is required but was missing"),
        ({"StateMachineArn": 7}, "The value for the field 'StateMachineArn' must be a STRING"),
        ({"StateMachineArn": MACHINE, "Name": 7}, "The value for the field 'Name' must be a STRING"),
        (
            {"StateMachineArn": MACHINE, "name": "x"},
            "The field \"name\" is not supported by Step Functions. Did you mean 'Name'?",
        ),
    ],
)
async def test_parameters_of_the_wrong_shape(parameters, reason):
    operations = FakeOperations()
    outcome = await StatesIntegration(operations).perform(a_start(parameters))
    text = json.dumps(parameters, separators=(",", ":"))
    assert outcome == Failure(
        "States.Runtime", f"The Parameters '{text}' could not be used to start the Task: [{reason}]"
    )
    assert operations.asked == []


@pytest.mark.parametrize(
    "error, name, code",
    [
        (
            StateMachineDoesNotExist("State Machine Does Not Exist: 'x'"),
            "StepFunctions.StateMachineDoesNotExistException",
            "StateMachineDoesNotExist",
        ),
        (
            ExecutionAlreadyExists("Execution Already Exists: 'x'"),
            "StepFunctions.ExecutionAlreadyExistsException",
            "ExecutionAlreadyExists",
        ),
        (ThrottlingException("Rate exceeded"), "StepFunctions.AWSStepFunctionsException", "ThrottlingException"),
    ],
)
async def test_refusals_have_the_first_sdks_text(error, name, code):
    operations = FakeOperations(StartExecution=error)
    failure = await StatesIntegration(operations).perform(a_start({"StateMachineArn": MACHINE, "Name": "n"}))
    assert failure.error == name
    service = f"Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: {UUID}; Proxy: null"
    assert re.fullmatch(rf"{re.escape(error.message)} \({service}\)", failure.cause)


async def test_a_repetition_after_a_crash_finds_the_same_execution():
    name = a_start({}).attempt_uuid
    described = {"start_date": 5}
    operations = FakeOperations(StartExecution=STARTED, DescribeExecution=described)
    integration = StatesIntegration(operations)
    assert integration.is_repeatable("startExecution")
    call = a_start({"StateMachineArn": f"{MACHINE}:live"}, "sync")
    await integration.perform(call)
    assert operations.asked[-1][1]["name"] == name
    assert re.fullmatch(UUID, name)
    operations.answers["StartExecution"] = ExecutionAlreadyExists("Execution Already Exists: 'x'")
    output = (await integration.perform(call)).value
    arn = f"arn:aws:states:us-east-1:123456789012:execution:child:{name}"
    assert output["ExecutionArn"] == arn
    assert output["StartDate"] == 5
    assert operations.asked[-1] == ("DescribeExecution", {"execution_arn": arn})
    assert a_call("states", "startExecution", {}, attempt_id="attempt-2").attempt_uuid != name


async def described(answer, pattern):
    operations = FakeOperations(StartExecution=STARTED, DescribeExecution=answer)
    integration = StatesIntegration(operations)
    call = a_start({"StateMachineArn": MACHINE}, pattern)
    submitted = await integration.perform(call)
    watching = asyncio.create_task(integration.watch(call, submitted))
    await asyncio.sleep(0)
    assert not watching.done()
    operations.closed.set()
    return await watching


@pytest.mark.parametrize("pattern, parsed", [("sync", False), ("sync:2", True)])
async def test_a_job_that_succeeds_gives_its_description(pattern, parsed):
    output = (await described(DESCRIBED, pattern)).value
    assert list(output.items()) == [
        ("ExecutionArn", EXECUTION),
        ("Input", {"a": 1.0} if parsed else '{"a": 1.0}'),
        ("InputDetails", {"Included": True}),
        ("Name", "TestStartTarget"),
        ("Output", "done" if parsed else '"done"'),
        ("OutputDetails", {"Included": True}),
        ("RedriveCount", 0),
        ("RedriveStatus", "NOT_REDRIVABLE"),
        ("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven"),
        ("StartDate", 1_688_572_556_123),
        ("StateMachineArn", MACHINE),
        ("Status", "SUCCEEDED"),
        ("StopDate", 1_688_572_557_456),
    ]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
async def test_a_job_that_fails_is_a_task_failed_with_its_description(status):
    failure = await described({**FAILED, "status": status}, "sync")
    assert failure.error == "States.TaskFailed"
    assert failure.cause == (
        '{"Cause":"This state machines raises a \'SomeFailure\' failure.","Error":"SomeFailure",'
        f'"ExecutionArn":"{EXECUTION}","Input":"{{\\"a\\": 1.0}}","InputDetails":{{"Included":true}},'
        '"Name":"TestStartTarget","RedriveCount":0,"RedriveStatus":"REDRIVABLE","StartDate":1688572556123,'
        f'"StateMachineArn":"{MACHINE}","Status":"{status}","StopDate":1688572557456}}'
    )


@pytest.mark.parametrize("pattern, asked", [("sync", True), ("sync:2", True), ("", False), ("waitForTaskToken", False)])
async def test_cancel_stops_jobs_only(pattern, asked):
    operations = FakeOperations(StartExecution=STARTED, StopExecution={"stop_date": 1})
    integration = StatesIntegration(operations)
    call = a_start({"StateMachineArn": MACHINE}, pattern)
    submitted = await integration.perform(call)
    operations.asked.clear()
    await integration.cancel(call, None)
    assert operations.asked == []
    await integration.cancel(call, submitted)
    assert operations.asked == ([("StopExecution", {"execution_arn": EXECUTION})] if asked else [])
    operations.answers["StopExecution"] = ExecutionDoesNotExist("gone")
    await integration.cancel(call, submitted)
