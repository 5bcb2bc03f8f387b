"""Wait: until when, to the millisecond, and what is no time. (Texts recorded.)"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stepwell.limits import AWS
from stepwell.testing.player import START_MS
from tests.engine.machines import flow, pass_, wait
from tests.engine.player import accepted, brief, full, play, same, time_

P = "An error occurred while executing the state 'W' (entered at the event id #2). "
S = P + "The SecondsPath parameter "
T = (
    P
    + "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == "
)


def at(ms: int) -> str:
    return datetime.fromtimestamp((START_MS + ms) / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize(
    "state, given, due_ms",
    [
        (wait(5), {}, 5_000),
        (wait(99_999_999), {}, 99_999_999_000),
        (wait(SecondsPath="$.s"), {"s": 2}, 2_000),
        (wait(SecondsPath="$.s"), {"s": "1"}, 1_000),
        (wait(SecondsPath="$.s", InputPath="$.i"), {"i": {"s": 3}}, 3_000),
        (wait(SecondsPath="$$.Execution.Input.s"), {"s": 4}, 4_000),
        (wait(Timestamp=at(1)), {}, 1),
        (wait(Timestamp=at(1_500).replace("Z", "000001Z")), {}, 1_501),
        (wait(TimestampPath="$.t"), {"t": at(7_000)}, 7_000),
    ],
)
def test_due_time(state: dict[str, Any], given: Any, due_ms: int) -> None:
    made = flow(W=state)
    assert play(made, given).due_ms == due_ms
    patient = replace(AWS, execution_s_max=200_000_000)
    player = play(made, given, (due_ms - 1, time_()), (due_ms, time_()), limits=patient)
    assert accepted(player) == [True, False, True]
    assert player.status == "SUCCEEDED"
    assert player.execution.stopped_ms == START_MS + due_ms


@pytest.mark.parametrize(
    "state, given",
    [
        (wait(0), {}),
        (wait(SecondsPath="$.s"), {"s": 0}),
        (wait(Timestamp="2000-01-01T00:00:00Z"), {}),
        (wait(Timestamp=at(0)), {}),
        (wait(TimestampPath="$.t"), {"t": "1999-12-31T23:59:59+02:00"}),
    ],
)
def test_a_time_that_has_passed(state: dict[str, Any], given: Any) -> None:
    same(
        brief(play(flow(W=state), given)),
        """
        1<-0 ExecutionStarted
        2<-0 WaitStateEntered W
        3<-2 WaitStateExited W
        4<-3 ExecutionSucceeded
        """,
    )


@pytest.mark.parametrize(
    "state, given, cause",
    [
        (wait(SecondsPath="$.s"), {}, S + "does not reference an input value: $.s"),
        (wait(SecondsPath="$.s"), {"s": 1.5}, S + "cannot be parsed as a long value: $.s == 1.5"),
        (wait(SecondsPath="$.s"), {"s": "1.5"}, S + "cannot be parsed as a long value: $.s == 1.5"),
        (wait(SecondsPath="$.s"), {"s": True}, S + "cannot be parsed as a long value: $.s == true"),
        (wait(SecondsPath="$.s"), {"s": None}, S + "cannot be parsed as a long value: $.s == null"),
        (wait(SecondsPath="$.s"), {"s": "9" * 19}, S + "cannot be parsed as a long value: $.s == " + "9" * 19),
        (wait(SecondsPath="$.s"), {"s": -1}, S + "references a negative value: $.s == -1"),
        (wait(SecondsPath="$.s"), {"s": "-1"}, S + "references a negative value: $.s == -1"),
        (wait(SecondsPath="$.s"), {"s": 100_000_000}, P + "Wait state delay is too long."),
        (wait(TimestampPath="$.t"), {"t": "2030-01-01"}, T + "2030-01-01"),
        (wait(TimestampPath="$.t"), {"t": 5}, T + "5"),
        (wait(TimestampPath="$.t"), {"t": "2999-01-01T00:00:00Z"}, P + "Wait state delay is too long."),
        (wait(TimestampPath="$.t"), {}, P + "The TimestampPath parameter does not reference an input value: $.t"),
        (wait(5, InputPath="$.no"), {}, P + "Invalid path '$.no' : No results for path: $['no']"),
    ],
)
def test_failures(state: dict[str, Any], given: Any, cause: str) -> None:
    player = play(flow(W=state), given)
    assert brief(player).splitlines()[1:] == ["2<-0 WaitStateEntered W", "3<-2 ExecutionFailed States.Runtime"]
    assert player.execution.failure == ("States.Runtime", cause)


def test_bad_output_path_shows_at_the_end() -> None:
    player = play(flow(W=wait(5, OutputPath="$.no")), {}, (5_000, time_()))
    assert brief(player).splitlines()[1:] == ["2<-0 WaitStateEntered W", "3<-2 ExecutionFailed States.Runtime"]


def test_output_is_the_input() -> None:
    same(
        full(play(flow(W=wait(1, OutputPath="$.a"), A=pass_()), '{"a": [1.0 ]}', (1_000, time_()))),
        """
        1<-0 ExecutionStarted input={"a": [1.0 ]} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 WaitStateEntered name=W input={"a": [1.0 ]}
        3<-2 WaitStateExited name=W output=[1.0]
        4<-3 PassStateEntered name=A input=[1.0]
        5<-4 PassStateExited name=A output=[1.0]
        6<-5 ExecutionSucceeded output=[1.0]
        """,
    )
