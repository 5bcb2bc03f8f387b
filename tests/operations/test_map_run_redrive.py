"""Redriven Map Runs and their children as the API shows them: while they wait, while they run, and at the end."""

import asyncio
from typing import Any

import pytest

from stepwell.engine.failure import Failure
from stepwell.payload import Payload
from tests.operations.conftest import Server
from tests.operations.reads.reading import read as read_as
from tests.operations.test_map_runs import KINDS, counts, definition, settled, started
from tests.runtime.world import LAMBDA, Script

CALL = {"P": {"Type": "Task", "Resource": LAMBDA, "End": True}}


@pytest.fixture
def script(server: Server) -> Script:
    """What calls answer: at first those for items below 2 fail."""
    made = Script()
    made.answer = lambda call: Failure("E", "c") if call.parameters.value < 2 else call.parameters
    server.registry.register("lambda", made)
    return made


async def held(server: Server, script: Script, kind: str) -> tuple[str, str, "asyncio.Future[Payload]"]:
    """A run of items 0, 1 and 2 that was redriven: one of the two that failed runs, the other one waits."""
    text = definition(kind, CALL, MaxConcurrency=1, ToleratedFailureCount=1)
    arn, run_arn = await started(server, text, [2, 0, 1])
    assert await settled(server, arn) == "FAILED"
    answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
    script.answer = lambda call: answer
    await server("RedriveExecution", executionArn=arn)
    for _ in range(200):
        described = await server("DescribeMapRun", mapRunArn=run_arn)
        if described["executionCounts"]["running"] == 1:
            return arn, run_arn, answer
        await asyncio.sleep(0.01)
    raise AssertionError("nothing runs")


async def listed(server: Server, run_arn: str, **filters: str) -> list[tuple[str, int]]:
    """Status and redrive count of each child that a list gives."""
    lines = (await server("ListExecutions", mapRunArn=run_arn, **filters))["executions"]
    return [(line["status"], line["redriveCount"]) for line in lines]


@KINDS
async def test_a_redriven_run_is_described(server: Server, script: Script, kind: str) -> None:
    arn, run_arn, answer = await held(server, script, kind)
    described = await server("DescribeMapRun", mapRunArn=run_arn)
    assert (described["status"], described["redriveCount"]) == ("RUNNING", 1) and "stopDate" not in described
    expected = counts(running=1, succeeded=1, pendingRedrive=1, total=3)
    assert described["executionCounts"] == described["itemCounts"] == expected
    assert described["startDate"] < described["redriveDate"]
    answer.set_result(Payload("7"))
    assert await settled(server, arn) == "SUCCEEDED"
    described = await server("DescribeMapRun", mapRunArn=run_arn)
    assert described["executionCounts"] == counts(succeeded=3, total=3, resultsWritten=3)
    assert described["redriveDate"] < described["stopDate"]
    [line] = (await server("ListMapRuns", executionArn=arn))["mapRuns"]
    assert line["mapRunArn"] == run_arn
    events = (await server("GetExecutionHistory", executionArn=arn))["events"]
    [redriven] = [event for event in events if event["type"] == "MapRunRedriven"]
    assert redriven["mapRunRedrivenEventDetails"] == {"mapRunArn": run_arn, "redriveCount": 1}


@KINDS
async def test_redriven_children_are_listed(server: Server, script: Script, kind: str) -> None:
    arn, run_arn, answer = await held(server, script, kind)
    running = ("RUNNING", 1 if kind == "STANDARD" else 0)  # of an EXPRESS child the last end is known
    waiting = ("PENDING_REDRIVE", 0)
    assert sorted(await listed(server, run_arn)) == sorted([running, waiting, ("SUCCEEDED", 0)])
    assert await listed(server, run_arn, statusFilter="PENDING_REDRIVE") == [waiting]
    assert await listed(server, run_arn, statusFilter="RUNNING") == [running]
    assert await listed(server, run_arn, statusFilter="FAILED") == []
    [line] = (await server("ListExecutions", mapRunArn=run_arn, statusFilter="RUNNING"))["executions"]
    described = await server("DescribeExecution", executionArn=line["executionArn"])
    assert described["status"] == "RUNNING" and not {"stopDate", "error", "output"} & {*line, *described}
    answer.set_result(Payload("7"))
    await settled(server, arn)
    assert sorted(await listed(server, run_arn)) == [("SUCCEEDED", 0), ("SUCCEEDED", 1), ("SUCCEEDED", 1)]
    assert await listed(server, run_arn, redriveFilter="REDRIVEN") == [("SUCCEEDED", 1)] * 2
    assert await listed(server, run_arn, redriveFilter="NOT_REDRIVEN") == [("SUCCEEDED", 0)]
    assert await listed(server, run_arn, statusFilter="PENDING_REDRIVE") == []


@KINDS
async def test_a_redriven_child_is_described(server: Server, script: Script, kind: str) -> None:
    arn, run_arn, answer = await held(server, script, kind)
    filters = {"mapRunArn": run_arn, "statusFilter": "PENDING_REDRIVE"}
    [waiting] = (await server("ListExecutions", **filters))["executions"]
    described = await server("DescribeExecution", executionArn=waiting["executionArn"])
    assert (described["status"], described["error"]) == ("PENDING_REDRIVE", "E")
    assert described["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN" and "redriveStatusReason" not in described
    answer.set_result(Payload("7"))
    await settled(server, arn)
    described = await server("DescribeExecution", executionArn=waiting["executionArn"])
    assert (described["status"], described["output"]) == ("SUCCEEDED", "7")
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert ("redriveDate" in described) == (kind == "STANDARD")
    [line] = [
        line
        for line in (await server("ListExecutions", mapRunArn=run_arn))["executions"]
        if line["executionArn"] == waiting["executionArn"]
    ]
    assert (line["redriveCount"], "redriveDate" in line) == (1, kind == "STANDARD")


@KINDS
async def test_the_console_shows_what_waits_for_a_redrive(server: Server, script: Script, kind: str) -> None:
    arn, run_arn, answer = await held(server, script, kind)
    page = await read_as(server, "ExecutionIterations", arn=arn, map="M")
    running = "RUNNING"
    assert sorted(row["status"] for row in page["rows"]) == ["PENDING_REDRIVE", running, "SUCCEEDED"]
    if kind == "STANDARD":
        rows = (await read_as(server, "SearchExecutions", query=f"mapRun={run_arn}"))["rows"]
        assert sorted(row["status"] for row in rows) == ["PENDING_REDRIVE", running, "SUCCEEDED"]
    answer.set_result(Payload("7"))
    assert await settled(server, arn) == "SUCCEEDED"
    page = await read_as(server, "ExecutionIterations", arn=arn, map="M")
    assert {row["status"] for row in page["rows"]} == {"SUCCEEDED"}


async def test_a_list_of_children_loads_their_run_and_its_page_once(
    server: Server, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = definition("STANDARD", CALL, MaxConcurrency=5, ToleratedFailurePercentage=99)
    arn, run_arn = await started(server, text, [1, 1, 1, 1, 2])
    assert await settled(server, arn) == "SUCCEEDED"
    loaded = []
    for name in ("load_map_run", "load_map_run_page"):
        load = getattr(server.store, name)
        monkeypatch.setattr(server.store, name, lambda *key, load=load: loaded.append(key) or load(*key))
    rows = (await read_as(server, "SearchExecutions", query=f"mapRun={run_arn}"))["rows"]
    assert sorted(row["status"] for row in rows) == [*["FAILED"] * 4, "SUCCEEDED"]
    assert len(loaded) <= 3


@KINDS
async def test_pages_of_a_redriven_run_hold_each_child_once(server: Server, script: Script, kind: str) -> None:
    text = definition(kind, CALL, ToleratedFailurePercentage=0)
    arn, run_arn = await started(server, text, [0, 1, *range(2, 23)])
    await settled(server, arn)
    script.answer = lambda call: call.parameters
    await server("RedriveExecution", executionArn=arn)
    assert await settled(server, arn) == "SUCCEEDED"
    seen: list[str] = []
    token: dict[str, Any] = {}
    while True:
        page = await server("ListExecutions", mapRunArn=run_arn, maxResults=4, **token)
        seen += [line["name"] for line in page["executions"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert len(seen) == len(set(seen)) == 23
