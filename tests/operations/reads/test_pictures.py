"""An execution at any event, and its events, as the console reads them."""

import json

from stepwell.engine.places import TEXT_CHARACTERS_MAX
from tests.operations.conftest import FAIL, PASS, PREFIX, Server
from tests.operations.reads.reading import TWO_STEPS, read, refused


async def test_the_picture_of_now_knows_until_when_a_state_waits(server: Server) -> None:
    arn = await server.start(await server.machine(definition=TWO_STEPS))
    answer = await read(server, "ExecutionModel", arn=arn)
    model = answer["model"]
    assert answer["lastEventId"] == model["last"] == 4
    assert {name: state["status"] for name, state in model["states"].items()} == {"A": "succeeded", "W": "waiting"}
    (visit,) = model["visits"].values()
    assert visit["phase"] == "timer" and visit["untilMs"] == visit["enteredMs"] + 3_600_000


async def test_the_picture_of_the_past(server: Server) -> None:
    arn = await server.start(await server.machine(definition=TWO_STEPS))
    for at, states in (
        (0, {}),
        (2, {"A": "running"}),
        (3, {"A": "succeeded"}),
        (99, {"A": "succeeded", "W": "waiting"}),
    ):
        model = (await read(server, "ExecutionModel", arn=arn, at=at))["model"]
        assert {name: state["status"] for name, state in model["states"].items()} == states
    assert all(visit["untilMs"] is None for visit in model["visits"].values())
    assert (await refused(server, "ExecutionModel", arn=arn, at=-1))[0] == "ValidationException"


async def test_a_failure_is_in_the_picture(server: Server) -> None:
    arn = await server.start(await server.machine(definition=FAIL))
    await server.closed(arn)
    model = (await read(server, "ExecutionModel", arn=arn))["model"]
    assert model["failure"] == {"error": "E", "cause": "C", "state": "F", "path": [], "eventId": 3}
    assert model["status"] == "FAILED" and model["stoppedMs"] is not None


async def test_events_are_read_page_by_page(server: Server) -> None:
    arn = await server.start(await server.machine(definition=TWO_STEPS))
    page = await read(server, "ExecutionEvents", arn=arn, after=1, limit=2)
    assert [event["id"] for event in page["events"]] == [2, 3] and page["lastEventId"] == 4
    assert [event["id"] for event in (await read(server, "ExecutionEvents", arn=arn, before=3))["events"]] == [1, 2]
    assert [event["id"] for event in (await read(server, "ExecutionEvents", arn=arn, before=4, limit=1))["events"]] == [
        3
    ]
    assert (await read(server, "ExecutionEvents", arn=arn, after=4))["events"] == []
    assert (await read(server, "ExecutionEvents", arn=arn, before=1))["events"] == []


async def test_events_are_those_of_the_api(server: Server) -> None:
    arn = await server.start(await server.machine(), input='{"a": 1}')
    await server.closed(arn)
    ours = (await read(server, "ExecutionEvents", arn=arn))["events"]
    theirs = (await server("GetExecutionHistory", executionArn=arn))["events"]
    assert [(e["id"], e["type"], e["previous"], e["atMs"]) for e in ours] == [
        (e["id"], e["type"], e["previousEventId"], round(e["timestamp"] * 1000)) for e in theirs
    ]
    for mine, its in zip(ours, theirs, strict=True):
        (members,) = (value for name, value in its.items() if name.endswith("EventDetails"))
        assert mine["details"] == {name: value for name, value in members.items() if not name.endswith("Details")}


async def test_long_texts_are_cut_in_pages_and_whole_alone(server: Server) -> None:
    text = json.dumps("x" * 50_000)
    arn = await server.start(await server.machine(), input=text)
    await server.closed(arn)
    first = (await read(server, "ExecutionEvents", arn=arn))["events"][0]
    assert first["cut"] == ["input"] and len(first["details"]["input"]) == TEXT_CHARACTERS_MAX
    whole = (await read(server, "ExecutionEvent", arn=arn, number=1))["event"]
    assert whole["cut"] == [] and whole["details"]["input"] == text
    assert (await refused(server, "ExecutionEvent", arn=arn, number=99))[0] == "ResourceNotFound"
    assert (await refused(server, "ExecutionEvent", arn=arn, number=0))[0] == "ResourceNotFound"


async def test_what_is_not_there(server: Server) -> None:
    await server.machine()
    for arn in (f"{PREFIX}:execution:m:absent", f"{PREFIX}:express:m:absent:x"):
        assert (await refused(server, "ExecutionModel", arn=arn))[0] == "ExecutionDoesNotExist"
    assert (await refused(server, "ExecutionModel", arn="nonsense"))[0] == "InvalidArn"


async def test_an_express_execution_is_read_alike(server: Server) -> None:
    machine = await server.machine("x", PASS, type="EXPRESS")
    arn = (await server("StartSyncExecution", stateMachineArn=machine))["executionArn"]
    model = (await read(server, "ExecutionModel", arn=arn))["model"]
    assert model["status"] == "SUCCEEDED" and model["states"]["A"]["status"] == "succeeded"
    assert len((await read(server, "ExecutionEvents", arn=arn))["events"]) == 4
