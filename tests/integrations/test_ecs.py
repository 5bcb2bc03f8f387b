"""ECS tasks that have stopped: which of their containers decide, and how they are shown."""

import json

import pytest

from tests.integrations.test_catalog import JSON, watch


def stopped(**codes):
    containers = [{"name": name, "exitCode": code} for name, code in codes.items()]
    task = {"taskArn": "t", "taskDefinitionArn": "d:7", "lastStatus": "STOPPED", "containers": containers}
    return json.dumps({"tasks": [task]}).encode()


def definition(**essential):
    containers = [{"name": name, **({} if said is None else {"essential": said})} for name, said in essential.items()]
    return json.dumps({"taskDefinition": {"containerDefinitions": containers}}).encode()


@pytest.mark.parametrize(
    "codes, essential, succeeded",
    [
        ({"main": 0, "logs": 137}, {"main": True, "logs": False}, True),
        ({"main": 0, "logs": 137}, {"main": True, "logs": None}, False),  # essential is what is not said to be none
        ({"main": 1, "logs": 0}, {"main": True, "logs": False}, False),
        ({"main": 0, "logs": 137, "proxy": 1}, {"main": True, "logs": False, "proxy": True}, False),
    ],
)
async def test_essential_containers_decide(codes, essential, succeeded):
    outcome, fake, _ = await watch(stopped(**codes), definition(**essential))
    assert (getattr(outcome, "error", None) is None) is succeeded
    assert fake.asked[-1].headers["X-Amz-Target"].endswith(".DescribeTaskDefinition")
    assert json.loads(fake.asked[-1].body) == {"taskDefinition": "d:7"}


@pytest.mark.parametrize("codes", [{"main": 0, "logs": 0}, {"main": 1, "logs": 1}, {}])
async def test_where_all_agree_nothing_is_asked(codes):
    _, fake, _ = await watch(stopped(**codes))
    assert len(fake.asked) == 1


async def test_a_role_that_may_not_ask_has_the_strict_reading():
    denied = (400, JSON, b'{"__type":"AccessDeniedException","message":"no"}')
    outcome, _, _ = await watch(stopped(main=0, logs=1), denied)
    assert outcome.error == "States.TaskFailed"


async def test_a_definition_that_nobody_answers_for_now_is_asked_for_again():
    busy = (400, JSON, b'{"__type":"ThrottlingException","message":"Rate exceeded"}')
    task = stopped(main=0, logs=1)
    outcome, fake, _ = await watch(task, busy, task, busy, task, definition(main=True, logs=False))
    assert outcome.value["LastStatus"] == "STOPPED"
    assert len(fake.asked) == 6


async def test_attachments_of_a_stopped_task():
    attachments = [{"type": "ElasticNetworkInterface", "status": "DELETED"}, {"type": "ServiceConnect"}]
    task = {"taskArn": "t", "lastStatus": "STOPPED", "containers": [{"exitCode": 0}], "attachments": attachments}
    outcome, _, _ = await watch(json.dumps({"tasks": [task]}).encode())
    assert [one["Type"] for one in outcome.value["Attachments"]] == ["eni", "ServiceConnect"]
