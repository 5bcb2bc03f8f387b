"""Pass: every way of data flow. (States Language, "Input and Output Processing"; texts recorded.)"""

from typing import Any

import pytest

from tests.engine.machines import flow, pass_
from tests.engine.player import brief, full, play, same

GIVEN = {"a": {"b": 1}, "n": [1, 2]}
P = "An error occurred while executing the state 'A' (entered at the event id #2). "


@pytest.mark.parametrize(
    "fields, output",
    [
        ({}, GIVEN),
        ({"Result": {"x": 1}}, {"x": 1}),
        ({"Result": None}, GIVEN),
        ({"Result": {"not.$": "$.a"}}, {"not.$": "$.a"}),
        ({"InputPath": "$.a"}, {"b": 1}),
        ({"InputPath": None}, {}),
        ({"InputPath": "$$.Execution.Name"}, "run"),
        ({"InputPath": "$.a", "ResultPath": "$.r"}, {**GIVEN, "r": {"b": 1}}),
        ({"InputPath": None, "ResultPath": "$.r"}, {**GIVEN, "r": {}}),
        ({"InputPath": "$.a", "ResultPath": None}, GIVEN),
        ({"Result": 7, "ResultPath": "$.a.c"}, {"a": {"b": 1, "c": 7}, "n": [1, 2]}),
        ({"Result": 7, "ResultPath": "$.a"}, {"a": 7, "n": [1, 2]}),
        ({"Result": 7, "ResultPath": "$.x.y.z"}, {**GIVEN, "x": {"y": {"z": 7}}}),
        ({"Result": 7, "ResultPath": "$.n[1]"}, {"a": {"b": 1}, "n": [1, 7]}),
        ({"Result": 7, "ResultPath": "$"}, 7),
        ({"OutputPath": "$.n"}, [1, 2]),
        ({"OutputPath": None}, {}),
        ({"OutputPath": "$$.StateMachine.Name"}, "machine"),
        ({"Result": 7, "ResultPath": "$.r", "OutputPath": "$.r"}, 7),
        ({"Parameters": {"x.$": "$.a.b", "y": "$.a"}}, {"y": "$.a", "x": 1}),
        ({"InputPath": "$.a", "Parameters": {"x.$": "$.b"}, "ResultPath": "$.r"}, {**GIVEN, "r": {"x": 1}}),
        ({"Parameters": {"x.$": "$.a"}, "Result": 5}, 5),
        ({"Parameters": {"x.$": "States.ArrayLength($.n)"}}, {"x": 2}),
    ],
)
def test_output(fields: dict[str, Any], output: Any) -> None:
    assert play(flow(A=pass_(**fields)), GIVEN).output == output


@pytest.mark.parametrize(
    "fields, error, cause",
    [
        ({"InputPath": "$.no"}, "States.Runtime", "Invalid path '$.no' : No results for path: $['no']"),
        ({"OutputPath": "$.no.such"}, "States.Runtime", "Invalid path '$.no.such' : Missing property in path $['no']"),
        (
            {"Parameters": {"x.$": "$.no"}},
            "States.Runtime",
            "The JSONPath '$.no' specified for the field 'x.$' could not be found in the input "
            '\'{"a":{"b":1},"n":[1,2]}\'',
        ),
        (
            {"Result": 1, "ResultPath": "$.n.child"},
            "States.ReferencePathConflict",
            'Unable to apply ReferencePath $.n.child to input {"a":{"b":1},"n":[1,2]}',
        ),
    ],
)
def test_failures(fields: dict[str, Any], error: str, cause: str) -> None:
    player = play(flow(A=pass_(**fields)), GIVEN)
    same(
        brief(player),
        f"""
        1<-0 ExecutionStarted
        2<-0 PassStateEntered A
        3<-2 ExecutionFailed {error}
        """,
    )
    assert player.execution.failure == (error, P + cause)


def test_untouched_input_keeps_its_text() -> None:
    text = '{ "a" : 1.00,\t"b":[ ] }'
    player = play(flow(A=pass_(), B=pass_(ResultPath=None, Result=1), C=pass_(OutputPath="$")), text)
    assert player.execution.output is not None
    assert player.execution.output.text == text


def test_history() -> None:
    same(
        full(play(flow(A=pass_(Result=[1], ResultPath="$.r"), B=pass_()), {})),
        """
        1<-0 ExecutionStarted input={} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 PassStateEntered name=A input={}
        3<-2 PassStateExited name=A output={"r":[1]}
        4<-3 PassStateEntered name=B input={"r":[1]}
        5<-4 PassStateExited name=B output={"r":[1]}
        6<-5 ExecutionSucceeded output={"r":[1]}
        """,
    )


def test_three_hundred_in_a_row() -> None:
    player = play(flow(**{f"S{n}": pass_() for n in range(300)}), {"a": 1})
    assert len(player.events) == 602
    assert [event["previousEventId"] for event in player.events] == [0, 0, *range(2, 602)]
    assert player.output == {"a": 1}
