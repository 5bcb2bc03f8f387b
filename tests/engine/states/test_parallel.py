"""Parallel: fork, join, data flow. (Order of events recorded.)"""

from typing import Any

import pytest

from tests.engine.machines import ACTIVITY, choice, flow, parallel, pass_, succeed, task, wait
from tests.engine.player import brief, full, ok, play, same, taken, time_


def test_arms_run_in_order_until_they_wait() -> None:
    made = flow(P=parallel(flow(A=pass_(), B=wait(1), C=pass_()), flow(D=task(), E=succeed()), flow(F=pass_())))
    player = play(made, {"x": 1}, (500, ok(1, 2)), (1_000, time_()))
    same(
        full(player),
        """
        1<-0 ExecutionStarted input={"x":1} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 ParallelStateEntered name=P input={"x":1}
        3<-2 ParallelStateStarted
        4<-3 PassStateEntered name=A input={"x":1}
        5<-4 PassStateExited name=A output={"x":1}
        6<-5 WaitStateEntered name=B input={"x":1}
        7<-3 TaskStateEntered name=D input={"x":1}
        8<-7 TaskScheduled resourceType=lambda resource=invoke region=us-east-1 parameters={"x":1}
        9<-8 TaskStarted resourceType=lambda resource=invoke
        10<-3 PassStateEntered name=F input={"x":1}
        11<-10 PassStateExited name=F output={"x":1}
        12<-9 TaskSucceeded resourceType=lambda resource=invoke output=2
        13<-12 TaskStateExited name=D output=2
        14<-13 SucceedStateEntered name=E input=2
        15<-14 SucceedStateExited name=E output=2
        16<-6 WaitStateExited name=B output={"x":1}
        17<-16 PassStateEntered name=C input={"x":1}
        18<-17 PassStateExited name=C output={"x":1}
        19<-18 ParallelStateSucceeded
        20<-18 ParallelStateExited name=P output=[{"x":1},2,{"x":1}]
        21<-20 ExecutionSucceeded output=[{"x":1},2,{"x":1}]
        """,
    )


def test_nested() -> None:
    """As recorded for one arm within one arm."""
    made = flow(L1=parallel(flow(L2=parallel(flow(B=pass_())))))
    same(
        brief(play(made, [[1, 2, 3], [4, 5, 6]])),
        """
        1<-0 ExecutionStarted
        2<-0 ParallelStateEntered L1
        3<-2 ParallelStateStarted
        4<-3 ParallelStateEntered L2
        5<-4 ParallelStateStarted
        6<-5 PassStateEntered B
        7<-6 PassStateExited B
        8<-7 ParallelStateSucceeded
        9<-7 ParallelStateExited L2
        10<-9 ParallelStateSucceeded
        11<-9 ParallelStateExited L1
        12<-11 ExecutionSucceeded
        """,
    )
    assert play(made, [[1, 2, 3], [4, 5, 6]]).output == [[[[1, 2, 3], [4, 5, 6]]]]


@pytest.mark.parametrize("first, second", [(1, 2), (2, 1)])
def test_outputs_are_in_the_order_of_the_arms(first: int, second: int) -> None:
    made = flow(P=parallel(flow(A=task()), flow(B=task())))
    player = play(made, {}, (1, ok(first, f"r{first}")), (2, ok(second, f"r{second}")))
    assert player.output == ["r1", "r2"]


@pytest.mark.parametrize(
    "fields, given, output",
    [
        ({}, {"x": 1}, [{"x": 1}, 5]),
        ({"InputPath": "$.x"}, {"x": 1}, [1, 5]),
        ({"InputPath": None}, {"x": 1}, [{}, 5]),
        ({"Parameters": {"y.$": "$.x"}}, {"x": 1}, [{"y": 1}, 5]),
        ({"ResultSelector": {"b.$": "$[1]"}}, {"x": 1}, {"b": 5}),
        ({"ResultPath": "$.r"}, {"x": 1}, {"x": 1, "r": [{"x": 1}, 5]}),
        ({"ResultPath": None}, {"x": 1}, {"x": 1}),
        ({"ResultPath": "$.r", "OutputPath": "$.r[1]"}, {"x": 1}, 5),
        ({"ResultSelector": {"s.$": "$$.State.Name"}}, {"x": 1}, {"s": "P"}),
    ],
)
def test_data_flow(fields: dict[str, Any], given: Any, output: Any) -> None:
    made = flow(P=parallel(flow(A=pass_()), flow(B=pass_(Result=5)), **fields))
    assert play(made, given).output == output


@pytest.mark.parametrize("fields", [{"InputPath": "$.no"}, {"Parameters": {"x.$": "$.no"}}])
def test_trouble_on_the_way_in(fields: dict[str, Any]) -> None:
    same(
        brief(play(flow(P=parallel(flow(A=pass_()), **fields)), {})),
        """
        1<-0 ExecutionStarted
        2<-0 ParallelStateEntered P
        3<-2 ExecutionFailed States.Runtime
        """,
    )


def test_loop_within_an_arm() -> None:
    again = {"Variable": "$.n", "NumericLessThan": 3, "Next": "A"}
    arm = flow(A=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)"}), C=choice(again, Default="Z"), Z=pass_())
    assert play(flow(P=parallel(arm, flow(B=pass_()))), {"n": 0}).output == [{"n": 3}, {"n": 0}]


def test_activities_of_one_name_are_told_apart() -> None:
    made = flow(P=parallel(flow(A=task(ACTIVITY)), flow(B=task(ACTIVITY))))
    player = play(made, {}, (1, taken(2, "b")), (2, taken(1, "a")), (3, ok(2, 2)), (4, ok(1, 1)))
    assert player.output == [1, 2]
