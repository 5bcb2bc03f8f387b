"""API Gateway: its requests, their signatures, and where they go."""

import json

import pytest

from stepwell.engine.failure import Failure, Unstartable
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.http.egress import Egress, read_networks
from stepwell.integrations.services.apigateway import ApiGatewayIntegration
from tests.integrations.fake_aws import fake_aws
from tests.integrations.fakes import a_call

HOST = "abc123.execute-api.eu-west-1.amazonaws.com"
JSON = {"Content-Type": "application/json"}


class Elsewhere:
    """An API Gateway at an address of one's own, and credentials that a test gives."""

    def __init__(self, url, credentials=None):
        self.url = url
        self.found = credentials

    async def endpoint(self, service):
        assert service == "apigateway"
        return self.url

    async def credentials(self, principal, *, emulated):
        return self.found


async def perform(answer, aws=None, **parameters):
    async with fake_aws(answer) as fake:
        web, own = Egress(), Egress(read_networks("127.0.0.1"))
        caller = AwsCaller(fake.environment)
        task = ApiGatewayIntegration(web, own, aws(fake.url) if aws else caller)
        base = {"ApiEndpoint": HOST, "Method": "GET"}
        outcome = await task.perform(a_call("apigateway", "invoke", {**base, **parameters}))
        for closing in (web, own, caller):
            await closing.close()
    return (outcome if isinstance(outcome, Failure) else outcome.value), fake.asked


async def test_a_request_and_its_answer():
    outcome, [asked] = await perform(
        (200, {**JSON, "X-A": "1"}, b'{"a":1}'),
        Method="POST",
        Stage="prod",
        Path="/orders/a b",
        QueryParameters={"q": ["1", "a&b"], "empty": []},
        Headers={"X-Q": ["1", "2"]},
        RequestBody={"a": None, "b": [None, {"c": None}], "d": 1},
    )
    assert (outcome["ResponseBody"], outcome["StatusCode"], outcome["StatusText"]) == ({"a": 1}, 200, "OK")
    assert outcome["Headers"]["X-A"] == ["1"]
    assert (asked.method, asked.path) == ("POST", "/prod/orders/a%20b?q=1&q=a%26b&empty=")
    assert (asked.headers["Host"], asked.headers["X-Q"]) == (HOST, "1,2")
    assert json.loads(asked.body) == {"b": [{}], "d": 1}
    assert "Authorization" not in asked.headers


async def test_nulls_may_be_sent_and_text_stays_text():
    _, [asked] = await perform((200, {}, b""), RequestBody={"a": None}, AllowNullValues=True)
    assert asked.body == b'{"a":null}'
    outcome, [asked] = await perform(
        (200, {}, b"no JSON"), RequestBody="text", Headers={"content-type": ["text/plain"]}
    )
    assert (asked.body, asked.headers["Content-Type"]) == (b"text", "text/plain")
    assert outcome["ResponseBody"] == "no JSON"


@pytest.mark.parametrize("auth", ["IAM_ROLE", "RESOURCE_POLICY"])
async def test_a_signed_request(auth):
    _, [asked] = await perform((200, {}, b""), AuthType=auth)
    assert "/eu-west-1/execute-api/aws4_request" in asked.headers["Authorization"]
    assert "host" in asked.headers["Authorization"]


@pytest.mark.parametrize(
    "refusal, failure",
    [
        (Refusal("forbidden", "No role"), Failure("States.TaskFailed", "No role")),
        (Refusal("unreachable", "No STS"), Failure("ApiGateway.SdkClientException", "No STS")),
        (
            None,
            Failure(
                "ApiGateway.SdkClientException", "Unable to load credentials from any of the providers in the chain"
            ),
        ),
    ],
)
async def test_nobody_to_sign_for(refusal, failure):
    aws = lambda url: Elsewhere(url, refusal)  # noqa: E731
    assert await perform((200, {}, b""), aws, AuthType="IAM_ROLE") == (failure, [])


async def test_refusals():
    outcome, _ = await perform((404, JSON, b'{"message":"Not Found"}'))
    assert outcome == Failure("ApiGateway.404", '{"message":"Not Found"}')
    outcome, _ = await perform((302, {"Location": "/"}, b""))
    assert outcome["StatusCode"] == 302


async def test_answers_of_no_use():
    outcome, _ = await perform((200, {}, b"a" * 262_145))
    assert outcome.error == "States.DataLimitExceeded"
    outcome, _ = await perform((200, {"Content-Encoding": "br"}, b"a"))
    assert outcome.error == "States.Runtime"


async def test_a_host_that_workflows_may_not_call():
    nowhere = lambda url: Elsewhere(None)  # noqa: E731
    for host in ("127.0.0.1", "169.254.169.254", "localhost:8131", "10.0.0.1"):
        outcome, asked = await perform((200, {}, b""), nowhere, ApiEndpoint=host)
        assert outcome.error == "ApiGateway.SdkClientException"
        assert outcome.cause.endswith("has no address that may be called from here")
        assert asked == []


@pytest.mark.parametrize(
    "more, text",
    [
        ({"ApiEndpoint": None}, "The field 'ApiEndpoint' is required but was missing"),
        ({"Method": None}, "The field 'Method' is required but was missing"),
        ({"Pth": "/"}, "The field \"Pth\" is not supported by Step Functions. Did you mean 'Path'?"),
        *(
            ({name: value}, f"The value of the field '{name}' has an invalid format")
            for name, values in {
                "ApiEndpoint": ("https://a.b", "a.b/c", "a b", "a@b", "", "-a", "a\n", 1),
                "Method": ("get", "TRACE"),
                "Headers": ({"a": "b"}, ["a"], {"a": ["b\r\nc"]}),
                "QueryParameters": ({"a": "b"},),
                "AuthType": ("MAGIC",),
                "Stage": (1,),
                "Path": ({},),
            }.items()
            for value in values
        ),
        ({"Headers": {"Authorization": ["a"]}}, "The 'Headers' field contains unsupported values: [authorization]"),
    ],
)
async def test_parameters_of_no_use(more, text):
    outcome, asked = await perform((200, {}, b""), **more)
    assert isinstance(outcome, Unstartable)
    assert outcome.cause.endswith(f" could not be used to start the Task: [{text}]")
    assert asked == []
