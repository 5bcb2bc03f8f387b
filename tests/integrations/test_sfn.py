"""`aws-sdk:sfn:*` against recorded outputs and errors, and all operations by their model."""

import re

import pytest

from stepwell.engine.failure import Failure
from stepwell.errors import AccessDeniedException, ExecutionAlreadyExists, InvalidToken
from stepwell.integrations import sfn_model
from stepwell.integrations.base import Registry
from stepwell.integrations.services import sfn
from tests.integrations.fakes import FakeOperations, a_call

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:child:x"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


async def perform(operations, action, parameters, pattern=""):
    registry = Registry(lambda: ())
    sfn.register(registry, operations)
    return await registry.find("aws-sdk:sfn", action).perform(a_call("aws-sdk:sfn", action, parameters, pattern))


async def test_start_execution_is_as_recorded():
    operations = FakeOperations(StartExecution={"execution_arn": EXECUTION, "start_date": 1_688_572_556_000})
    parameters = {"StateMachineArn": MACHINE, "Input": {"key": "value"}}
    output = await perform(operations, "startExecution", parameters)
    assert output.text == f'{{"ExecutionArn":"{EXECUTION}","StartDate":"2023-07-05T15:55:56Z"}}'
    name = a_call("aws-sdk:sfn", "startExecution", parameters).attempt_uuid
    sent = {"state_machine_arn": MACHINE, "input": '{"key":"value"}', "name": name}
    assert operations.asked == [("StartExecution", sent)]


async def test_a_derived_name_that_is_taken_is_ours_and_a_given_one_is_not():
    operations = FakeOperations(
        StartExecution=ExecutionAlreadyExists("Execution Already Exists: 'x'"),
        DescribeExecution={"start_date": 1_500, "name": "x"},
    )
    output = await perform(operations, "startExecution", {"StateMachineArn": MACHINE})
    assert output.value["StartDate"] == "1970-01-01T00:00:01.500Z"
    failure = await perform(operations, "startExecution", {"StateMachineArn": MACHINE, "Name": "x"})
    assert failure.error == "Sfn.ExecutionAlreadyExistsException"


@pytest.mark.parametrize(
    "error, name",
    [
        (InvalidToken("Invalid Token: 'Invalid token'"), "Sfn.InvalidTokenException"),
        (AccessDeniedException("no"), "Sfn.SfnException"),
    ],
)
async def test_refusals_have_the_second_sdks_text(error, name):
    operations = FakeOperations(SendTaskSuccess=error)
    failure = await perform(operations, "sendTaskSuccess", {"Output": "ParameterOutput", "TaskToken": "t"})
    assert failure.error == name
    details = rf"\(Service: Sfn, Status Code: 400, Request ID: {UUID}\) \(SDK Attempt Count: 1\)"
    assert re.fullmatch(rf"{re.escape(error.message)} {details}", failure.cause)
    assert operations.asked == [("SendTaskSuccess", {"output": "ParameterOutput", "task_token": "t"})]


async def test_an_operation_without_result_gives_an_empty_object():
    operations = FakeOperations(SendTaskSuccess={})
    output = await perform(operations, "sendTaskSuccess", {"Output": {"a": 1}, "TaskToken": "t"})
    assert output.text == "{}"
    assert operations.asked[0][1]["output"] == '{"a":1}'


@pytest.mark.parametrize(
    "action, parameters, reasons",
    [
        (
            "sendTaskSuccess",
            {"output": "x"},
            "The field 'TaskToken' is required but was missing, The field 'Output' is required but was missing",
        ),
        ("describeExecution", {}, "The field 'ExecutionArn' is required but was missing"),
        ("describeExecution", [], "The field 'ExecutionArn' is required but was missing"),
        (
            "listExecutions",
            {"maxResults": 3},
            "The field \"maxResults\" is not supported by Step Functions. Did you mean 'MaxResults'?",
        ),
        ("listExecutions", {"MaxResults": "3"}, "The value for the field 'MaxResults' must be an INTEGER"),
        ("listExecutions", {"MaxResults": True}, "The value for the field 'MaxResults' must be an INTEGER"),
        (
            "createStateMachine",
            {"Name": 3, "Definition": {}, "RoleArn": "r"},
            "The value for the field 'Name' must be a STRING",
        ),
        (
            "createActivity",
            {"Name": "a", "Tags": [{"Key": "k", "Bogus": 1}]},
            'The field "Bogus" is not supported by Step Functions',
        ),
    ],
)
async def test_parameters_of_the_wrong_shape(action, parameters, reasons):
    outcome = await perform(FakeOperations(), action, parameters)
    assert isinstance(outcome, Failure)
    assert outcome.error == "States.Runtime"
    assert outcome.cause.endswith(f"' could not be used to start the Task: [{reasons}]")


async def test_nested_members_are_respelled_both_ways():
    operations = FakeOperations(
        CreateStateMachine={"state_machine_arn": MACHINE, "creation_date": 0},
        DescribeStateMachine={
            "state_machine_arn": MACHINE,
            "logging_configuration": {
                "level": "ALL",
                "include_execution_data": True,
                "destinations": [{"cloud_watch_logs_log_group": {"log_group_arn": "g"}}],
            },
            "variable_references": {"my_state": ["a"]},
            "label": None,
        },
    )
    logging = {
        "Level": "ALL",
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": "g"}}],
        "IncludeExecutionData": None,
    }
    parameters = {"Name": "n", "RoleArn": "r", "Definition": {"StartAt": "A"}, "LoggingConfiguration": logging}
    await perform(operations, "createStateMachine", parameters)
    assert operations.asked[0][1] == {
        "name": "n",
        "role_arn": "r",
        "definition": '{"StartAt":"A"}',
        "logging_configuration": {
            "level": "ALL",
            "destinations": [{"cloud_watch_logs_log_group": {"log_group_arn": "g"}}],
        },
    }
    output = await perform(operations, "describeStateMachine", {"StateMachineArn": MACHINE})
    assert output.text == (
        '{"LoggingConfiguration":{"Destinations":[{"CloudWatchLogsLogGroup":{"LogGroupArn":"g"}}],'
        f'"IncludeExecutionData":true,"Level":"ALL"}},"StateMachineArn":"{MACHINE}",'
        '"VariableReferences":{"my_state":["a"]}}'
    )


async def test_history_events_may_come_in_wire_spelling():
    event = {
        "timestamp": 1.5,
        "type": "PassStateEntered",
        "id": 1,
        "stateEnteredEventDetails": {"name": "A", "input": "{}"},
    }
    operations = FakeOperations(GetExecutionHistory={"events": [event]})
    output = await perform(operations, "getExecutionHistory", {"ExecutionArn": EXECUTION})
    assert output.value == {
        "Events": [
            {
                "Id": 1,
                "StateEnteredEventDetails": {"Input": "{}", "Name": "A"},
                "Timestamp": "1970-01-01T00:00:01.500Z",
                "Type": "PassStateEntered",
            }
        ]
    }


async def test_every_operation_of_the_model_can_be_called():
    for action, operation in sfn_model.operations().items():
        operations = FakeOperations(**{operation.name: {}, "DescribeExecution": {}})
        required = {
            name: _value(operation.input_shape.members[name]) for name in operation.input_shape.required_members
        }
        parameters = {name[0].upper() + name[1:]: value for name, value in required.items()}
        outcome = await perform(operations, action, parameters)
        assert outcome.text == "{}", action
        assert operations.asked[0][0] == operation.name
    assert set(sfn.REPEATABLE) <= set(sfn_model.operations())


def _value(shape):
    return {"string": "x", "list": [], "structure": {}, "integer": 1, "boolean": True, "map": {}}[shape.type_name]


async def test_what_cannot_be_repeated_says_so():
    registry = Registry(lambda: ())
    sfn.register(registry, FakeOperations())
    integration = registry.find("aws-sdk:sfn", "startExecution")
    assert integration.is_repeatable("startExecution")
    assert integration.is_repeatable("describeExecution")
    for action in ("sendTaskSuccess", "sendTaskFailure", "getActivityTask", "redriveExecution", "startSyncExecution"):
        assert not integration.is_repeatable(action)
    call = a_call("aws-sdk:sfn", "describeExecution", {})
    assert isinstance(await integration.watch(call, call.parameters), Failure)
    await integration.cancel(call, None)
    assert isinstance(await perform(FakeOperations(), "noSuchOperation", {}), Failure)
