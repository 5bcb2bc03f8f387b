"""Iterations of Maps, inline and distributed."""

import json
from typing import Any

import pytest

from tests.operations.conftest import PASS, Server
from tests.operations.reads.reading import read, refused
from tests.operations.test_map_runs import KINDS, MIXED, definition, settled, started


def inline(processor: dict[str, Any], **fields: Any) -> str:
    state = {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": processor}, "End": True, **fields}
    return json.dumps({"StartAt": "M", "States": {"M": state}})


WAITS = {"P": {"Type": "Wait", "Seconds": 3600, "End": True}}


async def test_inline_iterations(server: Server) -> None:
    arn = await server.start(await server.machine(definition=inline(MIXED, MaxConcurrency=1)), input="[0, 1, 2]")
    await server.closed(arn)
    page = await read(server, "ExecutionIterations", arn=arn, map="M")
    assert [(row["index"], row["status"], row["state"]) for row in page["rows"]] == [
        (0, "SUCCEEDED", "S"),
        (1, "FAILED", "F"),
    ]
    assert page["counts"] == {
        "total": 3,
        "started": 2,
        "running": 0,
        "succeeded": 1,
        "failed": 1,
        "timedOut": 0,
        "aborted": 0,
    }
    assert page["groups"] == [{"error": "", "count": 1}] and page["groupsAreAll"]
    failed = (await read(server, "ExecutionIterations", arn=arn, map="M", status="FAILED"))["rows"]
    assert [row["index"] for row in failed] == [1] and failed[0]["stoppedMs"] is not None


async def test_iterations_that_run_and_that_are_stopped(server: Server) -> None:
    arn = await server.start(await server.machine(definition=inline(WAITS)), input="[0, 1, 2]")
    page = await read(server, "ExecutionIterations", arn=arn, map="M", limit=2)
    assert [row["status"] for row in page["rows"]] == ["RUNNING", "RUNNING"]
    rest = await read(server, "ExecutionIterations", arn=arn, map="M", limit=2, cursor=page["cursor"])
    assert [row["index"] for row in rest["rows"]] == [2] and rest["cursor"] is None
    await server("StopExecution", executionArn=arn)
    page = await read(server, "ExecutionIterations", arn=arn, map="M")
    assert page["counts"]["aborted"] == 3 and page["counts"]["running"] == 0


async def test_a_map_inside_an_iteration(server: Server) -> None:
    inner = {
        "P": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "Q", "States": {"Q": {"Type": "Pass", "End": True}}},
            "End": True,
        }
    }
    arn = await server.start(await server.machine(definition=inline(inner)), input="[[1], [1, 2]]")
    await server.closed(arn)
    assert (await read(server, "ExecutionIterations", arn=arn, map="M"))["counts"]["succeeded"] == 2
    second = await read(server, "ExecutionIterations", arn=arn, map="P", path='[["M", 1]]')
    assert second["counts"]["total"] == second["counts"]["succeeded"] == 2
    assert (await refused(server, "ExecutionIterations", arn=arn, map="P", path="x"))[0] == "ValidationException"


async def test_a_redrive_lets_iterations_go_on(server: Server) -> None:
    arn = await server.start(await server.machine(definition=inline(WAITS)), input="[0, 1]")
    await server("StopExecution", executionArn=arn)
    await server("RedriveExecution", executionArn=arn)
    model = (await read(server, "ExecutionModel", arn=arn))["model"]
    assert model["states"]["P"]["running"] == 2 and model["states"]["M"]["iterations"]["started"] == 2


@KINDS
async def test_children_of_a_distributed_map(server: Server, kind: str) -> None:
    arn, run = await started(server, definition(kind, MIXED, ToleratedFailurePercentage=100), [0, 1, 2, 1])
    assert await settled(server, arn) == "SUCCEEDED"
    page = await read(server, "ExecutionIterations", arn=arn, map="M")
    assert page["mapRunArn"] == run
    assert sorted((row["index"], row["status"]) for row in page["rows"]) == [
        (0, "SUCCEEDED"),
        (1, "FAILED"),
        (2, "SUCCEEDED"),
        (3, "FAILED"),
    ]
    assert (page["counts"]["total"], page["counts"]["failed"]) == (4, 2)
    assert page["groups"] == [{"error": "E", "count": 2}] and page["groupsAreAll"]
    failed = await read(server, "ExecutionIterations", arn=arn, map="M", status="FAILED", error="E", limit=1)
    assert len(failed["rows"]) == 1 and failed["rows"][0]["error"] == "E" and failed["cursor"] is not None
    rest = await read(
        server, "ExecutionIterations", arn=arn, map="M", status="FAILED", error="E", limit=1, cursor=failed["cursor"]
    )
    assert {failed["rows"][0]["index"], rest["rows"][0]["index"]} == {1, 3}
    child = rest["rows"][0]["childArn"]
    assert (await server("DescribeExecution", executionArn=child))["status"] == "FAILED"
    model = (await read(server, "ExecutionModel", arn=child))["model"]
    assert (model["status"], model["failure"]["error"], model["failure"]["cause"]) == ("FAILED", "E", "C")


async def test_of_an_express_child_its_beginning_and_its_end_are_read(server: Server) -> None:
    arn, _ = await started(server, definition("EXPRESS", MIXED, ToleratedFailurePercentage=100), [0, 1])
    await settled(server, arn)
    rows = (await read(server, "ExecutionIterations", arn=arn, map="M"))["rows"]
    for row in rows:
        events = (await read(server, "ExecutionEvents", arn=row["childArn"]))["events"]
        assert [event["id"] for event in events] == [1, 2]
        assert events[0]["details"]["input"] == str(row["index"])
        assert [event["atMs"] for event in events] == [row["startedMs"], row["stoppedMs"]]
        end = events[1]["details"]
        assert end == ({"output": "0"} if row["status"] == "SUCCEEDED" else {"error": "E", "cause": "C"})
    absent = rows[0]["childArn"].rpartition(":")[0] + ":absent"
    assert (await refused(server, "ExecutionModel", arn=absent))[0] == "ExecutionDoesNotExist"


@pytest.mark.parametrize("name", ["M", "A"])
async def test_what_is_no_map_has_no_iterations(server: Server, name: str) -> None:
    arn = await server.start(await server.machine(definition=PASS))
    await server.closed(arn)
    assert (await read(server, "ExecutionIterations", arn=arn, map=name))["rows"] == []
