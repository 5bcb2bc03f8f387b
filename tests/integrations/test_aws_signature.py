"""Signatures against botocore's own, at the same moment."""

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_signature import signed_headers

AT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@pytest.fixture(scope="module", autouse=True)
def moment():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda *_: AT.replace(tzinfo=None))
        yield


@given(
    st.dictionaries(st.sampled_from(["X-Amz-Target", "Content-Type", "X-Other", "User-Agent"]), TEXT),
    st.binary(max_size=40),
    st.sampled_from(
        [
            *("https://sqs.eu-west-1.amazonaws.com/", "http://127.0.0.1:4566/", "http://127.0.0.1:4566"),
            "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:x:1:function:f/invocations?Qualifier=%24L",
            "http://a/functions/%24x~y/invocations?b=2&a=1&a=0&c",
        ]
    ),
    st.sampled_from([None, "session-token"]),
)
def test_the_same_signature(headers, body, url, token):
    credentials = Credentials("AKIA", "secret", token)
    request = AWSRequest(method="POST", url=url, data=body, headers=headers)
    SigV4Auth(credentials, "sqs", "eu-west-1").add_auth(request)
    ours = signed_headers(url, headers, body, credentials, "eu-west-1", "sqs", AT.timestamp())
    assert ours == dict(request.headers.items())


@pytest.mark.parametrize(
    "service, operation, members",
    [
        ("sqs", "SendMessage", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q", "MessageBody": "ü"}),
        ("dynamodb", "PutItem", {"TableName": "t", "Item": {"id": {"S": "a"}}}),
        ("events", "PutEvents", {"Entries": [{"Source": "s", "Detail": "{}"}]}),
        ("glue", "StartJobRun", {"JobName": "j"}),
        ("ecs", "RunTask", {"taskDefinition": "d", "clientToken": "c"}),
        ("emr", "ListClusters", {}),
    ],
)
async def test_whole_requests_are_those_of_botocore(service, operation, members, monkeypatch):
    monkeypatch.setattr("stepwell.integrations.aws_signature.time.gmtime", lambda _: AT.timetuple())
    caller = AwsCaller({})
    parts = await caller.parts(service, "eu-west-1")
    model = parts.operation(operation)
    credentials = Credentials("AKIA", "secret", "token")
    quick = parts.request(model, dict(members), credentials)
    monkeypatch.setattr(parts, "_signs_plainly", False)
    slow = parts.request(model, dict(members), credentials)
    assert (quick.method, quick.url, quick.body) == (slow.method, slow.url, slow.body)
    assert quick.headers == slow.headers


@pytest.mark.parametrize(
    "service, operation, members",
    [
        ("cognito-identity", "GetId", {"IdentityPoolId": "p"}),  # signed by nobody
        ("s3", "GetObject", {"Bucket": "b", "Key": "k"}),
        ("sts", "GetCallerIdentity", {}),
        ("batch", "SubmitJob", {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}),
    ],
)
async def test_everything_else_is_botocores(service, operation, members, monkeypatch):
    def never(*given):
        raise AssertionError

    caller = AwsCaller({})
    parts = await caller.parts(service, "eu-west-1")
    monkeypatch.setattr(parts, "_signed_plainly", never)
    request = parts.request(parts.operation(operation), members, Credentials("AKIA", "secret"))
    assert ("Authorization" in request.headers) is (service != "cognito-identity")
