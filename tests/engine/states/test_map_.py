"""Map: iterations, slots, items and what they see. (Order of events and texts recorded.)"""

import json
from dataclasses import replace
from typing import Any

import pytest

from stepwell.limits import AWS
from stepwell.testing.player import Player
from tests.engine.machines import each, flow, parallel, pass_, task
from tests.engine.player import brief, full, ok, play, same

ONE = flow(I=pass_())
P = "An error occurred while executing the state 'M' (entered at the event id #2). "


def test_one_after_another() -> None:
    same(
        full(play(flow(M=each(ONE, ItemsPath="$.l", MaxConcurrency=1)), {"l": [1, 2]})),
        """
        1<-0 ExecutionStarted input={"l":[1,2]} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 MapStateEntered name=M input={"l":[1,2]}
        3<-2 MapStateStarted length=2
        4<-3 MapIterationStarted name=M index=0
        5<-4 PassStateEntered name=I input=1
        6<-5 PassStateExited name=I output=1
        7<-6 MapIterationSucceeded name=M index=0
        8<-6 MapIterationStarted name=M index=1
        9<-8 PassStateEntered name=I input=2
        10<-9 PassStateExited name=I output=2
        11<-10 MapIterationSucceeded name=M index=1
        12<-11 MapStateSucceeded
        13<-11 MapStateExited name=M output=[1,2]
        14<-13 ExecutionSucceeded output=[1,2]
        """,
    )


def test_all_begin_before_any_runs() -> None:
    same(
        brief(play(flow(M=each(ONE)), [1, 2])),
        """
        1<-0 ExecutionStarted
        2<-0 MapStateEntered M
        3<-2 MapStateStarted 2
        4<-3 MapIterationStarted M 0
        5<-3 MapIterationStarted M 1
        6<-4 PassStateEntered I
        7<-6 PassStateExited I
        8<-7 MapIterationSucceeded M 0
        9<-5 PassStateEntered I
        10<-9 PassStateExited I
        11<-10 MapIterationSucceeded M 1
        12<-11 MapStateSucceeded
        13<-11 MapStateExited M
        14<-13 ExecutionSucceeded
        """,
    )


def test_empty() -> None:
    same(
        full(play(flow(M=each(ONE)), [])),
        """
        1<-0 ExecutionStarted input=[] roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 MapStateEntered name=M input=[]
        3<-2 MapStateStarted length=0
        4<-3 MapStateSucceeded
        5<-3 MapStateExited name=M output=[]
        6<-5 ExecutionSucceeded output=[]
        """,
    )


def test_map_within_a_map() -> None:
    made = flow(M=each(flow(N=each(ONE, ItemsPath="$"))))
    same(
        brief(play(made, [[1], []])),
        """
        1<-0 ExecutionStarted
        2<-0 MapStateEntered M
        3<-2 MapStateStarted 2
        4<-3 MapIterationStarted M 0
        5<-3 MapIterationStarted M 1
        6<-4 MapStateEntered N
        7<-6 MapStateStarted 1
        8<-7 MapIterationStarted N 0
        9<-5 MapStateEntered N
        10<-9 MapStateStarted 0
        11<-10 MapStateSucceeded
        12<-10 MapStateExited N
        13<-12 MapIterationSucceeded M 1
        14<-8 PassStateEntered I
        15<-14 PassStateExited I
        16<-15 MapIterationSucceeded N 0
        17<-16 MapStateSucceeded
        18<-16 MapStateExited N
        19<-18 MapIterationSucceeded M 0
        20<-19 MapStateSucceeded
        21<-19 MapStateExited M
        22<-21 ExecutionSucceeded
        """,
    )
    assert play(made, [[1], []]).output == [[1], []]


def test_a_freed_slot_is_taken_at_once() -> None:
    made = flow(M=each(flow(T=task()), MaxConcurrency=2))
    player = play(made, [10, 20, 30], (1, ok(2, "b")), (2, ok(1, "a")), (3, ok(3, "c")))
    same(
        "\n".join(brief(player).splitlines()[5:]),
        """
        6<-4 TaskStateEntered T
        7<-6 TaskScheduled
        8<-7 TaskStarted
        9<-5 TaskStateEntered T
        10<-9 TaskScheduled
        11<-10 TaskStarted
        12<-11 TaskSucceeded
        13<-12 TaskStateExited T
        14<-13 MapIterationSucceeded M 1
        15<-13 MapIterationStarted M 2
        16<-15 TaskStateEntered T
        17<-16 TaskScheduled
        18<-17 TaskStarted
        19<-8 TaskSucceeded
        20<-19 TaskStateExited T
        21<-20 MapIterationSucceeded M 0
        22<-18 TaskSucceeded
        23<-22 TaskStateExited T
        24<-23 MapIterationSucceeded M 2
        25<-24 MapStateSucceeded
        26<-24 MapStateExited M
        27<-26 ExecutionSucceeded
        """,
    )
    assert player.output == ["a", "b", "c"]


# Items


@pytest.mark.parametrize(
    "fields, given, output",
    [
        ({}, [1, "a", None, {"x": 1.5}], [1, "a", None, {"x": 1.5}]),
        ({"ItemsPath": "$"}, [1], [1]),
        ({"ItemsPath": "$.l"}, {"l": [1, 2]}, [1, 2]),
        ({"InputPath": "$.d", "ItemsPath": "$.l"}, {"d": {"l": [1]}}, [1]),
        ({"ItemsPath": "$$.Execution.Input.l"}, {"l": [1]}, [1]),
        ({"ItemsPath": "$.l[*].x"}, {"l": [{"x": 1}, {"x": 2}]}, [1, 2]),
        ({"ItemsPath": "$.l", "ResultPath": "$.r"}, {"l": [1]}, {"l": [1], "r": [1]}),
        ({"ItemsPath": "$.l", "ResultPath": None}, {"l": [1]}, {"l": [1]}),
        ({"ItemsPath": "$.l", "ResultSelector": {"all.$": "$"}}, {"l": [1]}, {"all": [1]}),
        ({"ItemsPath": "$.l", "ResultPath": "$.r", "OutputPath": "$.r[0]"}, {"l": [1]}, 1),
        (
            {
                "ItemsPath": "$.l",
                "ItemSelector": {"v.$": "$$.Map.Item.Value", "n.$": "$$.Map.Item.Index", "o.$": "$.o"},
            },
            {"l": ["x", "y"], "o": 7},
            [{"n": 0, "o": 7, "v": "x"}, {"n": 1, "o": 7, "v": "y"}],
        ),
        ({"Parameters": {"v.$": "$$.Map.Item.Value"}}, [1], [{"v": 1}]),
        (
            {"InputPath": "$.d", "ItemsPath": "$.l", "ItemSelector": {"o.$": "$.o"}},
            {"d": {"l": [1], "o": 2}},
            [{"o": 2}],
        ),
    ],
)
def test_items(fields: dict[str, Any], given: Any, output: Any) -> None:
    assert play(flow(M=each(ONE, **fields)), given).output == output


@pytest.mark.parametrize(
    "fields, given, cause",
    [
        ({}, {"a": 1}, P + 'Map state input must be an array but was: {"a":1}'),
        ({}, "text", P + 'Map state input must be an array but was: "text"'),
        ({}, None, P + "Map state input must be an array but was: {}"),
        ({"ItemsPath": "$.l"}, {"l": {}}, 'Reference path "$.l" must point to array.'),
        ({"ItemsPath": "$.l"}, {"l": None}, 'Reference path "$.l" must point to array.'),
        ({"ItemsPath": "$.l"}, {}, P + "Invalid path '$.l' : No results for path: $['l']"),
        ({"InputPath": "$.l"}, {}, P + "Invalid path '$.l' : No results for path: $['l']"),
        (
            {"MaxConcurrencyPath": "$.n", "ItemsPath": "$.l"},
            {"n": "x", "l": [1]},
            P + 'The MaxConcurrencyPath field refers to value "x" which is not a valid integer: $.n',
        ),
        (
            {"MaxConcurrencyPath": "$.n", "ItemsPath": "$.l"},
            {"n": -1, "l": [1]},
            P + "Expected non-negative integer for MaxConcurrency, got -1 instead.",
        ),
        (
            {"MaxConcurrencyPath": "$.n", "ItemsPath": "$.l"},
            {"n": True, "l": [1]},
            P + 'The MaxConcurrencyPath field refers to value "true" which is not a valid integer: $.n',
        ),
    ],
)
def test_no_items(fields: dict[str, Any], given: Any, cause: str) -> None:
    player = play(flow(M=each(ONE, **fields)), json.dumps(given) if isinstance(given, str) else given)
    assert brief(player).splitlines()[1:] == ["2<-0 MapStateEntered M", "3<-2 ExecutionFailed States.Runtime"]
    assert player.execution.failure == ("States.Runtime", cause)


def test_bad_item_selector_ends_the_execution() -> None:
    player = play(flow(M=each(ONE, ItemSelector={"x.$": "$$.Map.Item.Value.no"})), [{}])
    assert player.execution.failure is not None
    assert player.execution.failure.error == "States.Runtime"


# How many at once


@pytest.mark.parametrize(
    "fields, given, begun",
    [
        ({}, list(range(50)), 40),
        ({"MaxConcurrency": 0}, list(range(50)), 40),
        ({"MaxConcurrency": 3}, list(range(50)), 3),
        ({"MaxConcurrency": 45}, list(range(50)), 40),
        ({"MaxConcurrency": 9}, [1, 2], 2),
        ({"MaxConcurrencyPath": "$.n", "ItemsPath": "$.l"}, {"n": 2, "l": [1, 2, 3]}, 2),
        ({"MaxConcurrencyPath": "$.n", "ItemsPath": "$.l"}, {"n": 0, "l": [1, 2, 3]}, 3),
    ],
)
def test_concurrency(fields: dict[str, Any], given: Any, begun: int) -> None:
    player = play(flow(M=each(flow(T=task()), **fields)), given)
    assert len(player.commands) == begun
    assert brief(player).count("MapIterationStarted") == begun


def test_digits_from_a_variable_will_do() -> None:
    first = {"Type": "Pass", "Assign": {"n": "2"}, "Next": "M"}
    player = play(flow(A=first, M=each(flow(T=task()), MaxConcurrencyPath="$n")), [1, 2, 3])
    assert len(player.commands) == 2


def test_a_wide_map_stays_flat() -> None:
    """Neither the work, the branches touched, the records nor the rows of a step grow with the width."""
    made = flow(M=each(flow(T=task()), ItemsPath="$.l", MaxConcurrency=5))
    player = Player(made, {"l": list(range(10_000))}, limits=replace(AWS, history_events_max=100_000))
    player.start()
    for attempt in range(1, 10_001):
        decision = player.execution.decide(ok(attempt, attempt)(player), 1_700_000_000_000, player.dice)
        for command in decision.commands:
            player.branch_of[command.attempt] = command.branch
        if attempt <= 9_995:
            assert len(decision.touched) <= 3
            assert len(decision.records) == 7
    assert player.status == "SUCCEEDED"
    assert player.output == list(range(1, 10_001))


def test_the_context_within_nested_states() -> None:
    """`Map.Item` is that of the innermost iteration, also within a Parallel and after a load from rows."""
    see = {"n.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "s.$": "$$.State.Name"}
    inner = flow(P=parallel(flow(A=task(Parameters=see)), flow(N=each(flow(B=task(Parameters=see)), ItemsPath="$.l"))))
    player = play(flow(M=each(inner)), [{"l": ["x"]}, {"l": []}], (1, ok(1)))
    same(
        "\n".join(c.parameters.text for c in player.commands),  # type: ignore[union-attr]
        """
        {"s":"A","v":{"l":["x"]},"n":0}
        {"s":"A","v":{"l":[]},"n":1}
        {"s":"B","v":"x","n":0}
        """,
    )
