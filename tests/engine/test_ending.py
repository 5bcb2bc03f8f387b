"""The ends: StopExecution in every kind of wait, deletion of the machine, a full history, and Poisoned. (Recorded.)"""

from dataclasses import replace
from typing import Any

import pytest

from stepwell.engine.events import Resumed, Started, TimePassed
from stepwell.limits import AWS
from stepwell.testing.player import START_MS, Player
from tests.engine.machines import (
    ACTIVITY,
    LAMBDA,
    SYNC,
    TOKEN,
    catch,
    choice,
    each,
    flow,
    parallel,
    pass_,
    retry,
    task,
    wait,
)
from tests.engine.player import (
    accepted,
    beat,
    brief,
    commands,
    delete,
    failed,
    full,
    ok,
    play,
    poison,
    resumed,
    stop,
    submitted,
    taken,
    time_,
)

WAITS: list[Any] = [
    pytest.param(wait(9), [], None, id="wait"),
    pytest.param(task(LAMBDA), [], "cancel", id="lambda"),
    pytest.param(task(), [], "cancel", id="call"),
    pytest.param(task(SYNC), [(1, submitted(1))], "cancel", id="job"),
    pytest.param(task(TOKEN), [(1, submitted(1))], "cancel", id="token"),
    pytest.param(task(ACTIVITY), [], "unqueue", id="queue"),
    pytest.param(task(ACTIVITY), [(1, taken(1))], "cancel", id="worker"),
    pytest.param(task(Retry=[retry(IntervalSeconds=9)]), [(1, failed(1))], None, id="retry"),
    pytest.param(parallel(flow(A=task(TOKEN))), [(1, submitted(1))], "cancel", id="parallel"),
    pytest.param(each(flow(A=task(ACTIVITY)), ItemsPath="$.l"), [(1, taken(1))], "cancel", id="map"),
]
GIVEN = {"l": [1]}


@pytest.mark.parametrize("state, steps, gone", WAITS)
@pytest.mark.parametrize("reason", [(None, None), ("E", None), ("E", "why")])
def test_stop(state: Any, steps: Any, gone: str | None, reason: tuple[str | None, str | None]) -> None:
    """Recorded: previousEventId 0, nothing aborted before it, and no catcher runs."""
    if state["Type"] != "Wait":
        state = {**state, "Catch": [catch("Z")]}
    player = play(flow(S=state, Z=pass_()), GIVEN, *steps, (5, stop(*reason)), (6, stop("X", "Y")), (9_999, time_()))
    words = [f"{name}={text}" for name, text in zip(("error", "cause"), reason, strict=True) if text is not None]
    assert full(player).splitlines()[-1] == " ".join([f"{len(player.events)}<-0 ExecutionAborted", *words])
    assert "StateAborted" not in full(player)
    assert (player.status, player.execution.failure) == ("ABORTED", reason)
    assert player.execution.stopped_ms == START_MS + 5
    assert accepted(player)[-2:] == [False, False]
    ended = [line.split()[0] for line in commands(player) if line.startswith(("cancel", "unqueue"))]
    assert ended == ([gone] if gone else [])


# The machine is deleted


@pytest.mark.parametrize("state, steps, gone", WAITS)
def test_poisoned(state: Any, steps: Any, gone: str | None) -> None:
    player = play(flow(S=state), GIVEN, *steps, (5, poison("bad data")), (6, poison()))
    last = len(player.events)
    assert full(player).splitlines()[-1] == f'{last}<-{last - 1} ExecutionFailed error=States.Runtime cause="bad data"'
    assert accepted(player)[-2:] == [True, False]


@pytest.mark.parametrize(
    "state, steps, mover, line",
    [
        (wait(9), [], (9_000, time_()), "3<-2"),
        (task(ACTIVITY), [(1, taken(1))], (5, ok(1)), "5<-4"),
        (task(ACTIVITY), [(1, taken(1))], (5, failed(1)), "5<-4"),
        (task(LAMBDA), [], (5, ok(1)), "5<-4"),
        (task(SYNC), [(1, submitted(1))], (5, ok(1)), "6<-5"),
        (task(TimeoutSeconds=9), [], (9_000, time_()), "5<-4"),
        (task(Retry=[retry(IntervalSeconds=9)]), [(1, failed(1))], (9_001, time_()), "6<-5"),
        (parallel(flow(A=task(TOKEN))), [], (5, ok(1)), "7<-6"),
    ],
)
def test_deleted_machine(state: Any, steps: Any, mover: Any, line: str) -> None:
    """Recorded: the answer is acknowledged, then the execution fails at the last event; no exit, no next state."""
    player = play(flow(S=state, Z=pass_()), GIVEN, *steps, (2, delete()), (3, delete()), mover)
    end = 'ExecutionFailed error=States.Runtime cause="State machine machine has been deleted"'
    assert full(player).splitlines()[-1] == f"{line} {end}"
    assert accepted(player)[-3:] == [True, False, True]


def test_deleted_machine_lets_a_task_be_taken_and_beat() -> None:
    player = play(
        flow(S=task(ACTIVITY, HeartbeatSeconds=4)), {}, (1, delete()), (2, taken(1)), (3, beat(1)), (4, ok(1))
    )
    assert accepted(player) == [True] * 5
    assert brief(player).splitlines()[-2:] == ["4<-3 ActivityStarted", "5<-4 ExecutionFailed States.Runtime"]


def test_deleted_machine_stops_a_loop_between_two_turns() -> None:
    player = Player(loop(), {"n": 0})
    player.decide(Started())
    assert player.execution.ready
    decision = player.decide(delete()(player))
    assert (decision.accepted, decision.more, player.status) == (True, False, "FAILED")
    assert player.decide(Resumed()).accepted is False


# A full history


def loop() -> dict[str, Any]:
    again = {"Variable": "$.n", "NumericLessThan": 1, "Next": "A"}
    return flow(A=pass_(), C=choice(again, Default="Z"), Z=pass_())


def test_event_25000_is_the_failure() -> None:
    """Recorded with a Choice that goes to itself."""
    again = {"Variable": "$.n", "NumericLessThan": 1, "Next": "C"}
    player = Player(flow(C=choice(again, Default="Z"), Z=pass_()), {"n": 0})
    player.start()
    assert brief_tail(player, 3) == [
        "24998<-24997 ChoiceStateEntered C",
        "24999<-24998 ChoiceStateExited C",
        "25000<-24999 ExecutionFailed States.Runtime",
    ]
    assert player.execution.failure == (
        "States.Runtime",
        "The execution reached the maximum number of history events (25000).",
    )
    assert len(player.decisions) == 25  # turns of 500 transitions, two events each


def brief_tail(player: Player, count: int) -> list[str]:
    return brief(player).splitlines()[-count:]


@pytest.mark.parametrize("events_max", range(3, 40))
def test_the_limit_may_fall_anywhere(events_max: int) -> None:
    """Between any two events, also those of a fork, an abort or a join; commands are made or given up once."""
    arms = [flow(A=task(TOKEN)), flow(N=each(flow(B=task(ACTIVITY)), ItemsPath="$.l")), flow(W=wait(2))]
    made = flow(P=parallel(*arms, Retry=[retry(MaxAttempts=1)], Catch=[catch("Z")]), Z=pass_())
    limits = replace(AWS, history_events_max=events_max)
    steps = [(0, submitted(1)), (1, taken(2)), (1, taken(3)), (2, failed(1)), (1_002, time_()), (1_003, failed(4))]
    player = play(made, {"l": [1, 2]}, *steps, limits=limits)
    assert player.status != "RUNNING"
    assert len(player.events) <= events_max
    if len(player.events) == events_max and player.status == "FAILED":
        assert f"maximum number of history events ({events_max})" in full(player).splitlines()[-1]


def test_the_last_event_may_be_a_success() -> None:
    made = flow(A=pass_())
    assert play(made, {}, limits=replace(AWS, history_events_max=4)).status == "SUCCEEDED"
    assert play(made, {}, limits=replace(AWS, history_events_max=3)).status == "FAILED"


def test_stop_fits_into_a_full_history() -> None:
    player = play(flow(T=task()), {}, (1, stop()), limits=replace(AWS, history_events_max=5))
    assert brief(player).splitlines()[-1] == "5<-0 ExecutionAborted"


def test_time_still_ends_a_full_history() -> None:
    made = {**flow(T=task()), "TimeoutSeconds": 5}
    player = play(made, {}, (5_000, time_()), limits=replace(AWS, history_events_max=5))
    assert brief(player).splitlines()[-1] == "5<-0 ExecutionTimedOut States.Timeout"


def test_a_refused_event_with_a_full_history_changes_nothing() -> None:
    player = play(flow(T=task()), {}, (1, ok(7)), (2, resumed()), limits=replace(AWS, history_events_max=5))
    assert accepted(player) == [True, False, False]
    player.play(TimePassed(), 99)
    assert player.status == "RUNNING"
