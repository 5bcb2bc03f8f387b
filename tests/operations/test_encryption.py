"""Keys of one's own against a key service: what is stored of a key, and what is answered where it cannot be used."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from stepwell.errors import ApiError
from stepwell.integrations.aws_keys import AwsKeys
from tests.integrations.fake_aws import FakeAws, fake_aws
from tests.operations.conftest import PASS, ROLE, Server

ARN = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
GIVEN = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/mine"}
STORED = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": ARN, "kmsDataKeyReusePeriodSeconds": 300}
JSON = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "r"}


def key(state: str = "Enabled", spec: str = "SYMMETRIC_DEFAULT") -> tuple[int, dict[str, str], bytes]:
    metadata = {"KeyId": ARN.rpartition("/")[2], "Arn": ARN, "KeyState": state, "KeySpec": spec}
    return 200, JSON, json.dumps({"KeyMetadata": metadata}).encode()


def refused(code: str, status: int = 400) -> tuple[int, dict[str, str], bytes]:
    return status, JSON, json.dumps({"__type": code, "message": "no"}).encode()


@pytest.fixture
async def service(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeAws]:
    """The server has a key service; its answers are the test's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    async with fake_aws(key()) as fake:
        keys = server.service.keys = AwsKeys(fake.url)
        yield fake
        await keys.close()


async def create(server: Server, **members: Any) -> Any:
    return await server(
        "CreateStateMachine", name="m", definition=PASS, roleArn=ROLE, encryptionConfiguration=GIVEN, **members
    )


async def test_a_key_is_stored_by_its_arn(server: Server, service: FakeAws):
    machine = (await create(server))["stateMachineArn"]
    assert (await server("DescribeStateMachine", stateMachineArn=machine))["encryptionConfiguration"] == STORED
    assert json.loads(service.asked[0].body) == {"KeyId": "alias/mine"}
    assert service.asked[0].headers["X-Amz-Target"] == "TrentService.DescribeKey"
    again = {**GIVEN, "kmsKeyId": ARN}
    await server("CreateStateMachine", name="m", definition=PASS, roleArn=ROLE, encryptionConfiguration=again)
    activity = (await server("CreateActivity", name="a", encryptionConfiguration=GIVEN))["activityArn"]
    assert (await server("DescribeActivity", activityArn=activity))["encryptionConfiguration"] == STORED


async def test_an_update_looks_the_key_up(server: Server, service: FakeAws):
    machine = await server.machine()
    await server("UpdateStateMachine", stateMachineArn=machine, roleArn=ROLE, encryptionConfiguration=GIVEN)
    assert (await server("DescribeStateMachine", stateMachineArn=machine))["encryptionConfiguration"] == STORED
    service.answers = [key("Disabled")]
    update = {"stateMachineArn": machine, "roleArn": ROLE, "encryptionConfiguration": GIVEN}
    assert (await server.refusal("UpdateStateMachine", **update))[0] == "KmsInvalidStateException"


@pytest.mark.parametrize(
    "answer, code, message",
    [
        (key(spec="RSA_2048"), "InvalidEncryptionConfiguration", "kmsKeyId must use SYMMETRIC_DEFAULT key spec"),
        (
            refused("NotFoundException"),
            "InvalidEncryptionConfiguration",
            r"no \(Service: Kms, Status Code: 400, Request ID: r\) \(SDK Attempt Count: 1\)",
        ),
        (refused("InvalidArnException"), "InvalidEncryptionConfiguration", "no .*"),
        (refused("AccessDeniedException"), "KmsAccessDeniedException", "no .*"),
        (refused("ThrottlingException"), "KmsThrottlingException", "no .*"),
        (refused("KMSInternalException", 500), "KmsThrottlingException", "no .*"),
        (refused("DisabledException"), "KmsInvalidStateException", "no .*"),
    ],
)
async def test_keys_that_cannot_be_used(server: Server, service: FakeAws, answer: Any, code: str, message: str):
    service.answers = [answer]
    for operation, members in (
        ("CreateStateMachine", {"name": "m", "definition": PASS, "roleArn": ROLE}),
        ("CreateActivity", {"name": "a"}),
    ):
        told = await server.refusal(operation, encryptionConfiguration=GIVEN, **members)
        assert told[0] == code
        assert re.fullmatch(message, told[1])
    assert await server("ListStateMachines") == {"stateMachines": []}


@pytest.mark.parametrize(
    "state, name, words",
    [
        ("Disabled", "DISABLED", "is disabled."),
        ("PendingDeletion", "PENDING_DELETION", "is pending deletion."),
        ("PendingImport", "PENDING_IMPORT", "is pending import."),
        ("Unavailable", "UNAVAILABLE", "is unavailable."),
        ("Creating", "CREATING", "is creating."),
    ],
)
async def test_the_state_of_a_key_is_told(server: Server, service: FakeAws, state: str, name: str, words: str):
    service.answers = [key(state)]
    with pytest.raises(ApiError) as told:
        await create(server)
    assert (told.value.code, told.value.message) == ("KmsInvalidStateException", f"{ARN} {words}")
    assert told.value.members == {"kmsKeyState": name}


async def test_a_key_service_that_nobody_reaches_is_believed(server: Server):
    keys = server.service.keys = AwsKeys("http://127.0.0.1:9")
    machine = (await create(server))["stateMachineArn"]
    found = (await server("DescribeStateMachine", stateMachineArn=machine))["encryptionConfiguration"]
    assert found["kmsKeyId"] == "alias/mine"
    await keys.close()


async def test_aws_keys_are_not_looked_up(server: Server, service: FakeAws):
    await server.machine(encryptionConfiguration={"type": "AWS_OWNED_KEY"})
    assert service.asked == []
