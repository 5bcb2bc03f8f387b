"""Notes from histories of real executions; only the order of things is looked at, not the time."""

import json

import pytest

from stepwell.cli.embedded import Embedded
from stepwell.cli.progress import Kind, Progress, failure_text
from stepwell.settings import Settings


async def history(definition, given="{}"):
    embedded = Embedded(Settings(database=":memory:"), "machine", "one")
    await embedded.application.open()
    try:
        await embedded.begin(json.dumps(definition), given)
        events = []
        import asyncio

        assert await embedded.follow(events.extend, asyncio.Event())
        assert events == await embedded.history()
        return events
    finally:
        await embedded.application.close()


def lines(notes):
    return [(note.kind.value, "/".join(note.path), note.state, note.text) for note in notes]


def flow(start, **states):
    return {"StartAt": start, "States": states}


END = {"Type": "Pass", "End": True}
BOOM = {"Type": "Fail", "Error": "Bang", "Cause": "so"}


async def test_states_that_pass_are_one_note():
    events = await history(flow("A", A={"Type": "Pass", "Next": "B"}, B={"Type": "Succeed"}))
    notes = Progress().take(events)
    assert lines(notes) == [
        ("passed", "", "A", "0 ms"),
        ("passed", "", "B", "0 ms"),
        ("ended", "", "Succeeded", ""),
    ]


async def test_map_and_parallel_nest():
    inner = {"Type": "Parallel", "Branches": [flow("L", L=END), flow("R", R=END)], "End": True}
    definition = flow("M", M={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": flow("P", P=inner), "End": True})
    notes = Progress().take(await history(definition, "[1, 2]"))
    assert [line for line in lines(notes) if line[0] != "ended"] == [
        ("entered", "", "M", "2 items"),
        ("entered", "0", "P", ""),
        ("passed", "0/0", "L", "0 ms"),
        ("passed", "0/1", "R", "0 ms"),
        ("exited", "0", "P", "0 ms"),
        ("entered", "1", "P", ""),
        ("passed", "1/0", "L", "0 ms"),
        ("passed", "1/1", "R", "0 ms"),
        ("exited", "1", "P", "0 ms"),
        ("exited", "", "M", "0 ms"),
    ]


async def test_failures_inside_a_fork_stop_the_neighbours_and_are_caught():
    arms = [flow("W", W={"Type": "Wait", "Seconds": 60, "End": True}), flow("F", F=BOOM)]
    retry = [{"ErrorEquals": ["Bang"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
    parallel = {"Type": "Parallel", "Branches": arms, "Retry": retry, "Catch": catch, "End": True}
    notes = Progress().take(await history(flow("P", P=parallel, Z={"Type": "Succeed"})))
    assert lines(notes) == [
        ("entered", "", "P", ""),
        ("entered", "0", "W", ""),
        ("failed", "1", "F", ""),
        ("stopped", "0", "W", "a neighbour failed"),
        ("retried", "", "P", "attempt 2"),
        ("entered", "0", "W", ""),
        ("failed", "1", "F", ""),
        ("stopped", "0", "W", "a neighbour failed"),
        ("failed", "", "P", ""),
        ("caught", "", "P", ""),
        ("passed", "", "Z", "0 ms"),
        ("ended", "", "Succeeded", ""),
    ]


async def test_an_inner_failure_that_nobody_handles_goes_outwards():
    inner = {"Type": "Map", "ItemProcessor": flow("F", F=BOOM), "End": True}
    definition = flow("M", M={"Type": "Map", "ItemProcessor": flow("N", N=inner), "End": True})
    notes = Progress().take(await history(definition, "[[1]]"))
    failed = [line[1:3] for line in lines(notes) if line[0] == "failed"]
    assert failed == [("0/0", "F"), ("0", "N"), ("", "M")]
    assert lines(notes)[-1] == ("ended", "", "Failed", "Bang: so")


def events_of_a_task():
    scheduled = {"type": "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails": {"resource": "arn"}}
    cause = json.dumps({"errorMessage": "nothing\nordered", "errorType": "ValueError"})
    failed = {"type": "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails": {"error": "E", "cause": cause}}
    events = [
        {"type": "ExecutionStarted"},
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "T"}},
        dict(scheduled),
        {"type": "LambdaFunctionStarted"},
        dict(failed),
        dict(scheduled),
        {"type": "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails": {}},
        {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "T"}},
        {"type": "ExecutionSucceeded", "executionSucceededEventDetails": {}},
    ]
    for number, event in enumerate(events, start=1):
        event.update(id=number, previousEventId=max(number - 1, 0), timestamp=100 + number / 2)
    return events


def test_attempts_are_counted_and_old_events_passed_over():
    progress, events = Progress(), events_of_a_task()
    assert lines(progress.take(events[:4])) == [("entered", "", "T", "")]
    assert progress.waiting() == ["T"]
    assert lines(progress.take(events)) == [
        ("failed", "", "T", "E: nothing"),
        ("retried", "", "T", "attempt 2"),
        ("exited", "", "T", "3.00 s, 2 attempts"),
        ("ended", "", "Succeeded", ""),
    ]
    assert progress.waiting() == []
    assert progress.last_id == 9
    assert progress.take(events) == []


def test_a_caught_task_says_what_was_caught():
    events = events_of_a_task()[:5]
    exited = {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "T"}}
    events.append(exited | {"id": 6, "previousEventId": 5, "timestamp": 104})
    assert Progress().take(events)[-1].kind is Kind.CAUGHT
    assert Progress().take(events)[-1].text == "E"


@pytest.mark.parametrize(
    "error, cause, text",
    [
        ("E", "c", "E: c"),
        ("E", None, "E"),
        (None, None, ""),
        ("E", '{"errorMessage": "m"}', "E: m"),
        ("E", "{oops", "E: {oops"),
        ("E", '{"a": 1}', 'E: {"a": 1}'),
        ("E", "a\nb", "E: a"),
    ],
)
def test_failures_in_one_line(error, cause, text):
    assert failure_text(error, cause) == text
