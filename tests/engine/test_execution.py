"""`decide`: budgets, refusals, records, and what a decision says of itself."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from stepwell.engine.events import (
    HeartbeatReceived,
    Resumed,
    Started,
    StopRequested,
    TaskSubmitted,
    TaskSucceeded,
    TimePassed,
)
from stepwell.limits import AWS
from stepwell.payload import Payload
from stepwell.testing.player import START_MS, Player
from tests.engine.machines import (
    ACTIVITY,
    LAMBDA,
    TOKEN,
    catch,
    choice,
    each,
    flow,
    parallel,
    pass_,
    retry,
    succeed,
    task,
    wait,
)
from tests.engine.player import ReloadingPlayer, accepted, brief, failed, full, ok, play, submitted, taken, time_


def counting(limit: int) -> dict[str, Any]:
    """A loop of one Pass and one Choice, twice `limit` transitions long."""
    again = {"Variable": "$.n", "NumericLessThan": limit, "Next": "A"}
    return flow(A=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)"}), C=choice(again, Default="Z"), Z=succeed())


# Budgets


@pytest.mark.parametrize("kind", [Player, ReloadingPlayer])
def test_a_loop_is_cut_into_turns(kind: type[Player]) -> None:
    player = kind(counting(2_500), {"n": 0})
    first = player.start()
    assert first.more
    assert len(first.records) == 1_001  # ExecutionStarted, and two events for each of 500 transitions
    assert len(player.decisions) == 11
    assert [decision.more for decision in player.decisions] == [True] * 10 + [False]
    assert player.output == {"n": 2_500}


def test_stop_between_two_turns() -> None:
    player = Player(counting(2_500), {"n": 0})
    player.decide(Started())
    decision = player.decide(StopRequested("E", None))
    assert (player.status, decision.more, len(decision.records)) == ("ABORTED", False, 1)
    assert player.decide(Resumed()).accepted is False


def test_bytes_end_a_turn_too() -> None:
    made = flow(**{f"S{n}": pass_(Parameters={"x.$": "$.x", "n": n}) for n in range(20)})
    player = Player(made, {"x": "y" * 20_000}, limits=replace(AWS, record_bytes_per_turn_max=100_000))
    assert player.start().more
    assert player.status == "SUCCEEDED"
    assert len(player.decisions) == 5


def test_a_turn_that_had_nothing_left() -> None:
    player = play(flow(T=task()), {})
    assert player.decide(Resumed()).accepted is False


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_order_is_the_same_whatever_the_budget(turn: int) -> None:
    made = flow(
        M=each(
            flow(A=pass_(), P=parallel(flow(B=pass_()), flow(C=pass_(), D=pass_())), E=pass_()),
            MaxConcurrency=2,
        )
    )
    small = play(made, [1, 2, 3], limits=replace(AWS, transitions_per_turn_max=turn))
    assert small.status == "SUCCEEDED"
    if turn == 1:
        assert len(small.decisions) > 10
    assert sorted(line.split(" ", 1)[1] for line in brief(small).splitlines()) == sorted(
        line.split(" ", 1)[1] for line in brief(play(made, [1, 2, 3])).splitlines()
    )


def busy() -> Player:
    """An execution with a task that waits in one arm and a long loop, just cut, in the other."""
    made = flow(P=parallel(flow(T=task(TOKEN, HeartbeatSeconds=60)), counting(2_500)))
    player = Player(made, {"n": 0})
    player.decide(Started())
    assert player.execution.ready
    return player


def test_a_refused_event_does_no_work() -> None:
    """Its sender must hear that it was refused, whatever else was left to do."""
    player = busy()
    decision = player.decide(TaskSucceeded(1, 99, Payload("{}")))
    assert (decision.accepted, decision.more, decision.records) == (False, True, [])


def test_a_heartbeat_between_two_turns_loses_no_records() -> None:
    player = busy()
    decision = player.decide(HeartbeatReceived(1, 1), 5)
    assert decision.accepted and decision.records and decision.worth_a_commit
    while player.execution.ready:
        player.decide(Resumed())
    assert player.events[-1]["id"] == len(player.events)


def test_an_answer_between_two_turns() -> None:
    player = busy()
    assert player.decide(TaskSubmitted(1, 1, Payload("{}"))).accepted
    assert player.decide(TaskSucceeded(1, 1, Payload("7"))).accepted
    while player.execution.ready:
        player.decide(Resumed())
    assert player.output == [7, {"n": 2_500}]


# Refusals


def test_started_twice() -> None:
    player = play(flow(T=task()), {})
    decision = player.decide(Started())
    assert (decision.accepted, decision.worth_a_commit, decision.records) == (False, False, [])


def test_nothing_is_taken_after_the_end() -> None:
    player = play(flow(A=pass_()), {})
    for event in (Started(), Resumed(), TimePassed(), StopRequested(None, None)):
        decision = player.decide(event)
        assert (decision.accepted, decision.worth_a_commit, decision.more) == (False, False, False)


def test_time_never_goes_back() -> None:
    player = play(flow(A=task(), B=task()), {}, (5_000, ok(1)), (1_000, ok(2)))
    assert [event["timestamp"] for event in player.events][-3:] == [(START_MS + 5_000) / 1_000] * 3


# Decisions


def test_decision_names_what_it_touched() -> None:
    made = flow(P=parallel(flow(A=task()), flow(B=task(), C=wait(5))))
    player = play(made, {}, (1, ok(2)), (2, ok(1)), (5_001, time_()))
    assert [sorted(decision.touched) for decision in player.decisions] == [[0, 1, 2], [2], [0, 1], [0, 1, 2]]


def test_first_event_ids() -> None:
    player = play(flow(A=task(), B=task()), {}, (1, ok(9)), (1, ok(1)), (2, ok(2)))
    assert [(d.first_event_id, len(d.records)) for d in player.decisions] == [(1, 4), (5, 0), (5, 5), (10, 3)]


def test_equal_seeds_give_equal_executions() -> None:
    made = flow(A=pass_(Parameters={"u.$": "States.UUID()", "r.$": "States.MathRandom(1, 1000000)"}))
    assert full(play(made, {}, seed=5)) == full(play(made, {}, seed=5))
    assert full(play(made, {}, seed=5)) != full(play(made, {}, seed=6))


# Texts and blobs


def test_a_text_that_is_handed_on_is_written_once() -> None:
    player = play(flow(A=pass_(), B=pass_(), C=succeed()), {"x": "y" * 1_000})
    assert player.decisions[0].records[1][3] is None
    assert sum(len(str(part)) for record in player.decisions[0].records for part in record) < 1_500


def test_large_texts_become_blobs() -> None:
    large = "x" * 40_000
    player = play(flow(A=wait(1), T=task(LAMBDA), B=wait(1)), {"x": large}, (1_000, time_()), (1_001, ok(1, large)))
    assert [len(decision.blobs) for decision in player.decisions] == [1, 0, 1]
    assert player.events[0]["executionStartedEventDetails"]["input"] == '{"x":"' + large + '"}'
    assert player.events[-1]["stateEnteredEventDetails"]["input"] == '"' + large + '"'


def test_a_large_result_of_the_definition_is_each_executions_own() -> None:
    """Two executions of one machine, interleaved; a blob's number means something to its own execution only."""
    made = flow(A=pass_(), L=pass_(Result="x" * 40_000), W=wait(1), B=pass_(ResultPath=None, Result=1))
    first, second = ReloadingPlayer(made, "y" * 3), ReloadingPlayer(made, {"z": "z" * 50_000})
    for player in (first, second):
        player.start()
    for player in (first, second):
        player.play(TimePassed(), 1_000)
        assert player.output == "x" * 40_000
        assert player.events[-1]["executionSucceededEventDetails"]["output"] == '"' + "x" * 40_000 + '"'
    assert [list(player.rows.blobs) for player in (first, second)] == [[0], [0, 1]]


@pytest.mark.parametrize("make", [TaskSucceeded, TaskSubmitted])
def test_an_event_that_comes_again_after_a_failed_commit(make: Any) -> None:
    """The first time it was decided on, its payload became a blob that was never stored."""
    made = flow(T=task(TOKEN), A=pass_(Result="other " * 9_000), W=wait(9))
    player = Player(made, {})
    player.start()
    event = make(0, 1, Payload('"' + "x" * 40_000 + '"'))
    player.execution.decide(event, START_MS, Random(1))
    player.reload()
    player.decide(event)
    place = [e for e in player.events if e["type"] in ("TaskSucceeded", "TaskSubmitted")][-1]
    details = place.get("taskSucceededEventDetails") or place["taskSubmittedEventDetails"]
    assert details["output"] == '"' + "x" * 40_000 + '"'
    player.reload()


def test_output_that_nobody_looks_into_keeps_its_text() -> None:
    made = flow(T=task(LAMBDA), C=choice({"Variable": "$.a", "IsPresent": True, "Next": "S"}), S=succeed())
    player = play(made, {}, (1, ok(1, text='{ "a" : 1.00 }')))
    assert player.execution.output is not None
    assert player.execution.output.text == '{ "a" : 1.00 }'


# Size


@pytest.mark.parametrize("more, status", [(0, "SUCCEEDED"), (1, "FAILED")])
@pytest.mark.parametrize("letter, width", [("x", 1), ("é", 2), ("😀", 4)])
def test_size_of_a_states_output(letter: str, width: int, more: int, status: str) -> None:
    text = letter * (262_142 // width) + "x" * (262_142 % width + more)
    made = flow(A=pass_(Result=text))
    player = play(made, {})
    assert player.status == status
    if more:
        assert brief(player).splitlines()[1:] == [
            "2<-0 PassStateEntered A",
            "3<-2 ExecutionFailed States.DataLimitExceeded",
        ]
        assert player.execution.failure == (
            "States.DataLimitExceeded",
            "The state/task 'A' returned a result with a size exceeding the maximum number of bytes service limit.",
        )


def test_large_input_passes_where_nothing_is_added() -> None:
    """The limit on the input is the API's to check."""
    assert play(flow(A=pass_(), B=wait(0), C=succeed()), {"x": "y" * 300_000}).status == "SUCCEEDED"


# Depth


def test_a_value_that_grows_too_deep_ends_the_execution() -> None:
    again = choice({"Variable": "$.y", "IsPresent": True, "Next": "Z"}, Default="A")
    player = play(flow(A=pass_(Parameters={"x.$": "$"}), C=again, Z=pass_()), {})
    assert player.execution.failure is not None
    assert player.execution.failure.error == "States.Runtime"
    assert "nesting depth exceeds" in (player.execution.failure.cause or "")


def test_a_result_that_is_too_deep_ends_the_execution() -> None:
    deep = "[" * 600 + "]" * 600
    player = play(
        flow(T=task(LAMBDA, ResultSelector={"x.$": "$"}, Catch=[catch("Z")]), Z=pass_()), {}, (1, ok(1, text=deep))
    )
    assert player.execution.failure is not None
    assert player.execution.failure.error == "States.Runtime"


# Everything at once


def test_a_long_mixed_execution() -> None:
    made = flow(
        A=pass_(Result=[1, 2, 3], ResultPath="$.l"),
        M=each(
            flow(
                T=task(ACTIVITY, Retry=[retry("Again", MaxAttempts=1)], Catch=[catch("U", "Bad")]), U=pass_(Result="u")
            ),
            ItemsPath="$.l",
            MaxConcurrency=2,
            ResultPath="$.m",
        ),
        W=wait(2),
        P=parallel(flow(X=task(TOKEN)), flow(Y=task(LAMBDA)), ResultPath="$.p"),
    )
    steps = [
        (10, taken(1)),
        (20, taken(2)),
        (30, failed(2, "Again")),
        (40, ok(1, "one")),
        (50, taken(3)),
        (60, failed(3, "Bad")),
        (1_030, time_()),
        (1_040, taken(4)),
        (1_050, ok(4, "two")),
        (3_050, time_()),
        (3_060, submitted(5)),
        (3_070, ok(6, "y")),
        (3_080, ok(5, "x")),
    ]
    player = play(made, {}, *steps)
    assert all(accepted(player))
    assert player.output == {"l": [1, 2, 3], "m": ["u", "u", "u"], "p": ["x", "y"]}
