"""Versions: what AWS was recorded to answer."""

import json

from tests.operations.conftest import FAIL, PASS, PREFIX, ROLE, WAIT, Server

ARN = f"{PREFIX}:stateMachine:m"
TAKEN = "State Machine Already Exists: This state machine was already created with a published version"


async def published(server: Server, **members: str) -> str:
    return str((await server("PublishStateMachineVersion", stateMachineArn=ARN, **members))["stateMachineVersionArn"])


async def numbers(server: Server) -> list[str]:
    listed = (await server("ListStateMachineVersions", stateMachineArn=ARN))["stateMachineVersions"]
    return [line["stateMachineVersionArn"].removeprefix(f"{ARN}:") for line in listed]


async def test_creation_with_publish_makes_version_1(server: Server):
    made = await server("CreateStateMachine", name="m", definition=PASS, roleArn=ROLE, publish=True)
    assert made["stateMachineVersionArn"] == f"{ARN}:1"
    assert await numbers(server) == ["1"]


async def test_a_description_needs_publish(server: Server):
    told = ("ValidationException", "Version description can only be set when publish is true")
    members = {"definition": PASS, "roleArn": ROLE, "versionDescription": "x"}
    assert await server.refusal("CreateStateMachine", name="m", **members) == told
    await server.machine()
    assert await server.refusal("UpdateStateMachine", stateMachineArn=ARN, **members) == told
    code, _ = await server.refusal("UpdateStateMachine", stateMachineArn=ARN, versionDescription="x")
    assert code == "MissingRequiredParameter"  # it counts as nothing given


async def test_creation_again_with_versions(server: Server):
    members = {"name": "m", "definition": PASS, "roleArn": ROLE}
    first = await server("CreateStateMachine", **members, publish=True, versionDescription="one")
    again = await server("CreateStateMachine", **members, publish=True, versionDescription="one")
    assert again == first
    code = "StateMachineAlreadyExists"
    assert await server.refusal("CreateStateMachine", **members) == (code, f"{TAKEN}.")
    other = await server.refusal("CreateStateMachine", **members, publish=True, versionDescription="two")
    assert other == (code, f"{TAKEN} using a different description.")
    assert (await server.refusal("CreateStateMachine", **members, publish=True)) == other
    changed = {**members, "definition": WAIT}
    assert await server.refusal("CreateStateMachine", **changed, publish=True) == (
        code,
        f"State Machine Already Exists: '{ARN}'",
    )
    await server("UpdateStateMachine", stateMachineArn=ARN, definition=WAIT, publish=True)
    late = await server("CreateStateMachine", **changed, publish=True, versionDescription="one")
    assert late == first  # version 1, though its definition is another one (recorded)


async def test_an_update_with_publish(server: Server):
    await server.machine()
    same = await server("UpdateStateMachine", stateMachineArn=ARN, definition=PASS, publish=True)
    assert same["stateMachineVersionArn"] == f"{ARN}:1"
    assert "revisionId" not in same
    new = await server(
        "UpdateStateMachine", stateMachineArn=ARN, definition=WAIT, publish=True, versionDescription="two"
    )
    assert new["stateMachineVersionArn"] == f"{ARN}:2"
    described = await server("DescribeStateMachine", stateMachineArn=f"{ARN}:2")
    assert (described["definition"], described["description"]) == (WAIT, "two")
    assert described["revisionId"] == new["revisionId"]


async def test_publishing_is_idempotent(server: Server):
    await server.machine()
    first = await server("PublishStateMachineVersion", stateMachineArn=ARN, description="one")
    again = await server("PublishStateMachineVersion", stateMachineArn=ARN, description="other")
    assert again == first
    described = await server("DescribeStateMachine", stateMachineArn=f"{ARN}:1")
    assert described["stateMachineArn"] == f"{ARN}:1"
    assert described["description"] == "one"
    assert "revisionId" not in described
    assert "description" not in await server("DescribeStateMachine", stateMachineArn=ARN)


async def test_publishing_another_revision_is_a_conflict(server: Server):
    await server.machine()
    assert await published(server, revisionId="INITIAL") == f"{ARN}:1"
    revision = (await server("UpdateStateMachine", stateMachineArn=ARN, definition=WAIT))["revisionId"]
    text = (
        "Failed to publish the State Machine version for revision INITIAL. "
        f"The current State Machine revision is {revision}."
    )
    refusal = await server.refusal("PublishStateMachineVersion", stateMachineArn=ARN, revisionId="INITIAL")
    assert refusal == ("ConflictException", text)
    assert await published(server, revisionId=revision) == f"{ARN}:2"


async def test_numbers_are_not_used_again(server: Server):
    await server.machine()
    await published(server)
    await server("UpdateStateMachine", stateMachineArn=ARN, definition=WAIT, publish=True)
    assert await numbers(server) == ["2", "1"]
    assert await server("DeleteStateMachineVersion", stateMachineVersionArn=f"{ARN}:2") == {}
    assert await server("DeleteStateMachineVersion", stateMachineVersionArn=f"{ARN}:2") == {}
    assert await numbers(server) == ["1"]
    assert await published(server) == f"{ARN}:3"


async def test_unknown_things(server: Server):
    told = ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ARN}'")
    assert await server.refusal("PublishStateMachineVersion", stateMachineArn=ARN) == told
    assert await numbers(server) == []
    await server.machine()
    for operation in ("DescribeStateMachine", "StartExecution"):
        assert await server.refusal(operation, stateMachineArn=f"{ARN}:1") == (
            "StateMachineDoesNotExist",
            f"State Machine Version Does Not Exist: '{ARN}:1'",
        )


async def test_a_version_keeps_its_definition(server: Server):
    await server.machine()
    await published(server)
    await server("UpdateStateMachine", stateMachineArn=ARN, definition=FAIL)
    old, new = await server.start(f"{ARN}:1"), await server.start(ARN)
    assert ((await server.closed(old))["status"], (await server.closed(new))["status"]) == ("SUCCEEDED", "FAILED")
    described = await server("DescribeExecution", executionArn=old)
    assert described["stateMachineArn"] == ARN
    assert described["stateMachineVersionArn"] == f"{ARN}:1"
    assert "stateMachineAliasArn" not in described
    started = (await server("GetExecutionHistory", executionArn=old))["events"][0]["executionStartedEventDetails"]
    assert started["stateMachineVersionArn"] == f"{ARN}:1"
    await server("DeleteStateMachineVersion", stateMachineVersionArn=f"{ARN}:1")
    form = await server("DescribeStateMachineForExecution", executionArn=old)
    assert (form["stateMachineArn"], json.loads(form["definition"])) == (ARN, json.loads(PASS))


async def test_executions_of_a_version_are_listed(server: Server):
    await server.machine()
    await published(server)
    by_version, _ = await server.start(f"{ARN}:1"), await server.start(ARN)
    listed = (await server("ListExecutions", stateMachineArn=f"{ARN}:1"))["executions"]
    assert [(line["executionArn"], line["stateMachineVersionArn"]) for line in listed] == [(by_version, f"{ARN}:1")]
    assert len((await server("ListExecutions", stateMachineArn=ARN))["executions"]) == 2


async def test_pages_of_versions(make_server):
    server: Server = await make_server(versions_max=3)
    await server.machine()
    for wait in (1, 2, 3):
        definition = WAIT.replace("3600", str(wait))
        await server("UpdateStateMachine", stateMachineArn=ARN, definition=definition, publish=True)
    seen, more = [], {}
    while True:
        page = await server("ListStateMachineVersions", stateMachineArn=ARN, maxResults=1, **more)
        seen += [line["stateMachineVersionArn"][-1] for line in page["stateMachineVersions"]]
        if "nextToken" not in page:
            break
        more = {"nextToken": page["nextToken"]}
    assert seen == ["3", "2", "1"]
    assert await published(server) == f"{ARN}:3"
    code, _ = await server.refusal("UpdateStateMachine", stateMachineArn=ARN, definition=PASS, publish=True)
    assert code == "ServiceQuotaExceededException"


async def test_versions_go_with_their_machine(server: Server):
    await server.machine()
    await published(server)
    await server("DeleteStateMachine", stateMachineArn=ARN)
    await server.machine()
    assert await numbers(server) == []
    assert await published(server) == f"{ARN}:1"
