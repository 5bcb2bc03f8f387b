"""The stream of the lists."""

import asyncio
from typing import Any

import pytest

from stepwell.operations.reads import topics
from stepwell.runtime import watchers
from tests.operations.conftest import PASS, PREFIX, WAIT, Server
from tests.operations.reads.reading import refused, stream
from tests.operations.test_map_runs import WAIT as LONG
from tests.operations.test_map_runs import definition, started


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_GATHER_S", 0.001)
    monkeypatch.setattr(topics, "_COUNTS_S", 0.001)


async def until(told: Any, kind: str, wanted: Any = lambda data: True) -> Any:
    async with asyncio.timeout(10):
        async for name, data, _ in told:
            if name == kind and wanted(data):
                return data
    raise AssertionError("the stream ended")


async def begun(told: Any) -> Any:
    """A stream that has begun to listen: its first message is on the way."""
    waiting = asyncio.ensure_future(anext(told))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return waiting


async def test_rows_of_executions_that_start_and_end(server: Server) -> None:
    arn, other = await server.machine("m", WAIT), await server.machine("other", PASS)
    async with stream(server, "FollowTopics", topics=f"executions:{arn}") as told:
        first = await begun(told)
        await server.start(other, name="unseen")
        execution = await server.start(arn, name="seen")
        name, rows, _ = await first
        assert name == "executions"
        assert [(row["name"], row["status"], row["state"]) for row in rows] == [("seen", "RUNNING", "W")]
        await server("StopExecution", executionArn=execution)
        rows = await until(told, "executions")
        assert [(row["name"], row["status"]) for row in rows] == [("seen", "ABORTED")]


async def test_counts_come_at_once_and_when_they_change(server: Server) -> None:
    arn = await server.machine("m", PASS)
    async with stream(server, "FollowTopics", topics="counts") as told:
        assert (await until(told, "counts"))["started"] == 0
        waiting = await begun(told)
        await server.closed(await server.start(arn))
        name, data, _ = await waiting
        assert name == "counts"
        if data["succeeded"] == 0:
            data = await until(told, "counts", lambda counts: counts["succeeded"] == 1)
        assert (data["started"], data["running"], data["succeeded"]) == (1, 0, 1)


async def test_state_machines_that_are_written(server: Server) -> None:
    async with stream(server, "FollowTopics", topics="machines") as told:
        for change in (
            lambda: server.machine("m"),
            lambda: server("UpdateStateMachine", stateMachineArn=f"{PREFIX}:stateMachine:m", definition=WAIT),
            lambda: server("DeleteStateMachine", stateMachineArn=f"{PREFIX}:stateMachine:m"),
        ):
            waiting = await begun(told)
            await change()
            assert (await waiting)[0] == "machines"


async def test_express_executions_are_told_too(server: Server) -> None:
    arn = await server.machine("x", PASS, type="EXPRESS")
    async with stream(server, "FollowTopics", topics="executions,counts") as told:
        await until(told, "counts")
        waiting = await begun(told)
        await server("StartSyncExecution", stateMachineArn=arn, name="e")
        name, data, _ = await waiting
        rows = data if name == "executions" else await until(told, "executions")
        assert [(row["name"], row["type"], row["status"]) for row in rows] == [("e", "EXPRESS", "SUCCEEDED")]
    assert server.runtime.watchers.counts.express_running == 0


async def test_children_of_a_map_run_are_counted_apart_and_in_no_list(server: Server) -> None:
    async with stream(server, "FollowTopics", topics="executions,counts") as told:
        await until(told, "counts")
        waiting = await begun(told)
        arn, _ = await started(server, definition("STANDARD", LONG), [1, 2])
        name, data, _ = await waiting
        rows = data if name == "executions" else await until(told, "executions")
        assert [row["name"] for row in rows] == ["e"]
        counts = await until(told, "counts", lambda counts: counts["childrenRunning"] == 2)
        assert (counts["running"], counts["started"]) == (1, 1)
        await server("StopExecution", executionArn=arn)
        counts = await until(told, "counts", lambda counts: counts["childrenRunning"] == 0)
        assert (counts["running"], counts["aborted"]) == (0, 1)


async def test_more_changes_than_are_kept_are_a_gap(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "CHANGES_MAX", 1)
    arn = await server.machine("m", PASS)
    async with stream(server, "FollowTopics", topics="executions") as told:
        waiting = await begun(told)
        await asyncio.gather(*(server.start(arn) for _ in range(5)))
        assert (await waiting)[0] == "gap"


async def test_refusals(server: Server) -> None:
    assert (await refused(server, "FollowTopics", topics="weather"))[0] == "ValidationException"
    assert (await refused(server, "FollowTopics", topics="executions:nonsense"))[0] == "InvalidArn"
    assert (await refused(server, "FollowTopics", topics=",".join(["counts"] * 33)))[0] == "ValidationException"


async def test_where_other_nodes_commit_readers_are_told_to_ask_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "_OTHERS_S", 0.005)
    with monkeypatch.context() as patched:
        patched.setattr(type(server.runtime.ownership), "is_shared", True)
        async with stream(server, "FollowTopics", topics="executions") as told:
            await until(told, "gap")
