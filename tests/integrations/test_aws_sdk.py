"""`aws-sdk:` tasks against a server of our own: parameters, results and errors as they are recorded."""

import json

import pytest

from stepwell.engine.failure import Failure
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_sdk import SdkAction
from tests.integrations.fake_aws import fake_aws
from tests.integrations.fakes import a_call

JSON = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "id-1"}


async def perform(fake, service, action, parameters, attempt_id="attempt-1"):
    caller = AwsCaller(fake.environment)
    task = SdkAction(caller, f"aws-sdk:{service}", action)
    try:
        return await task.perform(a_call(f"aws-sdk:{service}", action, parameters, attempt_id=attempt_id))
    finally:
        await caller.close()


async def result(answer, service, action, parameters):
    async with fake_aws(answer) as fake:
        outcome = await perform(fake, service, action, parameters)
    return outcome.value if not isinstance(outcome, Failure) else outcome


async def test_members_are_spelled_both_ways_and_map_keys_left_alone():
    body = b'{"tasks":[{"taskArn":"t","createdAt":1700000000.5,"overrides":{"cpu":"1"}}],"failures":[]}'
    async with fake_aws((200, JSON, body)) as fake:
        given = {"TaskDefinition": "d", "Overrides": {"ContainerOverrides": [{"Name": "c"}]}, "Count": None}
        outcome = await perform(fake, "ecs", "runTask", given)
    sent = json.loads(fake.asked[0].body)
    assert sent.pop("clientToken")
    assert sent == {"taskDefinition": "d", "overrides": {"containerOverrides": [{"name": "c"}]}}
    task = {"CreatedAt": "2023-11-14T22:13:20.500Z", "Overrides": {"Cpu": "1"}, "TaskArn": "t"}
    assert outcome.value == {"Failures": [], "Tasks": [task]}


async def test_an_idempotency_token_follows_from_the_attempt():
    async with fake_aws((200, JSON, b"{}")) as fake:
        for attempt_id in ("1", "1", "2"):
            await perform(fake, "ecs", "runTask", {"TaskDefinition": "d"}, attempt_id)
    first, again, other = (json.loads(asked.body)["clientToken"] for asked in fake.asked)
    assert first == again != other


async def test_a_required_idempotency_token_is_made_too():
    async with fake_aws((200, JSON, b"{}")) as fake:
        await perform(fake, "emrserverless", "startJobRun", {"ApplicationId": "a", "ExecutionRoleArn": "r"})
    assert json.loads(fake.asked[0].body)["clientToken"]


@pytest.mark.parametrize(
    "body, stored",
    [
        ("text", b'"text"'),
        ({"a": [1]}, b'{"a":[1]}'),
        (["List", "Data"], b'["List","Data"]'),
        (True, b"true"),
        (None, b"null"),
    ],
)
async def test_a_stored_body_is_json(body, stored):
    async with fake_aws((200, {"ETag": '"e"'}, b"")) as fake:
        outcome = await perform(fake, "s3", "putObject", {"Bucket": "bucket", "Key": "k", "Body": body})
    assert fake.asked[0].body == stored
    assert fake.asked[0].headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert outcome.value == {"ETag": '"e"'}


@pytest.mark.parametrize("said, sent", [("image/png", "image/png"), (None, "text/plain; charset=UTF-8")])
async def test_what_a_stored_body_is_said_to_be(said, sent):
    async with fake_aws((200, {}, b"")) as fake:
        await perform(fake, "s3", "putObject", {"Bucket": "b", "Key": "k", "Body": {}, "ContentType": said})
    assert fake.asked[0].headers["Content-Type"] == sent


async def test_dynamodb_calls_its_null_nul():
    sent = {"TableName": "t", "Item": {"a": {"Nul": True}, "b": {"Bool": False}}}
    async with fake_aws((200, JSON, b'{"Attributes":{"a":{"NULL":true}}}')) as fake:
        outcome = await perform(fake, "dynamodb", "putItem", sent)
    assert json.loads(fake.asked[0].body)["Item"] == {"a": {"NULL": True}, "b": {"BOOL": False}}
    assert outcome.value == {"Attributes": {"a": {"Nul": True}}}


async def test_a_body_read_comes_last_and_is_text():
    headers = {"Content-Type": "text/plain", "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}
    found = await result((200, headers, b"bytes \xff"), "s3", "getObject", {"Bucket": "bucket", "Key": "k"})
    assert list(found)[-1] == "Body"
    assert found["Body"] == "bytes \ufffd"
    assert found["LastModified"] == "2023-11-14T22:13:20Z"
    assert found["Metadata"] == {}


async def test_a_modelled_error():
    body = b'{"__type":"com.amazonaws#ResourceNotFoundException","message":"Requested resource not found"}'
    failed = await result((400, JSON, body), "dynamodb", "getItem", {"TableName": "t", "Key": {}})
    cause = "Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: id-1)"
    assert failed == Failure("DynamoDb.ResourceNotFoundException", f"{cause} (SDK Attempt Count: 1)")


async def test_another_error():
    body = b'{"__type":"com.amazon.coral.validate#ValidationException","message":"wrong"}'
    failed = await result((400, JSON, body), "dynamodb", "getItem", {"TableName": "t", "Key": {}})
    assert failed.error == "DynamoDb.DynamoDbException"


async def test_an_error_of_s3_has_two_ids():
    headers = {"x-amz-request-id": "r", "x-amz-id-2": "long"}
    body = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
    failed = await result((404, headers, body), "s3", "getObject", {"Bucket": "bucket", "Key": "k"})
    ids = "(Service: S3, Status Code: 404, Request ID: r, Extended Request ID: long) (SDK Attempt Count: 1)"
    assert failed == Failure("S3.NoSuchKeyException", f"The specified key does not exist. {ids}")


@pytest.mark.parametrize(
    "action, parameters, error, message",
    [
        ("headObject", {"Bucket": "b", "Key": "k"}, "NoSuchKey", "The specified key does not exist."),
        ("headBucket", {"Bucket": "b"}, "NoSuchBucket", "The specified bucket does not exist."),
    ],
)
async def test_an_answer_without_a_body(action, parameters, error, message):
    failed = await result((404, {"x-amz-request-id": "r"}, b""), "s3", action, parameters)
    ids = "(Service: S3, Status Code: 404, Request ID: r) (SDK Attempt Count: 1)"
    assert failed == Failure(f"S3.{error}Exception", f"{message} {ids}")
    forbidden = await result((403, {"x-amz-request-id": "r"}, b""), "s3", action, parameters)
    assert forbidden.error == "S3.S3Exception"


@pytest.mark.parametrize(
    "service, action, parameters, reason",
    [
        ("s3", "getObject", {"bucket": "b"}, "The field 'Bucket' is required but was missing"),
        (
            *("dynamodb", "listTables", {"limit": 1}),
            "The field \"limit\" is not supported by Step Functions. Did you mean 'Limit'?",
        ),
        ("dynamodb", "listTables", {"Limit": "2"}, "The value for the field 'Limit' must be an INTEGER"),
        ("dynamodb", "listTables", {"Limit": 2.0}, "The value for the field 'Limit' must be an INTEGER"),
    ],
)
async def test_faults_of_parameters(service, action, parameters, reason):
    failed = await result((200, JSON, b"{}"), service, action, parameters)
    assert failed.error == "States.Runtime"
    assert reason in failed.cause
    assert "could not be used to start the Task" in failed.cause


@pytest.mark.parametrize("given, sent", [(True, True), ("true", True), ("FALSE", False), (0, False), (-1, True)])
async def test_what_counts_as_a_boolean(given, sent):
    async with fake_aws((200, JSON, b"{}")) as fake:
        members = {"TableName": "t", "Key": {}, "ConsistentRead": given}
        await perform(fake, "dynamodb", "getItem", members)
    assert json.loads(fake.asked[0].body)["ConsistentRead"] is sent


@pytest.mark.parametrize(
    "service, action", [("nothing", "list"), ("s3", "noSuchAction"), ("s3", "selectObjectContent")]
)
async def test_what_no_task_can_call(service, action):
    failed = await result((200, JSON, b"{}"), service, action, {})
    assert failed.error == "States.Runtime"


@pytest.mark.parametrize(
    "service, action, repeatable",
    [
        ("dynamodb", "getItem", True),
        ("s3", "listObjectsV2", True),
        ("ecs", "runTask", True),
        ("dynamodb", "putItem", False),
        ("sqs", "sendMessage", False),
    ],
)
def test_what_may_be_made_again_after_a_crash(service, action, repeatable):
    assert SdkAction(AwsCaller({}), f"aws-sdk:{service}", action).is_repeatable(action) is repeatable


async def test_nobody_there():
    caller = AwsCaller({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    failed = await SdkAction(caller, "aws-sdk:sqs", "listQueues").perform(a_call("aws-sdk:sqs", "listQueues", {}))
    await caller.close()
    assert failed.error == "Sqs.SdkClientException"
    assert failed.cause.endswith("(SDK Attempt Count: 1)")
