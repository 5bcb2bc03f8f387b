"""History, a page at a time."""

import json

import pytest

from tests.operations.conftest import PREFIX, ROLE, WAIT, Server

ARN = f"{PREFIX}:stateMachine:m"
EXECUTION = f"{PREFIX}:execution:m:e"
STATES = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(9)} | {"S9": {"Type": "Pass", "End": True}}
CHAIN = json.dumps({"StartAt": "S0", "States": STATES})
EVENTS = 22


async def chain(server: Server, text: str = "{}") -> None:
    await server.machine(definition=CHAIN)
    await server.start(ARN, name="e", input=text)
    await server.closed(EXECUTION)


async def test_a_whole_history(server: Server):
    await server.machine()
    await server.start(ARN, name="e", input="[1]")
    await server.closed(EXECUTION)
    answer = await server("GetExecutionHistory", executionArn=EXECUTION)
    assert all(isinstance(event.pop("timestamp"), float) for event in answer["events"])
    whole = {"truncated": False}
    assert answer == {
        "events": [
            {
                "id": 1,
                "previousEventId": 0,
                "type": "ExecutionStarted",
                "executionStartedEventDetails": {"input": "[1]", "inputDetails": whole, "roleArn": ROLE},
            },
            {
                "id": 2,
                "previousEventId": 0,
                "type": "PassStateEntered",
                "stateEnteredEventDetails": {"name": "A", "input": "[1]", "inputDetails": whole},
            },
            {
                "id": 3,
                "previousEventId": 2,
                "type": "PassStateExited",
                "stateExitedEventDetails": {"name": "A", "output": "[1]", "outputDetails": whole},
            },
            {
                "id": 4,
                "previousEventId": 3,
                "type": "ExecutionSucceeded",
                "executionSucceededEventDetails": {"output": "[1]", "outputDetails": whole},
            },
        ]
    }


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 5, 11, 22, 1000])
async def test_pages_are_slices(server: Server, size, reverse):
    await chain(server)
    ids, token = [], None
    while True:
        page = await server(
            "GetExecutionHistory", executionArn=EXECUTION, maxResults=size, reverseOrder=reverse, nextToken=token
        )
        assert 0 < len(page["events"]) <= size
        ids += [event["id"] for event in page["events"]]
        token = page.get("nextToken")
        if token is None:
            break
    assert ids == sorted(range(1, EVENTS + 1), reverse=reverse)


async def test_tokens_are_bound_to_direction_data_and_execution(server: Server):
    await chain(server)
    await server.start(ARN, name="other")
    token = (await server("GetExecutionHistory", executionArn=EXECUTION, maxResults=3))["nextToken"]
    others = [{"reverseOrder": True}, {"includeExecutionData": False}, {"executionArn": f"{PREFIX}:execution:m:other"}]
    for other in others:
        given = {"executionArn": EXECUTION, "nextToken": token, **other}
        assert (await server.refusal("GetExecutionHistory", **given))[0] == "InvalidToken"


async def test_without_data(server: Server):
    await chain(server, '{"secret":1}')
    answer = await server("GetExecutionHistory", executionArn=EXECUTION, includeExecutionData=False)
    assert "secret" not in json.dumps(answer)
    assert answer["events"][1]["stateEnteredEventDetails"] == {"name": "S0"}


async def test_a_page_of_large_texts_ends_early(server: Server):
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(99)}
    definition = json.dumps({"StartAt": "S0", "States": {**states, "S99": {"Type": "Pass", "End": True}}})
    await server.machine(definition=definition)
    await server.start(ARN, name="e", input=json.dumps("x" * 200_000))
    await server.closed(EXECUTION)
    ids, token, pages = [], None, 0
    while pages == 0 or token is not None:
        page = await server("GetExecutionHistory", executionArn=EXECUTION, maxResults=1000, nextToken=token)
        ids += [event["id"] for event in page["events"]]
        token, pages = page.get("nextToken"), pages + 1
    assert ids == list(range(1, 203))
    assert pages == 3


async def test_an_open_history_ends_where_it_is(server: Server):
    await server.machine(definition=WAIT)
    await server.start(ARN, name="e")
    answer = await server("GetExecutionHistory", executionArn=EXECUTION)
    assert [event["type"] for event in answer["events"]] == ["ExecutionStarted", "WaitStateEntered"]
    assert "nextToken" not in answer
