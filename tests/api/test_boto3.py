"""The real client against a real port: every operation and every shape, both ways."""

import datetime

import botocore.session
import pytest

from stepwell.api.codec import snake_name
from stepwell.api.model import load_operations
from stepwell.errors import ApiError, InvalidArn, ValidationException

MODEL = botocore.session.get_session().get_service_model("stepfunctions")
NAMES = sorted(MODEL.operation_names)
NOW_MS = 1_700_000_000_123
NOW = datetime.datetime.fromtimestamp(NOW_MS / 1000, datetime.UTC)


def sample(shape, wire):
    """A legal value of a shape with every member: as the client takes and gives it, or snake_case as operations do."""
    if shape.type_name == "structure":
        return {(key if wire else snake_name(key)): sample(member, wire) for key, member in shape.members.items()}
    if shape.type_name == "list":
        return [sample(shape.member, wire)]
    if shape.type_name == "map":
        return {"Some Key": sample(shape.value, wire)}
    if shape.type_name == "string":
        return (shape.enum or ["abc"])[-1]
    if shape.type_name == "timestamp":
        return NOW if wire else NOW_MS
    if shape.type_name == "boolean":
        return True
    return 77.5 if shape.type_name in ("float", "double") else 77


def test_all_operations_of_the_model_are_known():
    assert sorted(load_operations()) == NAMES
    assert len(NAMES) >= 37


@pytest.mark.parametrize("name", NAMES)
def test_operation_both_ways(running, name):
    operation = MODEL.operation_model(name)
    given = sample(operation.input_shape, wire=True)
    plain = operation.output_shape
    answer = sample(plain, wire=False)
    expected = sample(plain, wire=True)
    if name == "GetExecutionHistory":
        answer["events"] = [{"timestamp": 1.5, "type": "PassStateEntered", "id": 3, "previousEventId": 0}]
        expected["events"] = [
            {**answer["events"][0], "timestamp": datetime.datetime.fromtimestamp(1.5, datetime.UTC)},
        ]
    running.answer = lambda *_: answer
    received = getattr(running.client(), snake_name(name))(**given)
    metadata = received.pop("ResponseMetadata")
    assert metadata["HTTPStatusCode"] == 200
    assert received == expected
    ((caller, called, members),) = running.calls
    assert called == name
    assert members == sample(operation.input_shape, wire=False)
    assert caller.request_id == metadata["RequestId"]
    assert metadata["HTTPHeaders"]["x-amzn-requestid"] == caller.request_id
    assert metadata["HTTPHeaders"]["content-type"] == "application/x-amz-json-1.0"


@pytest.mark.parametrize("code", sorted(code for code, kind in ApiError.BY_CODE.items() if kind.status == 400))
def test_every_error_reaches_the_client(running, code):
    def fail(*_):
        raise ApiError.BY_CODE[code]("the text")

    running.answer = fail
    client = running.client()
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.list_state_machines()
    answer = caught.value.response
    assert answer["Error"]["Code"] == code
    assert answer["Error"]["Message"] == "the text"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"] == code
    modelled = getattr(client.exceptions, code, None)
    assert modelled is None or isinstance(caught.value, modelled)


def test_members_of_an_error_reach_the_client(running):
    def fail(*_):
        raise ValidationException("no", reason="INVALID_ROUTING_CONFIGURATION")

    running.answer = fail
    client = running.client()
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.list_state_machines()
    assert caught.value.response["reason"] == "INVALID_ROUTING_CONFIGURATION"


def test_constraints_that_the_client_lets_through(running):
    client = running.client()
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.start_execution(stateMachineArn="a", name="n" * 81)
    assert caught.value.response["Error"]["Message"] == (
        f"1 validation error detected: Value '{'n' * 81}' at 'name' failed to satisfy constraint: "
        "Member must have length less than or equal to 80"
    )
    assert not running.calls


def test_account_and_region_come_from_the_signature(running):
    running.client(access_key="123456789012", region_name="eu-west-3").list_activities()
    running.client(access_key="AKIAIOSFODNN7EXAMPLE").list_activities()
    first, second = (caller for caller, _, _ in running.calls)
    assert (first.account, first.region, first.access_key) == ("123456789012", "eu-west-3", "123456789012")
    assert (second.account, second.region, second.access_key) == ("000000000000", "us-east-1", "AKIAIOSFODNN7EXAMPLE")
    assert first.principal == "arn:aws:iam::123456789012:root"


def test_paginators_walk_on(running):
    pages = {None: ("a", "t1"), "t1": ("b", "t2"), "t2": ("c", None)}

    def page(_, members):
        arn, token = pages[members.get("next_token")]
        item = {"activity_arn": arn, "name": arn, "creation_date": NOW_MS}
        return {"activities": [item], "next_token": token}

    running.answer = page
    found = running.client().get_paginator("list_activities").paginate().build_full_result()["activities"]
    assert [item["activityArn"] for item in found] == ["a", "b", "c"]


def test_texts_of_any_script_survive(running):
    text = '{"naïve": "日本 🎉 \\ud800"}'
    running.answer = lambda name, members: {"input": members["input"], "cause": text}
    answer = running.client().start_sync_execution(stateMachineArn="a", input=text)
    assert (answer["input"], answer["cause"]) == (text, text)


def test_invalid_arn_is_the_clients_own_class(running):
    def fail(*_):
        raise InvalidArn("Invalid Arn: 'Invalid ARN prefix: x'")

    running.answer = fail
    client = running.client()
    with pytest.raises(client.exceptions.InvalidArn, match="Invalid ARN prefix: x"):
        client.describe_activity(activityArn="x")
