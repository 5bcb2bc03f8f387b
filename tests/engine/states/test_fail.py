"""Fail: literal and by path, with and without its fields. (Recorded.)"""

from typing import Any

import pytest

from tests.engine.machines import fail, flow, pass_
from tests.engine.player import brief, full, play, same

P = "An error occurred while executing the state 'F' (entered at the event id #2). "


@pytest.mark.parametrize(
    "state, end",
    [
        (fail("E", "why"), ("E", "why")),
        (fail("E", None), ("E", None)),
        (fail(None, "why"), (None, "why")),
        (fail(None, None), (None, None)),
        (fail(None, None, ErrorPath="$.e", CausePath="$.c"), ("Err", "Cse")),
        (fail(None, None, CausePath="States.Format('{} of {}', $.e, $$.State.Name)"), (None, "Err of F")),
        (fail("States.Timeout", None), ("States.Timeout", None)),
        (
            fail(None, None, ErrorPath="$.n"),
            ("States.Runtime", P + "The ErrorPath parameter does not reference a string value: $.n"),
        ),
        (
            fail("E", None, CausePath="$.no"),
            ("States.Runtime", P + "Invalid path '$.no' : No results for path: $['no']"),
        ),
    ],
)
def test_end(state: dict[str, Any], end: Any) -> None:
    player = play(flow(F=state), {"e": "Err", "c": "Cse", "n": 1})
    assert (player.status, player.execution.failure) == ("FAILED", end)
    assert brief(player).splitlines()[1:] == [
        "2<-0 FailStateEntered F",
        "3<-2 ExecutionFailed" + (f" {end[0]}" if end[0] else ""),
    ]


def test_fields_without_a_value_are_absent() -> None:
    same(
        full(play(flow(A=pass_(), F=fail(None, None)), {})),
        """
        1<-0 ExecutionStarted input={} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 PassStateEntered name=A input={}
        3<-2 PassStateExited name=A output={}
        4<-3 FailStateEntered name=F input={}
        5<-4 ExecutionFailed
        """,
    )
