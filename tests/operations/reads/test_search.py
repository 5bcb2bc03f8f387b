"""The list of executions: what it finds, in which order, how far, and what its pages are."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from stepwell.operations.reads import search
from tests.operations.conftest import FAIL, PASS, PREFIX, WAIT, Server
from tests.operations.reads.reading import CALLER, read, refused
from tests.operations.test_map_runs import MIXED, definition, settled, started


async def names(server: Server, query: str = "", **members: Any) -> list[str]:
    return [row["name"] for row in (await read(server, "SearchExecutions", query=query, **members))["rows"]]


@pytest.fixture
async def shop(server: Server) -> Server:
    """Executions of three machines: some that ended, one that waits."""
    good, bad = await server.machine("good"), await server.machine("bad", FAIL)
    slow = await server.machine("slow", WAIT, tags=[{"key": "team", "value": "pay"}])
    await server.closed(await server.start(good, name="g1", input='{"order": {"id": 7}, "who": "Ann"}'))
    await server.closed(await server.start(good, name="g2", input='{"order": {"id": 8}}'))
    await server.closed(await server.start(bad, name="b1", input='"x"'))
    await server.start(slow, name="s1")
    return server


@pytest.mark.parametrize(
    "query, wanted",
    [
        ("", {"g1", "g2", "b1", "s1"}),
        ("status=RUNNING", {"s1"}),
        ("status=RUNNING,FAILED", {"s1", "b1"}),
        ("status!=SUCCEEDED", {"s1", "b1"}),
        ("status=FAILED status=RUNNING", set()),
        ("name^g", {"g1", "g2"}),
        ("machine=good,bad", {"g1", "g2", "b1"}),
        ("tag.team=pay", {"s1"}),
        ("tag.team!=pay", {"g1", "g2", "b1"}),
        ("error=E", {"b1"}),
        ("cause:c", {"b1"}),
        ("state=W", {"s1"}),
        ("input.$.order.id=7", {"g1"}),
        ("input.order.id>7", {"g2"}),
        ("input.order.id!=7", {"g2", "b1", "s1"}),
        ("output:ann", {"g1"}),
        ("ann", {"g1"}),
        ("started>-1h duration<1h", {"g1", "g2", "b1"}),
        ("started>=2999-01-01", set()),
        ("stopped<2000-01-01", set()),
        ("redrives=0 status=FAILED", {"b1"}),
        ("version>0", set()),
    ],
)
async def test_queries(shop: Server, query: str, wanted: set[str]) -> None:
    assert set(await names(shop, query)) == wanted


async def test_a_row_tells_what_a_list_shows(shop: Server) -> None:
    (row,) = (await read(shop, "SearchExecutions", query="status=FAILED"))["rows"]
    assert row["arn"] == f"{PREFIX}:execution:bad:b1"
    assert (row["machineArn"], row["machineName"]) == (f"{PREFIX}:stateMachine:bad", "bad")
    assert (row["type"], row["error"], row["state"], row["mapRunArn"]) == ("STANDARD", "E", None, None)
    assert row["stoppedMs"] >= row["startedMs"]
    (row,) = (await read(shop, "SearchExecutions", query="status=RUNNING"))["rows"]
    assert (row["state"], row["stoppedMs"], row["error"]) == ("W", None, None)


async def test_pages_go_on_where_the_last_one_ended(server: Server) -> None:
    machines = [await server.machine(f"m{n}") for n in range(3)]
    started_names = [f"e{n}" for n in range(12)]
    for number, name in enumerate(started_names):
        await server.closed(await server.start(machines[number % 3], name=name))
    found: list[str] = []
    cursor = None
    while True:
        page = await read(server, "SearchExecutions", limit=5, cursor=cursor)
        assert page["total"] == (12 if cursor is None else None)
        found += [row["name"] for row in page["rows"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert sorted(found) == sorted(started_names) and len(found) == 12
    assert (await refused(server, "SearchExecutions", query="name:x", cursor="x"))[0] == "InvalidToken"


async def test_counting_stops_somewhere(shop: Server) -> None:
    page = await read(shop, "SearchExecutions", limit=1, count_to=2)
    assert (page["total"], page["totalIsMore"], len(page["rows"])) == (2, True, 1)


async def test_a_search_that_looks_into_executions_has_a_budget(shop: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LOOKED_INTO_MAX", 2)
    found: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        page = await read(shop, "SearchExecutions", query="ann", cursor=cursor)
        found += [row["name"] for row in page["rows"]]
        assert page["total"] is None
        assert (page["searchedBackToMs"] is None) == (page["cursor"] is None)
        cursor, pages = page["cursor"], pages + 1
    assert found == ["g1"] and pages >= 2


async def test_one_machine_a_version_and_an_alias(server: Server) -> None:
    machine = await server.machine("m", PASS, publish=True)
    await server(
        "CreateStateMachineAlias",
        name="live",
        routingConfiguration=[{"stateMachineVersionArn": f"{machine}:1", "weight": 100}],
    )
    await server.machine("other")
    for arn, name in ((machine, "plain"), (f"{machine}:1", "first"), (f"{machine}:live", "aliased")):
        await server.closed(await server.start(arn, name=name))
    await server.start(f"{PREFIX}:stateMachine:other", name="o")
    assert set(await names(server, machine=machine)) == {"plain", "first", "aliased"}
    assert set(await names(server, machine=f"{machine}:1")) == {"first", "aliased"}
    assert await names(server, machine=f"{machine}:live") == ["aliased"]
    assert set(await names(server, "version=1", machine=machine)) == {"first", "aliased"}
    assert await names(server, "alias=LIVE", machine=machine) == ["aliased"]


@pytest.mark.parametrize("kind", ["STANDARD"])
async def test_children_of_a_map_run(server: Server, kind: str) -> None:
    arn, run = await started(server, definition(kind, MIXED, ToleratedFailurePercentage=100), [0, 1, 2])
    assert await settled(server, arn) == "SUCCEEDED"
    rows = (await read(server, "SearchExecutions", query=f"mapRun={run}"))["rows"]
    assert len(rows) == 3 and all(row["mapRunArn"] == run for row in rows)
    (failed,) = (await read(server, "SearchExecutions", query=f"mapRun={run} error=E"))["rows"]
    described = await server("DescribeExecution", executionArn=failed["arn"])
    assert described["status"] == "FAILED"
    assert (await read(server, "ExecutionModel", arn=failed["arn"]))["model"]["failure"]["error"] == "E"


async def test_express_executions_while_their_histories_are_kept(server: Server) -> None:
    machine = await server.machine("x", PASS, type="EXPRESS")
    for number in range(3):
        await server("StartSyncExecution", stateMachineArn=machine, name=f"e{number}", input=json.dumps({"n": number}))
    page = await read(server, "SearchExecutions", machine=machine, limit=2)
    assert [row["type"] for row in page["rows"]] == ["EXPRESS", "EXPRESS"] and page["total"] == 3
    rest = await read(server, "SearchExecutions", machine=machine, limit=2, cursor=page["cursor"])
    assert len(rest["rows"]) == 1 and rest["cursor"] is None
    assert await names(server, "input.n=1 status=SUCCEEDED") == ["e1"]


async def test_refusals(shop: Server) -> None:
    assert (await refused(shop, "SearchExecutions", query="status=X"))[0] == "ValidationException"
    assert (await refused(shop, "SearchExecutions", query="input.$[=1"))[0] == "ValidationException"
    assert (await refused(shop, "SearchExecutions", machine="nonsense"))[0] == "InvalidArn"
    absent = f"{PREFIX}:stateMachine:absent"
    assert (await refused(shop, "SearchExecutions", machine=absent))[0] == "StateMachineDoesNotExist"
    two = f"mapRun={PREFIX}:mapRun:m/l:1 mapRun={PREFIX}:mapRun:m/l:2"
    assert (await refused(shop, "SearchExecutions", query=two))[0] == "ValidationException"


async def test_others_see_nothing(shop: Server) -> None:
    stranger = replace(CALLER, account="999999999999")
    assert (await read(shop, "SearchExecutions", stranger))["rows"] == []
    arn = f"{PREFIX}:execution:good:g1"
    assert (await refused(shop, "ExecutionModel", stranger, arn=arn))[0] == "ExecutionDoesNotExist"
