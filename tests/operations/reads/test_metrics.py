"""Figures over time, by machine and by state."""

import json

import pytest

from stepwell.operations.reads import metrics
from tests.operations.conftest import FAIL, PASS, PREFIX, WAIT, Server
from tests.operations.reads.reading import read, refused


async def test_buckets_and_machines(server: Server) -> None:
    good, bad, slow = (
        await server.machine("good"),
        await server.machine("bad", FAIL),
        await server.machine("slow", WAIT),
    )
    for machine in (good, good, bad):
        await server.closed(await server.start(machine))
    await server.start(slow)
    answer = await read(server, "Metrics", buckets=4)
    totals = {name: sum(bucket[name] for bucket in answer["buckets"]) for name in ("started", "succeeded", "failed")}
    assert totals == {"started": 4, "succeeded": 2, "failed": 1}
    assert len(answer["buckets"]) == 4 and answer["completeFromMs"] == answer["fromMs"]
    by_name = {row["name"]: row for row in answer["machines"]}
    assert (by_name["good"]["succeeded"], by_name["bad"]["failed"], by_name["slow"]["running"]) == (2, 1, 1)
    assert by_name["bad"]["lastFailureMs"] is not None and by_name["good"]["p95Ms"] is not None
    only = await read(server, "Metrics", machine=bad)
    assert [row["name"] for row in only["machines"]] == ["bad"]


async def test_an_express_execution_counts_once(server: Server) -> None:
    machine = await server.machine("x", PASS, type="EXPRESS")
    await server("StartSyncExecution", stateMachineArn=machine)
    (row,) = (await read(server, "Metrics"))["machines"]
    assert (row["started"], row["succeeded"]) == (1, 1)


async def test_a_time_without_executions(server: Server) -> None:
    await server.closed(await server.start(await server.machine()))
    answer = await read(server, "Metrics", from_ms=0, to_ms=1_000, buckets=2)
    assert [bucket["started"] for bucket in answer["buckets"]] == [0, 0] and answer["bucketMs"] == 500


async def test_lines_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "LINES_MAX", 1)
    machine = await server.machine()
    for _ in range(3):
        await server.closed(await server.start(machine))
    answer = await read(server, "Metrics")
    assert answer["completeFromMs"] > answer["fromMs"]


@pytest.mark.parametrize("members", [{"buckets": 0}, {"buckets": 201}, {"from_ms": 5, "to_ms": 5}, {"from_ms": -1}])
async def test_refusals(server: Server, members: dict[str, int]) -> None:
    assert (await refused(server, "Metrics", **members))[0] == "ValidationException"


def test_percentiles() -> None:
    assert metrics.percentiles([]) == (None, None)
    assert metrics.percentiles([7]) == (7, 7)
    assert metrics.percentiles(list(range(1, 101))) == (50, 96)


async def test_figures_by_state(server: Server) -> None:
    machine = await server.machine("bad", FAIL)
    for _ in range(2):
        await server.closed(await server.start(machine))
    answer = await read(server, "StateMetrics", machine=machine)
    assert answer["executions"] == 2
    assert [(row["state"], row["visits"], row["failed"]) for row in answer["states"]] == [("F", 2, 2)]
    express = await server.machine("x", PASS, type="EXPRESS")
    await server("StartSyncExecution", stateMachineArn=express, input=json.dumps({}))
    answer = await read(server, "StateMetrics", machine=express)
    assert [(row["state"], row["visits"], row["p50Ms"]) for row in answer["states"]] == [("A", 1, 0)]
    assert (await refused(server, "StateMetrics", machine=f"{PREFIX}:stateMachine:no"))[0] == "StateMachineDoesNotExist"
