"""Connections that EventBridge keeps: a description there, its secret in Secrets Manager."""

import json

import pytest

from stepwell.engine.failure import Failure
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.http.connection import Additions, Connection, OAuth
from stepwell.integrations.http.eventbridge import EventBridgeConnections, connection_of
from tests.integrations.fake_aws import fake_aws
from tests.integrations.fakes import ACCOUNT, a_call

ARN = f"arn:aws:events:us-east-1:{ACCOUNT}:connection/shop/1"
JSON = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "id-1"}
BASIC = {"username": "ada", "password": "pw"}


def description(kind="BASIC", state="AUTHORIZED", **parameters):
    members = {"ConnectionState": state, "AuthorizationType": kind, "SecretArn": "arn:secret"}
    return (200, JSON, json.dumps({**members, "AuthParameters": parameters}).encode())


def secret(value):
    return (200, JSON, json.dumps({"SecretString": value if isinstance(value, str) else json.dumps(value)}).encode())


def refusal(code):
    return (400, JSON, json.dumps({"__type": code, "message": "no"}).encode())


async def find(*answers, times=1, calls=None):
    async with fake_aws(*answers) as fake:
        caller = AwsCaller(fake.environment)
        connections = EventBridgeConnections(caller)
        found = [await connections.find(ARN, call) for call in calls or [a_call("http", "invoke", {})] * times]
        await caller.close()
    return found[-1], fake.asked


async def test_a_description_and_its_secret():
    found, asked = await find(description(), secret(BASIC))
    assert found == Connection(Additions({"Authorization": "Basic YWRhOnB3"}))
    assert [one.headers["X-Amz-Target"] for one in asked] == [
        "AWSEvents.DescribeConnection",
        "secretsmanager.GetSecretValue",
    ]
    assert json.loads(asked[0].body) == {"Name": "shop"}
    assert json.loads(asked[1].body) == {"SecretId": "arn:secret"}


async def test_a_busy_connection_is_asked_for_once():
    _, asked = await find(description(), secret(BASIC), times=5)
    assert len(asked) == 2


async def test_accounts_share_no_connection():
    from msgspec.structs import replace

    one = a_call("http", "invoke", {})
    calls = [one, replace(one, account="999999999999")]
    _, asked = await find(description(), secret(BASIC), description(), secret(BASIC), calls=calls)
    assert len(asked) == 4


@pytest.mark.parametrize(
    "answers, error",
    [
        ([refusal("ResourceNotFoundException")], "NotFound"),
        ([refusal("AccessDeniedException")], "AccessDenied"),
        ([refusal("InternalException")], "InvalidConnectionState"),
        ([description(state="DEAUTHORIZED")], "InvalidConnectionState"),
        ([description(), refusal("AccessDeniedException")], "AccessDenied"),
        ([description(), secret("no JSON")], "InvalidSecretArn"),
        ([description(), secret({"username": "ada"})], "InvalidSecretArn"),
        ([description(), (200, JSON, b"{}")], "InvalidSecretArn"),
        ([description("MAGIC"), secret(BASIC)], "InvalidSecretArn"),
    ],
)
async def test_a_connection_of_no_use(answers, error):
    found, _ = await find(*answers)
    assert isinstance(found, Failure)
    assert found.error == f"Events.ConnectionResource.{error}"


async def test_texts_of_missing_rights():
    found, _ = await find(refusal("AccessDeniedException"))
    assert found.cause == "No permissions to call RetrieveConnectionCredentials on the connection resource."
    found, _ = await find(description(), refusal("AccessDeniedException"))
    assert found.cause == (
        "No permissions to call DescribeSecret and/or GetSecretValue on the secret associated with the connection "
        "resource."
    )


@pytest.mark.parametrize(
    "members",
    [
        {"api_key_name": "x-key", "api_key_value": "v"},
        {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "v"}},
        {"api_key_auth_parameters": {"api_key_name": "x-key", "api_key_value": "v"}},
    ],
)
def test_spellings_of_a_secret(members):
    assert connection_of({"AuthorizationType": "API_KEY"}, members).additions.headers == {"x-key": "v"}


def test_what_else_goes_along():
    parameters = {
        "invocation_http_parameters": {
            "header_parameters": [{"key": "X-A", "value": "1", "is_value_secret": True}],
            "query_string_parameters": [{"Key": "q", "Value": "2"}],
            "body_parameters": [{"key": "b", "value": "3"}, {"key": "none"}],
        }
    }
    found = connection_of({"AuthorizationType": "BASIC"}, {**BASIC, **parameters})
    assert found.additions.query == {"q": "2"}
    assert found.additions.body == {"b": "3"}
    assert found.additions.headers == {"X-A": "1", "Authorization": "Basic YWRhOnB3"}


def test_what_the_description_shows_goes_along_too():
    shown = {"InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-A", "Value": "1"}]}}
    found = connection_of({"AuthorizationType": "BASIC", "AuthParameters": shown}, BASIC)
    assert found.additions.headers["X-A"] == "1"


def test_client_credentials():
    shown = {
        "OAuthParameters": {
            "AuthorizationEndpoint": "https://login.example/",
            "HttpMethod": "PUT",
            "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "pay"}]},
        }
    }
    members = {"client_id": "me", "client_secret": "hush"}
    described = {"AuthorizationType": "OAUTH_CLIENT_CREDENTIALS", "AuthParameters": shown}
    asked = Additions(body={"scope": "pay"})
    assert connection_of(described, members).oauth == OAuth("https://login.example/", "PUT", "me", "hush", asked)
    more = {"authorization_endpoint": "https://other.example/", "http_method": "GET"}
    assert connection_of(described, {**members, **more}).oauth == OAuth(
        "https://other.example/", "GET", "me", "hush", asked
    )
