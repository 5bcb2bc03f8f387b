"""Streams of one execution: nothing lost, nothing told twice, and an end."""

import asyncio
import json
from typing import Any

import pytest

from stepwell.operations.reads import live
from stepwell.operations.reads.subjects import Subject
from tests.operations.conftest import PASS, PREFIX, Server
from tests.operations.reads.reading import TWO_STEPS, read, refused, stream


async def take(told: Any, *wanted: str) -> list[tuple[str, Any, int | None]]:
    """The next messages, up to the last of these kinds."""
    found = []
    async with asyncio.timeout(10):
        for kind in wanted:
            while True:
                message = await anext(told)
                found.append(message)
                if message[0] == kind:
                    break
    return found


async def test_a_stream_begins_with_the_picture_and_ends_with_the_execution(server: Server) -> None:
    arn = await server.start(await server.machine(definition=TWO_STEPS))
    async with stream(server, "FollowExecution", arn=arn) as told:
        (snapshot, status) = await take(told, "snapshot", "status")
        assert snapshot[1]["model"]["last"] == snapshot[2] == snapshot[1]["lastEventId"] == 4
        assert snapshot[1]["model"] == (await read(server, "ExecutionModel", arn=arn))["model"]
        assert status[1]["status"] == "RUNNING" and status[1]["waits"]["4"]["phase"] == "timer"
        await server("StopExecution", executionArn=arn, error="E")
        (events, status, bye) = await take(told, "h", "status", "bye")
        assert [event["type"] for event in events[1]] == ["ExecutionAborted"] and events[2] == 5
        assert status[1]["status"] == "ABORTED" and status[1]["stoppedMs"] == events[1][0]["atMs"]
        assert bye[1] == {"status": "ABORTED"}
        with pytest.raises(StopAsyncIteration):
            await anext(told)


async def test_a_reader_that_comes_back_misses_nothing_and_hears_nothing_twice(server: Server) -> None:
    arn = await server.start(await server.machine(definition=PASS))
    await server.closed(arn)
    for after in range(5):
        async with stream(server, "FollowExecution", arn=arn, after=after) as told:
            found = await take(told, "bye")
            ids = [event["id"] for name, data, _ in found if name == "h" for event in data]
            assert ids == list(range(after + 1, 5))


async def test_long_histories_come_in_parts(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVENTS_MAX", 2)
    arn = await server.start(await server.machine(definition=PASS))
    await server.closed(arn)
    async with stream(server, "FollowExecution", arn=arn, after=0) as told:
        parts = [[event["id"] for event in data] for name, data, _ in await take(told, "bye") if name == "h"]
    assert parts == [[1, 2], [3, 4]]


async def test_a_reader_that_falls_behind_is_told_to_begin_anew(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEHIND_EVENTS_MAX", 3)
    arn = await server.start(await server.machine(definition=PASS))
    await server.closed(arn)
    async with stream(server, "FollowExecution", arn=arn, after=0) as told:
        assert await take(told, "gap") == [("gap", {"lastEventId": 4}, None)]
        with pytest.raises(StopAsyncIteration):
            await anext(told)


async def test_an_idle_stream_says_that_it_is_there(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.01)
    arn = await server.start(await server.machine(definition=TWO_STEPS))
    async with stream(server, "FollowExecution", arn=arn) as told:
        found = await take(told, "snapshot", "status", "")
        assert found[-1] == ("", None, None)


async def test_what_another_node_commits_is_looked_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "POLL_S", 0.005)
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.02)
    monkeypatch.setattr(Subject, "is_local", False)
    monkeypatch.setattr(server.runtime.watchers, "went_on", lambda key: None)
    arn = await server.start(await server.machine(definition=TWO_STEPS))
    async with stream(server, "FollowExecution", arn=arn) as told:
        await take(told, "snapshot", "status", "")
        await server("StopExecution", executionArn=arn)
        assert (await take(told, "bye"))[-1][1] == {"status": "ABORTED"}


async def test_streams_end_when_the_server_stops(server: Server) -> None:
    arn = await server.start(await server.machine(definition=TWO_STEPS))
    async with stream(server, "FollowExecution", arn=arn) as told:
        await take(told, "snapshot", "status")
        server.runtime.watchers.close()
        with pytest.raises(StopAsyncIteration):
            async with asyncio.timeout(10):
                await anext(told)


async def test_a_redriven_execution_is_told_on(server: Server) -> None:
    fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}
    arn = await server.start(await server.machine(definition=json.dumps(fail)))
    await server.closed(arn)
    last = (await read(server, "ExecutionEvents", arn=arn))["lastEventId"]
    await server("RedriveExecution", executionArn=arn)
    await server.closed(arn)
    async with stream(server, "FollowExecution", arn=arn, after=last) as told:
        kinds = [event["type"] for name, data, _ in await take(told, "bye") if name == "h" for event in data]
    assert kinds == ["ExecutionRedriven", "ExecutionFailed"]


async def test_an_express_execution_is_followed_alike(server: Server) -> None:
    machine = await server.machine("x", PASS, type="EXPRESS")
    arn = (await server("StartSyncExecution", stateMachineArn=machine))["executionArn"]
    async with stream(server, "FollowExecution", arn=arn) as told:
        found = await take(told, "bye")
    assert [name for name, _, _ in found] == ["snapshot", "status", "bye"]


async def test_what_is_not_there_has_no_stream(server: Server) -> None:
    await server.machine()
    assert (await refused(server, "FollowExecution", arn=f"{PREFIX}:execution:m:x"))[0] == "ExecutionDoesNotExist"


async def test_nothing_is_kept_of_readers_that_have_gone(server: Server) -> None:
    arn = await server.start(await server.machine(definition=TWO_STEPS))
    for _ in range(3):
        async with stream(server, "FollowExecution", arn=arn) as told:
            await take(told, "snapshot")
    watchers = server.runtime.watchers
    assert not watchers._of_execution and not watchers._closing and not watchers._of_all
