"""Variables: what each way out of a state sets, who reads it, and how much it may be."""

from dataclasses import replace
from typing import Any

import pytest

from stepwell.limits import AWS
from stepwell.testing.player import Player
from tests.engine.machines import catch, choice, each, flow, parallel, pass_, retry, succeed, task, wait
from tests.engine.player import Step, failed, full, ok, play, same, stop, time_


def sets(player: Player) -> list[tuple[str, dict[str, str]]]:
    """What each ...StateExited says was assigned."""
    exits = [event.get("stateExitedEventDetails", {}) for event in player.events]
    for details in exits:
        assert ("assignedVariables" in details) == ("assignedVariablesDetails" in details)
        assert details.get("assignedVariablesDetails", {"truncated": False}) == {"truncated": False}
    return [(details["name"], details["assignedVariables"]) for details in exits if "assignedVariables" in details]


def test_right_hand_sides_see_the_values_at_entry() -> None:
    player = play(
        flow(
            A=pass_(Assign={"a": 1, "b": {"x": [2.0]}}),
            B=pass_(Assign={"a.$": "$b", "b.$": "$a", "c.$": "$$.State.Name"}, Parameters={"old.$": "$a"}),
            C=pass_(Parameters={"a.$": "$a.x[0]", "b.$": "$b"}),
        )
    )
    same(
        full(player),
        """
        1<-0 ExecutionStarted input={} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 PassStateEntered name=A input={}
        3<-2 PassStateExited name=A output={} assignedVariables={"a": "1", "b": "{\\"x\\":[2.0]}"}
        4<-3 PassStateEntered name=B input={}
        5<-4 PassStateExited name=B output={"old":1} assignedVariables={"a": "{\\"x\\":[2.0]}", "b": "1", "c": "\\"B\\""}
        6<-5 PassStateEntered name=C input={"old":1}
        7<-6 PassStateExited name=C output={"a":2.0,"b":1}
        8<-7 ExecutionSucceeded output={"a":2.0,"b":1}
        """,
    )


RESULT = {"r": {"n": 5}}
WAYS_OUT: list[tuple[str, dict[str, Any], list[Step], dict[str, str]]] = [  # what `$` is in Assign
    ("a Pass's result", pass_(Result={"n": 5}, ResultPath="$.r"), [], {"v": '{"n":5}'}),
    ("a Pass's effective input", pass_(InputPath="$.in", OutputPath="$$.State"), [], {"v": '{"q":1}'}),
    ("a Wait's effective input", wait(1, InputPath="$.in"), [(1000, time_())], {"v": '{"q":1}'}),
    ("a Task's selected result", task(ResultSelector={"m.$": "$.r.n"}, ResultPath=None), [(1, ok(1, RESULT))], {"v": '{"m":5}'}),
    ("a Parallel's result", parallel(flow(X=pass_(Result=1)), flow(Y=pass_(Result=2))), [], {"v": "[1,2]"}),
    ("a Map's result", each(flow(X=pass_()), ItemsPath="$.l", ResultSelector={"all.$": "$"}), [], {"v": '{"all":[7,8]}'}),
]  # fmt: skip


@pytest.mark.parametrize("name, state, steps, expected", WAYS_OUT, ids=[row[0] for row in WAYS_OUT])
def test_what_the_root_of_assign_is(
    name: str, state: dict[str, Any], steps: list[Step], expected: dict[str, str]
) -> None:
    player = play(flow(S={**state, "Assign": {"v.$": "$"}}), {"in": {"q": 1}, "l": [7, 8]}, *steps)
    assert sets(player) == [("S", expected)]


def test_a_rule_sets_its_own_and_default_the_states() -> None:
    rules = [
        {"Variable": "$", "NumericEquals": 1, "Next": "Z", "Assign": {"one.$": "$"}},
        {"Variable": "$", "NumericEquals": 2, "Next": "Z"},
    ]
    made = flow(C=choice(*rules, Default="Z", Assign={"other.$": "$"}), Z=succeed())
    assert [sets(play(made, given)) for given in (1, 2, 3)] == [
        [("C", {"one": "1"})],
        [],
        [("C", {"other": "3"})],
    ]


def test_a_catcher_sets_in_the_scope_of_its_state() -> None:
    arm = flow(T=task(Assign={"inner": 1}))
    made = flow(
        P=parallel(arm, flow(W=wait(9)), Catch=[catch("R", Assign={"e.$": "$.Error", "inner.$": "$.Cause"})]),
        R=pass_(Parameters={"e.$": "$e", "inner.$": "$inner"}),
    )
    player = play(made, {}, (1, failed(1, "Boom", "why")))
    assert sets(player) == [("P", {"e": '"Boom"', "inner": '"why"'})]
    assert player.output == {"e": "Boom", "inner": "why"}


def test_retries_set_nothing_and_see_nothing_new() -> None:
    made = flow(T=task(Parameters={"x.$": "$x"}, Retry=[retry("States.ALL")], Assign={"x": 2}), E=pass_(InputPath="$x"))
    made["States"]["A"] = pass_(Assign={"x": 1}, Next="T")
    made["StartAt"] = "A"
    player = play(made, {}, (1, failed(1)), (1001, time_()), (1002, ok(2)))
    assert [command.parameters.text for command in player.commands] == ['{"x":1}', '{"x":1}']  # type: ignore[union-attr]
    assert player.output == 2


def test_scopes() -> None:
    """Inner scopes read what is around them; what they set is theirs, and ends with them."""
    inner = flow(
        B=pass_(Assign={"mine.$": "States.MathAdd($base, $$.Map.Item.Value)"}),
        C=parallel(flow(D=pass_(Parameters={"sum.$": "States.MathAdd($base, $mine)"}, Assign={"deep": 1}))),
    )
    made = flow(
        A=pass_(Assign={"base": 10}),
        M=each(inner, ItemsPath="$.l", MaxConcurrency=2),
        E=pass_(Assign={"mine.$": "$[2][0].sum"}),
        F=pass_(InputPath="$mine"),
    )
    player = play(made, {"l": [1, 2, 3]})
    assert [value for name, value in sets(player) if name == "B"] == [{"mine": f"{10 + n}"} for n in (1, 2, 3)]
    assert player.output == 23
    assert player.execution.variable_bytes == 4  # base and mine


def test_an_aborted_branch_gives_its_room_back() -> None:
    arm = flow(A=pass_(Assign={"big": "x" * 100}), W=wait(9))
    made = flow(P=parallel(arm, flow(T=task()), Catch=[catch("W2")]), W2=wait(5))
    player = play(made, {}, (1, failed(1)))
    assert player.execution.variable_bytes == 0
    player.play(stop()(player))


def test_a_variable_that_no_state_on_the_way_has_set() -> None:
    rule = {"Variable": "$.skip", "BooleanEquals": True, "Next": "B"}
    made = flow(C=choice(rule, Default="A"), A=pass_(Assign={"v": 1}), B=pass_(Parameters={"x.$": "$v"}))
    assert play(made, {"skip": False}).output == {"x": 1}
    failure = play(made, {"skip": True}).execution.failure
    assert failure is not None and failure.error == "States.Runtime"
    assert (
        failure.cause is not None
        and "The JSONPath '$v' specified for the field 'x.$' could not be found" in failure.cause
    )


# Sizes: measured on AWS


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_one_assign_holds_256_kib(language: str) -> None:
    def assigning(*lengths: int) -> Player:
        values = {f"v{n}": "x" * length for n, length in enumerate(lengths)}
        return play(flow(S=pass_(QueryLanguage=language, Assign=values)), {})

    assert assigning(262_142).status == "SUCCEEDED"
    assert assigning(131_070, 131_070).status == "SUCCEEDED"
    player = assigning(131_071, 131_071)
    cause = (
        "State total variable size limit exceeded. Variable 'v1' in state 'S' was assigned 131073 bytes, which caused "
        "the size of variables assigned in the state to exceed its limit by 2 bytes."
    )
    error = "States.DataLimitExceeded"
    [evaluation, end] = player.events[-2:]
    assert evaluation["previousEventId"] == 2 and end["previousEventId"] == 3
    assert evaluation["evaluationFailedEventDetails"] == {
        "error": error,
        "cause": cause,
        "location": "Assign",
        "state": "S",
    }
    assert end["executionFailedEventDetails"] == {"error": error, "cause": cause}
    failure = assigning(262_143).execution.failure
    assert failure is not None and failure.error == error
    assert failure.cause is not None and failure.cause.endswith("exceed its limit by 1 bytes.")


def test_sizes_count_bytes() -> None:
    limits = replace(AWS, assign_bytes_max=6)
    assert play(flow(S=pass_(Assign={"v": "éé"})), limits=limits).status == "SUCCEEDED"
    assert play(flow(S=pass_(Assign={"v": "ééx"})), limits=limits).status == "FAILED"


def test_an_execution_holds_10_mib() -> None:
    limits = replace(AWS, variables_bytes_max=100)
    arm = flow(X=pass_(Assign={"inner": "x" * 38}))
    made = flow(
        A=pass_(Assign={"a": "x" * 48}),
        B=pass_(Assign={"a": "x" * 58}),
        P=parallel(arm),
        Q=pass_(Assign={"q": "x" * 38}),
        R=pass_(Assign={"r": 1}),
    )
    player = play(made, limits=limits)
    assert [event["stateExitedEventDetails"]["name"] for event in player.events if "stateExitedEventDetails" in event] == [
        "A", "B", "X", "P", "Q",
    ]  # fmt: skip
    failure = player.execution.failure
    assert failure is not None and failure.cause == (
        "Execution total variable size limit exceeded. State 'R' assigned variables that exceed the total execution "
        "limit by 1 bytes."
    )


def test_large_values_are_written_once() -> None:
    made = flow(
        A=pass_(Assign={"big": "x" * 40_000, "small": 1, "middle": "y" * 2_000}),
        B=wait(1),
        C=pass_(Assign={"small": 2}),
        D=wait(1),
        E=pass_(Parameters={"b.$": "$big", "s.$": "$small", "m.$": "$middle"}),
    )
    player = play(made, {}, (1_000, time_()), (2_000, time_()))
    assert player.output == {"b": "x" * 40_000, "s": 2, "m": "y" * 2_000}
    assert sum(text == f'"{"x" * 40_000}"' for text in player.rows.blobs.values()) == 1
    assert sum(text == f'"{"y" * 2_000}"' for text in player.rows.blobs.values()) == 1
    assert len(player.rows.snapshot) < 300
