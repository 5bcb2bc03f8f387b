"""In whose name AWS is called: the server's, a machine's role's, a task's."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from stepwell.integrations import aws_roles
from stepwell.integrations.aws_answer import Answer, Refusal
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_roles import Principal
from tests.integrations.fake_aws import fake_aws

ACCOUNT = "123456789012"
MACHINE, TASK = f"arn:aws:iam::{ACCOUNT}:role/machine", "arn:aws:iam::999999999999:role/task"
BOTH = Principal("eu-west-1", ACCOUNT, MACHINE, TASK)
JSON = {"Content-Type": "application/x-amz-json-1.0"}
XML = {"Content-Type": "text/xml"}
DENIED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"""


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class Sts:
    """STS and DynamoDB at one address: gives sessions named after their roles, for as long as a test says."""

    def __init__(self, life_s=3600, denied=()):
        self.life_s = life_s
        self.denied = denied
        self.assumed = []

    def __call__(self, asked):
        if "X-Amz-Target" in asked.headers:
            return 200, JSON, b"{}"
        form = parse_qs(asked.body.decode())
        role = form["RoleArn"][0]
        self.assumed.append((key_of(asked), role, form["RoleSessionName"][0]))
        if role in self.denied:
            return 403, XML, DENIED
        until = (datetime.now(UTC) + timedelta(seconds=self.life_s)).isoformat()
        name = role.rpartition("/")[2]
        return (
            200,
            XML,
            f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
            <AccessKeyId>ASIA-{name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t-{name}</SessionToken>
            <Expiration>{until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>""".encode(),
        )


def key_of(asked):
    return re.search(r"Credential=([^/]+)/", asked.headers["Authorization"])[1]


async def call(sts, principals, *, assume, together=False):
    async with fake_aws(sts) as fake:
        caller = AwsCaller(fake.environment, assume=assume)
        calls = [caller.call("dynamodb", "ListTables", {}, principal=principal) for principal in principals]
        answers = list(await asyncio.gather(*calls)) if together else [await one for one in calls]
        await caller.close()
    return answers, [asked for asked in fake.asked if "X-Amz-Target" in asked.headers]


async def test_the_machines_role_assumes_that_of_the_task():
    sts = Sts()
    [answer], [asked] = await call(sts, [BOTH], assume=True)
    assert isinstance(answer, Answer)
    assert (key_of(asked), asked.headers["X-Amz-Security-Token"]) == ("ASIA-task", "t-task")
    assert [(by, role) for by, role, _ in sts.assumed] == [(ACCOUNT, MACHINE), ("ASIA-machine", TASK)]
    assert all(re.fullmatch(r"[A-Za-z]{32}", name) for _, _, name in sts.assumed)


async def test_a_session_is_made_once_for_all():
    sts = Sts()
    machine = Principal("eu-west-1", ACCOUNT, MACHINE)
    answers, _ = await call(sts, [machine, BOTH] * 10, assume=True, together=True)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert sorted(role for _, role, _ in sts.assumed) == [MACHINE, TASK]


async def test_accounts_share_no_session():
    sts = Sts()
    await call(sts, [Principal("eu-west-1", account, MACHINE) for account in (ACCOUNT, "888888888888")], assume=True)
    assert [by for by, _, _ in sts.assumed] == [ACCOUNT, "888888888888"]


async def test_a_session_that_ends_soon_is_not_used_again():
    sts = Sts(life_s=59)
    await call(sts, [Principal("eu-west-1", ACCOUNT, MACHINE)] * 2, assume=True)
    assert len(sts.assumed) == 2


@pytest.mark.parametrize(
    "denied, text",
    [
        (
            MACHINE,
            f"The principal states.amazonaws.com is not authorized to assume the provided role. (role: {MACHINE})",
        ),
        (TASK, f"The role {MACHINE} is not authorized to assume the task state's role, {TASK}."),
    ],
)
async def test_a_role_that_may_not_be_assumed(denied, text):
    answers, asked = await call(Sts(denied=[denied]), [BOTH], assume=True)
    assert answers == [Refusal("forbidden", text)]
    assert asked == []


async def test_a_refusal_is_not_kept():
    sts = Sts(denied=[MACHINE])
    await call(sts, [BOTH, BOTH], assume=True)
    assert len(sts.assumed) == 2


async def test_sts_that_does_not_answer():
    caller = AwsCaller({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, assume=True)
    answer = await caller.call("dynamodb", "ListTables", {}, principal=BOTH)
    await caller.close()
    assert isinstance(answer, Refusal) and answer.kind == "unreachable"


@pytest.mark.parametrize(
    "principal, key",
    [
        (Principal("eu-west-1", ACCOUNT, MACHINE), ACCOUNT),
        (BOTH, "999999999999"),
        (Principal("eu-west-1", ACCOUNT, MACHINE, "no role"), ACCOUNT),
    ],
)
async def test_an_endpoint_of_ones_own_is_told_the_account_and_needs_no_sts(principal, key):
    sts = Sts()
    _, [asked] = await call(sts, [principal], assume=False)
    assert (key_of(asked), sts.assumed) == (key, [])


async def test_the_server_itself_assumes_the_tasks_role_at_aws(monkeypatch):
    """What would be asked of AWS is asked of a fake one, by the credentials that the server has."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA-server")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    async with fake_aws(Sts()) as fake:
        caller = AwsCaller(fake.environment)
        own = await caller.credentials(Principal("eu-west-1", ACCOUNT, MACHINE), emulated=False)
        task = await caller.credentials(BOTH, emulated=False)
        await caller.close()
    assert (own.access_key, task.access_key) == ("AKIA-server", "ASIA-task")
    assert [key_of(asked) for asked in fake.asked] == ["AKIA-server"]


async def test_sessions_are_bounded(monkeypatch):
    monkeypatch.setattr(aws_roles, "_SESSIONS_MAX", 2)
    sts = Sts()
    roles = [f"arn:aws:iam::{ACCOUNT}:role/{n}" for n in (1, 2, 3, 1)]
    await call(sts, [Principal("eu-west-1", ACCOUNT, role) for role in roles], assume=True)
    assert [role for _, role, _ in sts.assumed] == roles
