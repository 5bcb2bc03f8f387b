"""Aliases: what AWS was recorded to answer."""

from collections import Counter
from typing import Any

import pytest

from tests.operations.conftest import PASS, PREFIX, WAIT, Server

ARN = f"{PREFIX}:stateMachine:m"
LIVE = f"{ARN}:live"


def routes(*weights: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"stateMachineVersionArn": f"{ARN}:{number}", "weight": weight} for number, weight in weights]


@pytest.fixture
async def versions(server: Server) -> Server:
    """A machine with two versions."""
    await server.machine(publish=True)
    await server("UpdateStateMachine", stateMachineArn=ARN, definition=WAIT, publish=True)
    return server


async def make(server: Server, name: str = "live", *weights: tuple[int, int], **more: Any) -> dict[str, Any]:
    routing = routes(*(weights or ((1, 100),)))
    made: dict[str, Any] = await server("CreateStateMachineAlias", name=name, routingConfiguration=routing, **more)
    return made


async def test_described_as_created(versions: Server):
    made = await make(versions, "live", (1, 30), (2, 70), description="what customers get")
    assert made["stateMachineAliasArn"] == LIVE
    described = await versions("DescribeStateMachineAlias", stateMachineAliasArn=LIVE)
    assert described == {
        "stateMachineAliasArn": LIVE,
        "name": "live",
        "description": "what customers get",
        "routingConfiguration": routes((1, 30), (2, 70)),
        "creationDate": made["creationDate"],
    }


async def test_creation_is_idempotent(versions: Server):
    first = await make(versions)
    assert await make(versions) == first
    conflict = (
        "ConflictException",
        "Failed to create alias because an alias with the same name and a different routing configuration already "
        "exists.",
    )
    for more in ({"routingConfiguration": routes((2, 100))}, {"description": "x"}):
        members = {"name": "live", "routingConfiguration": routes((1, 100)), **more}
        assert await versions.refusal("CreateStateMachineAlias", **members) == conflict


WRONG = "Routing configuration must contain"
REFUSED = [
    (routes((1, 70), (2, 29)), "Sum of routing configuration weights must equal 100. Received: [70, 29]"),
    (
        [{"stateMachineVersionArn": ARN, "weight": 100}],
        f"{WRONG} state machine version ARNs. Received: [{ARN}]",
    ),
    (
        routes((1, 50), (1, 50)),
        f"{WRONG} distinct state machine version ARNs. Received: [{ARN}:1, {ARN}:1]",
    ),
    (
        [*routes((1, 50)), {"stateMachineVersionArn": f"{PREFIX}:stateMachine:n:1", "weight": 50}],
        f"{WRONG} state machine version ARNs for the same state machine. Received: "
        f"[{ARN}:1, {PREFIX}:stateMachine:n:1]",
    ),
]


@pytest.mark.parametrize("routing, text", REFUSED)
async def test_routes_that_do_not_hold_together(versions: Server, routing: Any, text: str):
    told = ("ValidationException", text)
    assert await versions.refusal("CreateStateMachineAlias", name="live", routingConfiguration=routing) == told
    await make(versions)
    members = {"stateMachineAliasArn": LIVE, "routingConfiguration": routing}
    assert await versions.refusal("UpdateStateMachineAlias", **members) == told


async def test_routes_to_nowhere(versions: Server):
    missing = ("ResourceNotFound", "Request references a resource that does not exist.")
    for number in (0, 1):
        routing = routes((7 - number, 100))
        assert await versions.refusal("CreateStateMachineAlias", name="live", routingConfiguration=routing) == missing


async def test_an_update_changes_what_is_given(versions: Server):
    await make(versions, description="one")
    nothing = await versions.refusal("UpdateStateMachineAlias", stateMachineAliasArn=LIVE)
    assert nothing == ("ValidationException", "Either description or routing configuration must be specified")
    routing = routes((2, 100))
    changed = await versions("UpdateStateMachineAlias", stateMachineAliasArn=LIVE, routingConfiguration=routing)
    described = await versions("DescribeStateMachineAlias", stateMachineAliasArn=LIVE)
    assert (described["description"], described["routingConfiguration"]) == ("one", routing)
    assert described["updateDate"] == changed["updateDate"]


async def test_unknown_aliases(versions: Server):
    unknown = await versions.refusal("UpdateStateMachineAlias", stateMachineAliasArn=LIVE, description="x")
    assert unknown == ("ResourceNotFound", "Request references a resource that does not exist.")
    unknown = await versions.refusal("DescribeStateMachineAlias", stateMachineAliasArn=LIVE)
    assert unknown == ("ResourceNotFound", f"Resource not found: '{LIVE}'")
    assert await versions("DeleteStateMachineAlias", stateMachineAliasArn=LIVE) == {}
    code, _ = await versions.refusal("StartExecution", stateMachineArn=LIVE)
    assert code == "StateMachineDoesNotExist"


async def test_a_version_in_use_is_not_deleted(versions: Server):
    await make(versions, "a")
    await make(versions, "b", (2, 50), (1, 50))
    assert await versions.refusal("DeleteStateMachineVersion", stateMachineVersionArn=f"{ARN}:1") == (
        "ConflictException",
        "Version to be deleted must not be referenced by an alias. "
        "Current list of aliases referencing this version: [a, b]",
    )


async def test_executions_remember_alias_and_version(versions: Server):
    await make(versions)
    execution = await versions.start(LIVE)
    described = await versions.closed(execution)
    arns = {"stateMachineArn": ARN, "stateMachineVersionArn": f"{ARN}:1", "stateMachineAliasArn": LIVE}
    assert arns.items() <= described.items()
    events = (await versions("GetExecutionHistory", executionArn=execution))["events"]
    started = events[0]["executionStartedEventDetails"]
    assert started["stateMachineAliasArn"] == LIVE
    assert started["stateMachineVersionArn"] == f"{ARN}:1"
    await versions.start(f"{ARN}:1")
    listed = (await versions("ListExecutions", stateMachineArn=LIVE))["executions"]
    assert [line["executionArn"] for line in listed] == [execution]
    assert arns.items() <= listed[0].items()


async def test_starts_are_shared_out_by_weight(versions: Server):
    await make(versions, "live", (1, 90), (2, 10))
    await versions("UpdateStateMachineAlias", stateMachineAliasArn=LIVE, routingConfiguration=routes((1, 75), (2, 25)))
    for _ in range(200):
        await versions.start(LIVE)
    lines = (await versions("ListExecutions", stateMachineArn=LIVE, maxResults=1000))["executions"]
    share = Counter(line["stateMachineVersionArn"] for line in lines)
    assert 20 <= share[f"{ARN}:2"] <= 85


async def test_a_weight_of_nothing_is_never_chosen(versions: Server):
    await make(versions, "live", (1, 0), (2, 100))
    for _ in range(20):
        execution = await versions.start(LIVE)
        described = await versions("DescribeExecution", executionArn=execution)
        assert described["stateMachineVersionArn"] == f"{ARN}:2"


async def test_aliases_are_listed_in_pages(versions: Server):
    for name in ("z", "a", "m"):
        await make(versions, name)
    await make(versions, "other", (2, 100))
    seen, more = [], {}
    while True:
        page = await versions("ListStateMachineAliases", stateMachineArn=f"{ARN}:1", maxResults=2, **more)
        seen += [line["stateMachineAliasArn"].removeprefix(f"{ARN}:") for line in page["stateMachineAliases"]]
        if "nextToken" not in page:
            break
        more = {"nextToken": page["nextToken"]}
    assert sorted(seen) == ["a", "m", "z"]
    assert len((await versions("ListStateMachineAliases", stateMachineArn=ARN))["stateMachineAliases"]) == 4
    bad = await versions.refusal("ListStateMachineAliases", stateMachineArn=ARN, nextToken="x")
    assert bad == ("InvalidToken", "Invalid Token: 'Invalid token'")


async def test_an_alias_shows_the_version_it_leads_to(versions: Server):
    await make(versions)
    described = await versions("DescribeStateMachine", stateMachineArn=LIVE)
    assert (described["stateMachineArn"], described["definition"]) == (f"{ARN}:1", PASS)


async def test_there_may_be_so_many_aliases(make_server: Any):
    server = await make_server(aliases_max=1)
    await server.machine(publish=True)
    await make(server)
    assert await make(server)  # the same again
    code, _ = await server.refusal("CreateStateMachineAlias", name="b", routingConfiguration=routes((1, 100)))
    assert code == "ServiceQuotaExceededException"
