"""Each protocol of AWS, spoken to a server of our own; what happens when there is no good answer."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest

from stepwell.integrations.aws_answer import Answer, Refusal
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_roles import Principal
from stepwell.integrations.circuit import FAILURES_MAX
from tests.integrations.fake_aws import fake_aws

WHERE = {"principal": Principal("eu-west-1", "123456789012")}
JSON = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "id-1"}
XML = {"Content-Type": "text/xml", "x-amzn-RequestId": "id-1"}


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


async def call(fake, service, operation, members, **settings):
    caller = AwsCaller(fake.environment, **settings)
    try:
        return await caller.call(service, operation, members, **WHERE)
    finally:
        await caller.close()


async def test_json():
    async with fake_aws((200, JSON, b'{"Item":{"n":{"N":"1"}}}')) as fake:
        answer = await call(fake, "dynamodb", "GetItem", {"TableName": "t", "Key": {"id": {"S": "a"}}})
    assert isinstance(answer, Answer)
    assert (answer.members, answer.status, answer.request_id) == ({"Item": {"n": {"N": "1"}}}, 200, "id-1")
    asked = fake.asked[0]
    assert (asked.method, asked.path) == ("POST", "/")
    assert asked.headers["X-Amz-Target"] == "DynamoDB_20120810.GetItem"
    assert json.loads(asked.body) == {"TableName": "t", "Key": {"id": {"S": "a"}}}
    # without credentials the account stands in as access key
    assert "Credential=123456789012/" in asked.headers["Authorization"]
    assert "/eu-west-1/dynamodb/aws4_request" in asked.headers["Authorization"]


async def test_json_error():
    body = b'{"__type":"com.amazonaws#ResourceNotFoundException","message":"no such table"}'
    async with fake_aws((400, JSON, body)) as fake:
        answer = await call(fake, "dynamodb", "GetItem", {"TableName": "t", "Key": {}})
    code = "ResourceNotFoundException"
    assert answer == Refusal("refused", "no such table", code, code, status=400, request_id="id-1")


async def test_query():
    body = b"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
    async with fake_aws((200, XML, body)) as fake:
        answer = await call(fake, "sns", "Publish", {"TopicArn": "arn", "Message": "a&b"})
    assert answer.members == {"MessageId": "m"}
    sent = parse_qs(fake.asked[0].body.decode())
    assert sent == {"Action": ["Publish"], "Version": ["2010-03-31"], "TopicArn": ["arn"], "Message": ["a&b"]}


async def test_query_error_with_a_code_of_its_own():
    body = (
        b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>bad</Message></Error>"
        b"<RequestId>r</RequestId></ErrorResponse>"
    )
    async with fake_aws((400, XML, body)) as fake:
        answer = await call(fake, "sns", "Publish", {"Message": "x"})
    assert (answer.code, answer.shape, answer.message) == ("InvalidParameter", "InvalidParameterException", "bad")


async def test_ec2():
    body = (
        b"<DescribeRegionsResponse><requestId>r</requestId><regionInfo><item><regionName>x</regionName></item>"
        b"</regionInfo></DescribeRegionsResponse>"
    )
    async with fake_aws((200, XML, body)) as fake:
        answer = await call(fake, "ec2", "DescribeRegions", {"RegionNames": ["x"]})
    assert answer.members == {"Regions": [{"RegionName": "x"}]}
    assert parse_qs(fake.asked[0].body.decode())["RegionName.1"] == ["x"]


async def test_rest_json():
    async with fake_aws((200, JSON, b'{"jobId":"j","jobName":"n"}')) as fake:
        answer = await call(fake, "batch", "SubmitJob", {"jobName": "n", "jobQueue": "q", "jobDefinition": "d"})
    assert answer.members == {"jobId": "j", "jobName": "n"}
    assert fake.asked[0].path == "/v1/submitjob"


async def test_rest_xml():
    async with fake_aws((200, {"ETag": '"e"', "x-amz-request-id": "r"}, b"")) as fake:
        answer = await call(fake, "s3", "PutObject", {"Bucket": "bucket", "Key": "a b/ü", "Body": b"text"})
    assert (answer.members["ETag"], answer.request_id) == ('"e"', "r")
    asked = fake.asked[0]
    assert (asked.method, asked.path, asked.body) == ("PUT", "/bucket/a%20b/%C3%BC", b"text")
    assert "x-amz-checksum-crc32" in asked.headers


async def test_rest_xml_error_with_an_extended_id():
    headers = {"x-amz-request-id": "r", "x-amz-id-2": "long"}
    body = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
    async with fake_aws((404, headers, body)) as fake:
        answer = await call(fake, "s3", "GetObject", {"Bucket": "bucket", "Key": "k"})
    assert answer == Refusal("refused", "none", "NoSuchKey", "NoSuchKey", 404, "r", "long")


async def test_a_body_that_is_a_member_is_not_decoded():
    async with fake_aws((200, {"Content-Type": "application/octet-stream"}, b"\xff\x00")) as fake:
        answer = await call(fake, "s3", "GetObject", {"Bucket": "bucket", "Key": "k"})
    assert bytes(answer.members["Body"]) == b"\xff\x00"


async def test_an_answer_has_a_size():
    async with fake_aws((200, JSON, b" " * 5_000)) as fake:
        answer = await call(fake, "dynamodb", "ListTables", {}, answer_bytes_max=4_000)
    assert answer.kind == "oversize"


@pytest.mark.parametrize("status", [200, 400, 500, 503])
@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[]", b"\xff"])
@pytest.mark.parametrize(
    "service, operation", [("dynamodb", "ListTables"), ("sns", "ListTopics"), ("iam", "ListRoles")]
)
async def test_gibberish_is_an_answer_too(status, body, service, operation):
    async with fake_aws((status, {}, body)) as fake:
        answer = await call(fake, service, operation, {})
    assert isinstance(answer, Answer) or (answer.kind == "refused" and answer.code and answer.message)


async def test_nobody_there():
    caller = AwsCaller({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    answer = await caller.call("sqs", "ListQueues", {}, **WHERE)
    await caller.close()
    assert (answer.kind, "Connection refused" in answer.message) == ("unreachable", True)


async def test_without_credentials_aws_is_not_called():
    caller = AwsCaller({})
    answer = await caller.call("sqs", "ListQueues", {}, **WHERE)
    assert (answer.kind, answer.message.split(" from")[0]) == ("unreachable", "Unable to load credentials")


async def test_an_endpoint_for_one_service_wins():
    async with fake_aws((200, JSON, b"{}")) as fake:
        environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SQS": fake.url}
        caller = AwsCaller(environment)
        answer = await caller.call("sqs", "ListQueues", {}, **WHERE)
        await caller.close()
    assert isinstance(answer, Answer)


async def test_members_that_make_no_request():
    async with fake_aws((200, {}, b"")) as fake:
        answer = await call(fake, "s3", "GetObject", {"Key": "k"})
        assert answer.kind == "unusable"
        assert (await call(fake, "s3", "NoSuchThing", {})).kind == "unusable"
    assert not fake.asked


@pytest.mark.parametrize("region", ["", "us-east-1.evil.example/", "a#", "a@b", "-a", "a.b", "ü", "a" * 64])
async def test_a_region_is_part_of_a_hosts_name_and_no_more(region):
    with pytest.raises(ValueError):
        await AwsCaller({}).parts("sqs", region)


async def test_parts_are_made_once_and_not_kept_for_ever(monkeypatch):
    monkeypatch.setattr("stepwell.integrations.aws_call._PARTS_MAX", 2)
    caller = AwsCaller({})
    first = await caller.parts("sqs", "a")
    await caller.parts("sqs", "b")
    assert await caller.parts("sqs", "a") is first
    await caller.parts("sqs", "c")
    assert await caller.parts("sqs", "a") is first
    assert len(caller._parts) == 2


async def test_many_calls_at_once():
    async with fake_aws((200, JSON, b'{"TableNames":["t"]}')) as fake:
        caller = AwsCaller(fake.environment)
        calls = [caller.call("dynamodb", "ListTables", {}, **WHERE) for _ in range(200)]
        answers = await asyncio.gather(*calls)
        await caller.close()
    assert [answer.members for answer in answers] == [{"TableNames": ["t"]}] * 200


async def test_an_endpoint_that_is_dead_is_left_alone_and_others_are_not():
    async with fake_aws((200, JSON, b"{}")) as fake:
        async with fake_aws((200, JSON, b"{}")) as dead:
            environment = {**fake.environment, "AWS_ENDPOINT_URL_SQS": dead.url}
        caller = AwsCaller(environment)
        try:
            members = {"QueueUrl": "q", "MessageBody": "m"}
            refusals = [await caller.call("sqs", "SendMessage", members, **WHERE) for _ in range(FAILURES_MAX + 1)]
            answer = await caller.call("dynamodb", "GetItem", {"TableName": "t", "Key": {}}, **WHERE)
        finally:
            await caller.close()
    assert {refusal.kind for refusal in refusals} == {"unreachable"}
    assert "Connection refused" in refusals[-2].message
    assert "so this one was not tried" in refusals[-1].message
    assert isinstance(answer, Answer)
