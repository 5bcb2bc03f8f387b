"""Which handler answers which failure, how often, and after how long. (States Language, "Errors"; recorded.)"""

from random import Random
from typing import Any

import pytest

from stepwell.asl.retry import Retrier
from stepwell.engine.retry import back_off_ms, failure_names, find_handler, matches
from tests.engine.machines import LAMBDA, TOKEN, catch, flow, pass_, retry, task
from tests.engine.player import attempts, brief, failed, ok, play, same, time_


@pytest.mark.parametrize(
    "wanted, error, extra, caught",
    [
        ("E", "E", {}, True),
        ("E", "e", {}, False),
        ("E", None, {}, False),
        ("States.ALL", "E", {}, True),
        ("States.ALL", None, {}, True),
        ("States.ALL", "States.Timeout", {}, True),
        ("States.ALL", "States.DataLimitExceeded", {}, True),
        ("States.TaskFailed", "E", {}, True),
        ("States.TaskFailed", "States.TaskFailed", {}, True),
        ("States.TaskFailed", None, {}, True),
        ("States.TaskFailed", "States.Timeout", {}, False),
        ("States.TaskFailed", "States.Timeout", {"heartbeat": True}, False),
        ("States.Timeout", "States.Timeout", {}, True),
        ("States.Timeout", "States.Timeout", {"heartbeat": True}, True),
        ("States.HeartbeatTimeout", "States.Timeout", {"heartbeat": True}, True),
        ("States.HeartbeatTimeout", "States.Timeout", {}, False),
        ("States.BranchFailed", "E", {"branch_failed": True}, True),
        ("States.BranchFailed", "E", {}, False),
    ],
)
def test_matches(wanted: str, error: str | None, extra: dict[str, bool], caught: bool) -> None:
    assert matches([wanted], failure_names(error, **extra)) is caught


def test_runtime_is_never_handled() -> None:
    everything = Retrier()
    everything.error_equals = ("States.ALL", "States.Runtime", "States.TaskFailed")
    assert find_handler([everything], failure_names("States.Runtime")) is None
    assert find_handler([everything], failure_names("E")) == (0, everything)


def retrier(**fields: Any) -> Retrier:
    made = Retrier()
    given = {"interval_s": 1, "backoff_rate": 2.0, "max_delay_s": None, "jitter": "NONE", **fields}
    for name, value in given.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    "fields, delays_ms",
    [
        ({}, [1_000, 2_000, 4_000, 8_000]),
        ({"interval_s": 3}, [3_000, 6_000, 12_000]),
        ({"backoff_rate": 1.0}, [1_000, 1_000, 1_000]),
        ({"backoff_rate": 1.5}, [1_000, 1_500, 2_250, 3_375]),
        ({"interval_s": 3, "max_delay_s": 5}, [3_000, 5_000, 5_000]),
        ({"interval_s": 99_999_999}, [99_999_999_000, 99_999_999_000]),
    ],
)
def test_back_off(fields: dict[str, Any], delays_ms: list[int]) -> None:
    dice = Random(1)
    assert [back_off_ms(retrier(**fields), used, dice) for used in range(len(delays_ms))] == delays_ms


def test_back_off_beyond_all_numbers() -> None:
    assert back_off_ms(retrier(backoff_rate=10.0), 5_000, Random(1)) == 99_999_999_000
    assert back_off_ms(retrier(backoff_rate=10.0, max_delay_s=7), 5_000, Random(1)) == 7_000


def test_full_jitter_lies_anywhere_below() -> None:
    dice = Random(7)
    delays = [back_off_ms(retrier(interval_s=10, jitter="FULL"), 0, dice) for _ in range(500)]
    assert min(delays) < 500 and max(delays) > 9_500 and all(0 <= delay <= 10_000 for delay in delays)
    assert delays[:3] == [
        back_off_ms(retrier(interval_s=10, jitter="FULL"), 0, d) for d in [Random(7)] for _ in range(3)
    ]


# Played


def test_history_of_retries() -> None:
    """Recorded: Scheduled again after the failure, no event in between."""
    made = flow(T=task(LAMBDA, Retry=[retry(IntervalSeconds=3, MaxAttempts=2, MaxDelaySeconds=5)]))
    steps = [(0, failed(1)), (2_999, time_()), (3_000, time_()), (3_000, failed(2)), (7_999, time_()), (8_000, time_())]
    player = play(made, {}, *steps, (8_000, failed(3, "Last", "why")))
    same(
        brief(player),
        """
        1<-0 ExecutionStarted
        2<-0 TaskStateEntered T
        3<-2 LambdaFunctionScheduled
        4<-3 LambdaFunctionStarted
        5<-4 LambdaFunctionFailed Boom
        6<-5 LambdaFunctionScheduled
        7<-6 LambdaFunctionStarted
        8<-7 LambdaFunctionFailed Boom
        9<-8 LambdaFunctionScheduled
        10<-9 LambdaFunctionStarted
        11<-10 LambdaFunctionFailed Last
        12<-11 ExecutionFailed Last
        """,
    )


def test_each_retrier_counts_for_itself() -> None:
    """A used-up retrier does not hand over to a later one that matches as well."""
    retriers = [retry("A", MaxAttempts=1), retry("B", MaxAttempts=1), retry(MaxAttempts=9)]
    made = flow(T=task(LAMBDA, Retry=retriers, Catch=[catch("X")]), X=pass_())
    steps = [(0, failed(1, "A")), (1_000, time_()), (1_000, failed(2, "B")), (2_000, time_()), (2_000, failed(3, "C"))]
    player = play(made, {}, *steps, (3_000, time_()), (3_000, failed(4, "A", "again")))
    assert attempts(player) == [1, 2, 3, 4]
    assert player.output == {"Error": "A", "Cause": "again"}


def test_no_attempts() -> None:
    made = flow(T=task(LAMBDA, Retry=[retry("E", MaxAttempts=0), retry()]))
    player = play(made, {}, (0, failed(1, "E")))
    assert player.execution.failure == ("E", None)


def test_counters_begin_anew_with_each_visit() -> None:
    made = flow(T=task(LAMBDA, Retry=[retry(MaxAttempts=1)], Catch=[catch("T")]))
    player = play(made, {}, (0, failed(1)), (1_000, time_()), (1_000, failed(2)), (1_000, failed(3)), (2_000, time_()))
    assert attempts(player) == [1, 2, 3, 4]
    assert player.status == "RUNNING"


def test_retry_count_counts_all_retriers() -> None:
    see = {"n.$": "$$.State.RetryCount"}
    made = flow(T=task(LAMBDA, Parameters=see, Retry=[retry("A"), retry("B")]))
    player = play(made, {}, (0, failed(1, "A")), (1_000, time_()), (1_000, failed(2, "B")), (2_000, time_()))
    assert [c.parameters.text for c in player.commands] == ['{"n":0}', '{"n":1}', '{"n":2}']  # type: ignore[union-attr]


def test_parameters_are_evaluated_once_an_attempt() -> None:
    made = flow(T=task(LAMBDA, Parameters={"id.$": "States.UUID()"}, Retry=[retry()]))
    player = play(made, {}, (0, failed(1)), (1_000, time_()))
    first, second = (c.parameters.text for c in player.commands)  # type: ignore[union-attr]
    assert first != second


def test_jitter_is_drawn_from_the_turns_dice() -> None:
    made = flow(T=task(LAMBDA, Retry=[retry(IntervalSeconds=100, JitterStrategy="FULL")]))
    dues = {seed: play(made, {}, (0, failed(1)), seed=seed).due_ms for seed in (1, 2, 3)}
    assert dues[1] == play(made, {}, (0, failed(1)), seed=1).due_ms
    assert len(set(dues.values())) == 3
    assert all(due is not None and 0 <= due <= 100_000 for due in dues.values())


def test_timeout_is_retried() -> None:
    made = flow(T=task(TOKEN, TimeoutSeconds=2, Retry=[retry("States.Timeout")]))
    player = play(made, {}, (2_000, time_()), (2_500, ok(1)), (3_000, time_()), (3_001, ok(2, 5)))
    assert player.output == 5


@pytest.mark.parametrize(
    "failure, output",
    [
        (("E", "why"), {"Error": "E", "Cause": "why"}),
        (("E", None), {"Error": "E", "Cause": ""}),
        ((None, None), {"Error": None, "Cause": None}),
        ((None, "why"), {"Error": None, "Cause": "why"}),
    ],
)
def test_error_output(failure: tuple[str | None, str | None], output: Any) -> None:
    made = flow(T=task(TOKEN, Catch=[catch("X")]), X=pass_())
    assert play(made, {"a": 1}, (0, failed(1, *failure))).output == output


@pytest.mark.parametrize(
    "result_path, output",
    [
        ({"ResultPath": None}, {"a": 1}),
        ({"ResultPath": "$"}, {"Error": "Boom", "Cause": ""}),
        ({"ResultPath": "$.e"}, {"a": 1, "e": {"Error": "Boom", "Cause": ""}}),
        ({"ResultPath": "$.e.f"}, {"a": 1, "e": {"f": {"Error": "Boom", "Cause": ""}}}),
    ],
)
def test_catchers_result_path_goes_into_the_raw_input(result_path: dict[str, Any], output: Any) -> None:
    state = task(LAMBDA, InputPath="$.a", ResultPath="$.r", OutputPath="$.no", Catch=[catch("X", **result_path)])
    assert play(flow(T=state, X=pass_()), {"a": 1}, (0, failed(1))).output == output


def test_catchers_in_order() -> None:
    made = flow(
        T=task(LAMBDA, Catch=[catch("A", "X", "Boom"), catch("B", "Boom"), catch("C")]),
        N=pass_(End=True),
        A=pass_(End=True),
        B=pass_(End=True),
        C=pass_(End=True),
    )
    assert brief(play(made, {}, (0, failed(1)))).splitlines()[-2].endswith(" A")
    assert brief(play(made, {}, (0, failed(1, "Other")))).splitlines()[-2].endswith(" C")


def test_runtime_is_neither_retried_nor_caught() -> None:
    made = flow(T=task(LAMBDA, Retry=[retry()], Catch=[catch("X")]), X=pass_())
    assert play(made, {}, (0, failed(1, "States.Runtime", "why"))).execution.failure == ("States.Runtime", "why")


def test_size_of_a_caught_failure_is_final() -> None:
    made = flow(T=task(LAMBDA, Catch=[catch("X", ResultPath="$.e")]), X=pass_())
    player = play(made, {"a": "x" * 262_000}, (0, failed(1, "E", "y" * 200)))
    assert player.execution.failure == (
        "States.DataLimitExceeded",
        "The state/task 'T' returned a result with a size exceeding the maximum number of bytes service limit.",
    )
