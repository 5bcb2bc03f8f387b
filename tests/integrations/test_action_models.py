"""What a task can call and with which arguments, as an editor shows it."""

import pytest

from stepwell.asl.resource import PATTERNS
from stepwell.integrations.action_models import arguments_schema, sdk_actions, sdk_services


def test_required_members_come_first() -> None:
    schema = arguments_schema("dynamodb", "putItem")
    assert schema is not None
    assert list(schema["properties"])[:2] == ["TableName", "Item"]
    assert schema["required"] == ["TableName", "Item"]
    assert schema["properties"]["ReturnValues"]["enum"] == [
        *("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"),
    ]
    assert "table" in schema["properties"]["TableName"]["description"]


def test_members_are_spelled_as_tasks_spell_them() -> None:
    optimized = arguments_schema("states", "startExecution")
    sdk = arguments_schema("aws-sdk:rds", "startDBInstance")
    assert optimized is not None and sdk is not None
    assert next(iter(optimized["properties"])) == "StateMachineArn"
    assert next(iter(sdk["properties"])) == "DbInstanceIdentifier"


def test_a_member_that_takes_any_json_has_no_type() -> None:
    states, function = arguments_schema("states", "startExecution"), arguments_schema("lambda", "invoke")
    assert states is not None and function is not None
    assert "type" not in states["properties"]["Input"]
    assert "type" not in function["properties"]["Payload"]


def test_a_token_that_is_filled_in_is_not_asked_for() -> None:
    schema = arguments_schema("emr-serverless", "startJobRun")
    assert schema is not None
    assert schema["required"] == ["ApplicationId", "ExecutionRoleArn"]


def test_a_model_that_holds_itself_ends() -> None:
    schema = arguments_schema("aws-sdk:dynamodb", "putItem")
    assert schema is not None
    assert schema["properties"]["Item"]["additionalProperties"]["type"] == "object"


@pytest.mark.parametrize("key", [("http", "invoke"), ("apigateway", "invoke"), ("eks", "call"), ("eks", "runJob")])
def test_actions_without_a_model_have_a_table(key: tuple[str, str]) -> None:
    schema = arguments_schema(*key)
    assert schema is not None
    assert list(schema["properties"])[: len(schema["required"])] == schema["required"]


def test_what_no_model_tells_is_none() -> None:
    without = {service for service, action in PATTERNS if arguments_schema(service, action) is None}
    assert without == {"elasticmapreduce"}  # its tasks have forms of their own
    assert arguments_schema("aws-sdk:nowhere", "getIt") is None
    assert arguments_schema("aws-sdk:s3", "fetchIt") is None


def test_the_services_and_actions_of_the_sdk() -> None:
    assert {"s3", "dynamodb", "eventbridge", "sfn", "cloudwatchlogs"} <= set(sdk_services())
    actions = sdk_actions("s3")
    assert actions is not None and "getObject" in actions and list(actions) == sorted(actions)
    assert sdk_actions("nowhere") is None
