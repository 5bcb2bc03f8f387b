"""Time: the machine's own limit, many timers at once, and what stays of timers that are over."""

import pytest

from stepwell.asl.machine import State
from stepwell.engine.branch import Branch
from stepwell.engine.events import TimePassed
from stepwell.engine.timing import Timers
from stepwell.limits import AWS
from stepwell.payload import Payload
from stepwell.testing.player import START_MS
from tests.engine.machines import ACTIVITY, TOKEN, catch, choice, each, flow, parallel, pass_, retry, task, wait
from tests.engine.player import accepted, beat, brief, commands, failed, full, ok, play, same, submitted, time_


@pytest.mark.parametrize("state", [wait(50), task(), task(ACTIVITY), task(TOKEN, Catch=[catch("Z")])])
@pytest.mark.parametrize("late_ms, over", [(-1, False), (0, True), (1, True), (3_600_000, True)])
def test_time_of_the_machine(state: State, late_ms: int, over: bool) -> None:
    """Recorded: TIMED_OUT at start + TimeoutSeconds exactly, previousEventId 0, no failure to describe."""
    made = {**flow(A=state, Z=pass_()), "TimeoutSeconds": 10}
    player = play(made, {}, (10_000 + late_ms, time_()))
    assert accepted(player) == [True, over]
    if over:
        assert full(player).splitlines()[-1] == f"{len(player.events)}<-0 ExecutionTimedOut error=States.Timeout"
        execution = player.execution
        assert (execution.status, execution.stopped_ms) == ("TIMED_OUT", START_MS + 10_000)
        assert execution.failure is None and execution.output is None


def test_time_of_the_machine_gives_tasks_up() -> None:
    made = {**flow(P=parallel(flow(A=task()), flow(B=task(ACTIVITY)), flow(C=wait(5)))), "TimeoutSeconds": 3}
    player = play(made, {}, (3_000, time_()), (3_001, ok(1)))
    assert commands(player)[2:] == ["cancel 1.1", "unqueue 2.2"]
    assert accepted(player) == [True, True, False]


def test_time_of_the_machine_beats_what_is_due_with_it() -> None:
    made = {**flow(A=wait(10), B=pass_()), "TimeoutSeconds": 10}
    assert play(made, {}, (10_000, time_())).status == "TIMED_OUT"


def test_due_is_the_nearer_of_timer_and_limit() -> None:
    made = flow(P=parallel(flow(A=wait(7)), flow(B=wait(3))))
    assert play(made, {}).due_ms == 3_000
    assert play({**made, "TimeoutSeconds": 2}, {}).due_ms == 2_000
    assert play({**made, "TimeoutSeconds": 20}, {}, (3_000, time_())).due_ms == 7_000
    assert play({**flow(T=task()), "TimeoutSeconds": 20}, {}).due_ms == 20_000


def test_everything_due_fires_in_one_turn() -> None:
    made = flow(P=parallel(flow(A=wait(3)), flow(B=wait(1)), flow(C=wait(2)), flow(D=wait(4))))
    player = play(made, {}, (3_500, time_()))
    same(
        "\n".join(brief(player).splitlines()[7:]),
        """
        8<-5 WaitStateExited B
        9<-6 WaitStateExited C
        10<-4 WaitStateExited A
        """,
    )
    assert player.events[-1]["timestamp"] == (START_MS + 3_500) / 1_000


def test_of_one_moment_the_order_is_that_of_the_branches() -> None:
    """Also when a later branch set its timer first: a loaded execution could not know that."""
    made = flow(P=parallel(flow(A=wait(1), A2=wait(2)), flow(B=wait(3)), flow(C=wait(2), C2=wait(1))))
    player = play(made, {}, (1_000, time_()), (2_000, time_()), (3_000, time_()))
    assert [line.split()[-1] for line in brief(player).splitlines() if "WaitStateExited" in line] == [
        "A",
        "C",
        "A2",
        "B",
        "C2",
    ]


def test_timeouts_are_written_before_their_consequences() -> None:
    made = flow(P=parallel(flow(A=wait(3)), flow(B=task(TimeoutSeconds=3, Catch=[catch("X")]), X=pass_())))
    player = play(made, {}, (3_000, time_()))
    same(
        "\n".join(brief(player).splitlines()[7:]),
        """
        8<-7 TaskTimedOut States.Timeout
        9<-4 WaitStateExited A
        10<-8 TaskStateExited B
        11<-10 PassStateEntered X
        12<-11 PassStateExited X
        13<-12 ParallelStateSucceeded
        14<-12 ParallelStateExited P
        15<-14 ExecutionSucceeded
        """,
    )


def test_a_failure_may_end_what_is_due_with_it() -> None:
    made = flow(P=parallel(flow(A=task(TimeoutSeconds=3)), flow(B=wait(3)), Catch=[catch("X")]), X=pass_())
    player = play(made, {}, (3_000, time_()))
    kinds = [line.split(" ", 1)[1] for line in brief(player).splitlines()][7:]
    assert kinds[:4] == ["TaskTimedOut States.Timeout", "TaskStateAborted", "WaitStateAborted", "ParallelStateFailed"]
    assert player.status == "SUCCEEDED"


def test_a_failure_may_end_the_execution_with_more_due() -> None:
    made = flow(P=parallel(flow(A=task(TimeoutSeconds=3)), flow(B=wait(3)), flow(C=wait(3))))
    player = play(made, {}, (3_000, time_()))
    assert (player.status, player.due_ms) == ("FAILED", None)


def test_back_off_in_every_state_that_has_one() -> None:
    made = flow(
        T=task(TOKEN, Retry=[retry(IntervalSeconds=2)]),
        P=parallel(flow(A=task(TOKEN)), Retry=[retry(IntervalSeconds=3)]),
        M=each(flow(B=task(TOKEN)), ItemsPath="$[0].l", Retry=[retry(IntervalSeconds=4)]),
    )
    steps = [(0, failed(1)), (2_000, time_()), (2_000, ok(2, {"l": [1]})), (2_000, failed(3)), (5_000, time_())]
    player = play(made, {}, *steps, (5_000, ok(4, {"l": [1]})), (5_000, failed(5)), (9_000, time_()), (9_000, ok(6, 6)))
    assert player.output == [6]


def test_a_loop_over_a_wait() -> None:
    again = {"Variable": "$.n", "NumericLessThan": 3, "Next": "W"}
    made = flow(
        W=wait(1), A=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)"}), C=choice(again, Default="Z"), Z=pass_()
    )
    player = play(made, {"n": 0}, (1_000, time_()), (2_000, time_()), (3_000, time_()))
    assert player.output == {"n": 3}


# The pile of timers


def test_heartbeats_leave_no_pile() -> None:
    """A nearer timer keeps the old ones from being met."""
    made = flow(P=parallel(flow(W=wait(1)), flow(T=task(TOKEN, HeartbeatSeconds=3_600))))
    player = play(made, {}, (0, submitted(1)), *((n, beat(1)) for n in range(1, 900)))
    assert len(player.execution.timers) <= 128
    player.play(time_()(player), 1_000)
    assert player.due_ms == 3_600_899


def test_ended_iterations_leave_no_pile() -> None:
    made = flow(
        P=parallel(flow(W=wait(1)), flow(M=each(flow(T=task(TimeoutSeconds=99)), ItemsPath="$.l", MaxConcurrency=2)))
    )
    player = play(made, {"l": list(range(300))}, *((n, ok(n)) for n in range(1, 300)))
    assert len(player.execution.timers) <= 128
    player.play(time_()(player), 1_000)
    assert player.due_ms == 99_298


def test_heartbeats_before_a_near_deadline_set_no_timer() -> None:
    made = flow(T=task(TOKEN, TimeoutSeconds=10, HeartbeatSeconds=9))
    player = play(made, {}, (2_000, beat(1)), (3_000, beat(1)), (4_000, beat(1)))
    assert len(player.execution.timers) == 1
    assert player.due_ms == 10_000


def test_timers() -> None:
    timers = Timers()
    branches = [Branch(number, None, 0, State(), Payload("1")) for number in range(3)]

    def put(number: int, due_ms: int) -> None:
        timers.set(due_ms, branches[number])
        assert branches[number].due_ms == due_ms

    assert timers.first_ms() is None
    put(2, 5)
    put(1, 5)
    put(0, 7)
    put(0, 6)
    put(0, 7)
    assert timers.first_ms() == 5
    assert [b.id for b in timers.pop_due(5)] == [1, 2]
    assert timers.first_ms() == 7
    assert timers.pop_due(6) == []
    assert [b.id for b in timers.pop_due(9)] == [0]
    assert timers.first_ms() is None
    put(1, 3)
    timers.clear()
    assert (len(timers), timers.first_ms()) == (0, None)


def test_no_execution_lasts_longer_than_a_year() -> None:
    """AWS's quota, whatever the machine says; no timer is set for it, so somebody has to look."""
    year_ms = AWS.execution_s_max * 1000
    made = {**flow(T=task(ACTIVITY)), "TimeoutSeconds": 99_999_999}
    player = play(made, {}, (year_ms - 1, time_()))
    assert (player.status, player.due_ms) == ("RUNNING", 99_999_999_000)
    player.play(TimePassed(), year_ms + 5)
    assert (player.status, player.execution.stopped_ms) == ("TIMED_OUT", START_MS + year_ms)
