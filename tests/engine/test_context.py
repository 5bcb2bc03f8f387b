"""The context object in every place where it may be read. (AWS's order of members recorded.)"""

from typing import Any

import pytest

from stepwell.testing.player import EXECUTION_ARN, MACHINE_ARN, ROLE_ARN
from tests.engine.machines import LAMBDA, TOKEN, catch, choice, each, fail, flow, parallel, pass_, task, wait
from tests.engine.player import failed, ok, play, time_

STARTED = "2023-11-14T22:13:20Z"
EXECUTION = {
    "Id": EXECUTION_ARN,
    "Input": {"a": 1},
    "StartTime": STARTED,
    "Name": "run",
    "RoleArn": ROLE_ARN,
    "RedriveCount": 0,
}
MACHINE = {"Id": MACHINE_ARN, "Name": "machine"}


def test_whole() -> None:
    context = play(flow(A=pass_(InputPath="$$")), {"a": 1}).output
    assert context == {"Execution": EXECUTION, "StateMachine": MACHINE, "State": {"Name": "A", "EnteredTime": STARTED}}
    assert [list(context), list(context["Execution"])] == [["Execution", "StateMachine", "State"], list(EXECUTION)]


def test_times_drop_trailing_zeros() -> None:
    made = flow(W=wait(1), A=pass_(InputPath="$$.State.EnteredTime"))
    assert play(made, {}, (1_500, time_())).output == "2023-11-14T22:13:21.5Z"


@pytest.mark.parametrize("place", ["Parameters", "ResultSelector"])
@pytest.mark.parametrize(
    "path, value",
    [
        ("$$.State.Name", "T"),
        ("$$.State.RetryCount", 0),
        ("$$.State.EnteredTime", STARTED),
        ("$$.Execution.Input.a", 1),
        ("$$.StateMachine", MACHINE),
    ],
)
def test_of_a_task(place: str, path: str, value: Any) -> None:
    player = play(flow(T=task(LAMBDA, **{place: {"v.$": path}})), {"a": 1}, (1, ok(1)))
    seen = player.commands[0].parameters.value if place == "Parameters" else player.output  # type: ignore[union-attr]
    assert seen == {"v": value}


@pytest.mark.parametrize(
    "state, output",
    [
        (pass_(OutputPath="$$.State.Name"), "S"),
        (wait(0, OutputPath="$$.State.Name"), "S"),
        (wait(SecondsPath="$$.Execution.RedriveCount", OutputPath="$$.State.Name"), "S"),
        (choice({"Variable": "$$.State.Name", "StringEquals": "S", "Next": "E"}, OutputPath="$$.State.Name"), "S"),
        (parallel(flow(A=pass_()), ResultSelector={"n.$": "$$.State.RetryCount"}), {"n": 0}),
        (parallel(flow(A=pass_()), Parameters={"n.$": "$$.State.Name"}), [{"n": "S"}]),
        (each(flow(A=pass_()), ItemsPath="$.l", ResultSelector={"n.$": "$$.State.Name"}), {"n": "S"}),
        (each(flow(A=pass_(InputPath="$$.Map.Item")), ItemsPath="$.l"), [{"Index": 0, "Value": 5}]),
        (each(flow(A=pass_(InputPath="$$.Execution.Input")), ItemsPath="$.l"), [{"l": [5], "a": 1}]),
        (each(flow(A=pass_(InputPath="$$.State.Name")), ItemsPath="$.l"), ["A"]),
    ],
)
def test_of_other_states(state: dict[str, Any], output: Any) -> None:
    assert play(flow(S=state, E=pass_()), {"l": [5], "a": 1}).output == output


def test_error_and_cause_path() -> None:
    made = flow(F=fail(None, None, ErrorPath="$$.State.Name", CausePath="$$.StateMachine.Name"))
    assert play(made, {}).execution.failure == ("F", "machine")


def test_no_item_outside_of_a_map_and_no_token_without_a_token_task() -> None:
    for path in ("$$.Map.Item.Index", "$$.Task.Token"):
        assert play(flow(T=task(Parameters={"x.$": path})), {}).status == "FAILED"


def test_no_token_in_the_result_of_a_token_task() -> None:
    made = flow(T=task(TOKEN, ResultSelector={"x.$": "$$.Task.Token"}))
    assert play(made, {}, (1, ok(1))).status == "FAILED"


def test_an_item_stays_visible_in_what_runs_within_it() -> None:
    see = {"i.$": "$$.Map.Item.Index"}
    inner = flow(T=task(Parameters=see, Catch=[catch("X")]), X=pass_(Parameters=see))
    made = flow(M=each(flow(P=parallel(inner))))
    player = play(made, ["a", "b"], (1, failed(2)), (2, failed(1)))
    assert player.output == [[{"i": 0}], [{"i": 1}]]
