"""Forks that fail: who is aborted, in which order, pointing where; Retry and Catch of Parallel and Map. (Recorded.)"""

from typing import Any

import pytest

from stepwell.engine import composite
from stepwell.engine.failure import Failure
from stepwell.engine.history import TYPES
from stepwell.testing.lines import command_lines
from tests.engine.machines import (
    ACTIVITY,
    SYNC,
    TOKEN,
    catch,
    each,
    fail,
    flow,
    parallel,
    pass_,
    retry,
    succeed,
    task,
    wait,
)
from tests.engine.player import accepted, brief, commands, failed, full, ok, play, same, submitted, taken, time_


def tail(lines: str, count: int) -> str:
    return "\n".join(lines.splitlines()[-count:])


# Parallel


def test_failing_arm_aborts_its_siblings() -> None:
    """ActivityFailed, TaskStateAborted twice, ParallelStateFailed, ExecutionFailed: as recorded."""
    made = flow(P=parallel(flow(A=task(ACTIVITY)), flow(B=task(ACTIVITY)), flow(W=wait(9)), flow(D=pass_())))
    player = play(made, {}, (1, taken(1)), (2, taken(2)), (3, failed(1, "E", "why")))
    same(
        tail(full(player), 6),
        """
        13<-11 ActivityFailed error=E cause=why
        14<-13 TaskStateAborted
        15<-13 TaskStateAborted
        16<-13 WaitStateAborted
        17<-13 ParallelStateFailed
        18<-17 ExecutionFailed error=E cause=why
        """,
    )
    assert commands(player)[2:] == ["cancel 2.2"]


@pytest.mark.parametrize(
    "resource, steps, gone",
    [
        (ACTIVITY, [], "unqueue 2.2"),
        (ACTIVITY, [(1, taken(2))], "cancel 2.2"),
        (SYNC, [(1, submitted(2))], "cancel 2.2"),
        (TOKEN, [(1, submitted(2))], "cancel 2.2"),
        (TOKEN, [], "cancel 2.2"),
    ],
)
def test_tasks_of_siblings_are_given_up(resource: str, steps: Any, gone: str) -> None:
    made = flow(P=parallel(flow(A=task()), flow(B=task(resource))))
    player = play(made, {}, *steps, (2, failed(1)), (3, ok(2)))
    assert commands(player)[-1] == gone
    assert accepted(player)[-1] is False


def test_fail_state_in_an_arm() -> None:
    made = flow(P=parallel(flow(F=fail("E", "why")), flow(B=task())))
    same(
        brief(play(made, {})),
        """
        1<-0 ExecutionStarted
        2<-0 ParallelStateEntered P
        3<-2 ParallelStateStarted
        4<-3 FailStateEntered F
        5<-4 ParallelStateFailed
        6<-5 ExecutionFailed E
        """,
    )


def test_runtime_trouble_in_an_arm_ends_the_execution_at_once() -> None:
    bad = flow(B=pass_(InputPath="$.no"))
    made = flow(P=parallel(flow(A=task()), bad, Retry=[retry()], Catch=[catch("X")]), X=pass_())
    player = play(made, {})
    same(
        brief(player),
        """
        1<-0 ExecutionStarted
        2<-0 ParallelStateEntered P
        3<-2 ParallelStateStarted
        4<-3 TaskStateEntered A
        5<-4 TaskScheduled
        6<-5 TaskStarted
        7<-3 PassStateEntered B
        8<-7 ExecutionFailed States.Runtime
        """,
    )
    assert commands(player) == ["run 1.1 A {}", "cancel 1.1"]


def test_caught() -> None:
    made = flow(P=parallel(flow(F=fail("E", "why")), Catch=[catch("X", "E", ResultPath="$.e")]), X=succeed())
    same(
        full(play(made, {"a": 1})),
        """
        1<-0 ExecutionStarted input={"a":1} roleArn=arn:aws:iam::123456789012:role/stepwell
        2<-0 ParallelStateEntered name=P input={"a":1}
        3<-2 ParallelStateStarted
        4<-3 FailStateEntered name=F input={"a":1}
        5<-4 ParallelStateFailed
        6<-5 ParallelStateExited name=P output={"a":1,"e":{"Error":"E","Cause":"why"}}
        7<-6 SucceedStateEntered name=X input={"a":1,"e":{"Error":"E","Cause":"why"}}
        8<-7 SucceedStateExited name=X output={"a":1,"e":{"Error":"E","Cause":"why"}}
        9<-8 ExecutionSucceeded output={"a":1,"e":{"Error":"E","Cause":"why"}}
        """,
    )


@pytest.mark.parametrize("name", ["E", "States.ALL", "States.BranchFailed", "States.TaskFailed"])
def test_names_that_catch_a_failed_branch(name: str) -> None:
    made = flow(P=parallel(flow(F=fail("E", None)), Catch=[catch("X", name)]), X=pass_())
    assert play(made, {}).output == {"Error": "E", "Cause": ""}


def test_branch_failed_does_not_catch_a_map() -> None:
    made = flow(M=each(flow(F=fail("E"))), N=pass_())
    made["States"]["M"]["Catch"] = [catch("N", "States.BranchFailed")]
    assert play(made, [1]).status == "FAILED"


def test_retried() -> None:
    """A new ParallelStateStarted points at the failing event; only the last attempt fails the state."""
    made = flow(P=parallel(flow(F=fail("E")), flow(B=task()), Retry=[retry("E", MaxAttempts=1, IntervalSeconds=2)]))
    player = play(made, {}, (1_999, time_()), (2_000, time_()))
    same(
        brief(player),
        """
        1<-0 ExecutionStarted
        2<-0 ParallelStateEntered P
        3<-2 ParallelStateStarted
        4<-3 FailStateEntered F
        5<-4 ParallelStateStarted
        6<-5 FailStateEntered F
        7<-6 ParallelStateFailed
        8<-7 ExecutionFailed E
        """,
    )
    assert accepted(player) == [True, False, True]


def test_retried_with_a_task_under_way() -> None:
    made = flow(P=parallel(flow(A=task()), flow(B=task()), Retry=[retry()]))
    player = play(made, {}, (1, failed(2)), (1_001, time_()), (1_002, ok(1)), (1_003, ok(3)), (1_004, ok(4)))
    assert accepted(player) == [True, True, True, False, True, True]
    assert player.status == "SUCCEEDED"
    assert "13<-10 ParallelStateStarted" in brief(player)


# Map


def test_failing_iteration() -> None:
    """Recorded: MapIterationFailed, then MapStateFailed, both at the failing event."""
    made = flow(M=each(flow(F=fail("E", "why")), MaxConcurrency=1, ItemsPath="$.l", Catch=[catch("X")]), X=pass_())
    same(
        brief(play(made, {"l": [1, 2]})),
        """
        1<-0 ExecutionStarted
        2<-0 MapStateEntered M
        3<-2 MapStateStarted 2
        4<-3 MapIterationStarted M 0
        5<-4 FailStateEntered F
        6<-5 MapIterationFailed M 0
        7<-5 MapStateFailed
        8<-7 MapStateExited M
        9<-8 PassStateEntered X
        10<-9 PassStateExited X
        11<-10 ExecutionSucceeded
        """,
    )


def test_four_that_time_out_together() -> None:
    """Recorded: all four TaskTimedOut first, then the first failure takes the others along."""
    made = flow(M=each(flow(T=task(TimeoutSeconds=3))))
    player = play(made, [0, 1, 2, 3], (3_000, time_()))
    same(
        tail(brief(player), 14),
        """
        20<-10 TaskTimedOut States.Timeout
        21<-13 TaskTimedOut States.Timeout
        22<-16 TaskTimedOut States.Timeout
        23<-19 TaskTimedOut States.Timeout
        24<-20 MapIterationFailed M 0
        25<-20 TaskStateAborted
        26<-20 MapIterationAborted M 1
        27<-20 TaskStateAborted
        28<-20 MapIterationAborted M 2
        29<-20 TaskStateAborted
        30<-20 MapIterationAborted M 3
        31<-20 TaskStateAborted
        32<-20 MapStateFailed
        33<-32 ExecutionFailed States.Timeout
        """,
    )
    assert commands(player)[4:] == ["cancel 1.1", "cancel 2.2", "cancel 3.3", "cancel 4.4"]


def test_retried_map() -> None:
    """Recorded: a new MapStateStarted at the failing event, no MapStateFailed in between."""
    retriers = [retry("NoSuch", MaxAttempts=1), retry("State.ALL", MaxAttempts=2), retry("E", MaxAttempts=2)]
    made = flow(M=each(flow(F=fail("E")), Retry=retriers))
    player = play(made, [1], (1_000, time_()), (3_000, time_()))
    same(
        brief(player),
        """
        1<-0 ExecutionStarted
        2<-0 MapStateEntered M
        3<-2 MapStateStarted 1
        4<-3 MapIterationStarted M 0
        5<-4 FailStateEntered F
        6<-5 MapIterationFailed M 0
        7<-5 MapStateStarted 1
        8<-7 MapIterationStarted M 0
        9<-8 FailStateEntered F
        10<-9 MapIterationFailed M 0
        11<-9 MapStateStarted 1
        12<-11 MapIterationStarted M 0
        13<-12 FailStateEntered F
        14<-13 MapIterationFailed M 0
        15<-13 MapStateFailed
        16<-15 ExecutionFailed E
        """,
    )


def test_iterations_that_ended_are_not_aborted() -> None:
    made = flow(M=each(flow(T=task()), MaxConcurrency=2))
    player = play(made, [0, 1, 2, 3], (1, ok(1)), (2, failed(3)))
    assert [line.split(" ", 1)[1] for line in brief(player).splitlines() if "Iteration" in line] == [
        "MapIterationStarted M 0",
        "MapIterationStarted M 1",
        "MapIterationSucceeded M 0",
        "MapIterationStarted M 2",
        "MapIterationAborted M 1",
        "MapIterationFailed M 2",
    ]


# Nested


def nested() -> dict[str, Any]:
    inner = flow(M=each(flow(T=task()), ItemsPath="$.l"))
    deep = flow(Q=parallel(inner, flow(W=wait(9))))
    return flow(P=parallel(flow(A=task()), deep, flow(B=wait(5))))


def test_all_below_a_sibling_is_aborted() -> None:
    player = play(nested(), {"l": [1, 2]}, (1, failed(1)))
    kinds = [line.split(" ", 1)[1] for line in brief(player).splitlines()]
    assert kinds[kinds.index("TaskFailed Boom") :] == [
        "TaskFailed Boom",
        "TaskStateAborted",
        "MapIterationAborted M 0",
        "TaskStateAborted",
        "MapIterationAborted M 1",
        "TaskStateAborted",
        "MapStateAborted",
        "WaitStateAborted",
        "ParallelStateAborted",
        "WaitStateAborted",
        "ParallelStateFailed",
        "ExecutionFailed Boom",
    ]
    assert sorted(commands(player)[-2:]) == ["cancel 6.2", "cancel 7.3"]


def test_failure_goes_outwards_until_somebody_catches_it() -> None:
    made = flow(M=each(flow(P=parallel(flow(F=fail("E", "why")))), Catch=[catch("X")]), X=pass_())
    same(
        brief(play(made, [0])),
        """
        1<-0 ExecutionStarted
        2<-0 MapStateEntered M
        3<-2 MapStateStarted 1
        4<-3 MapIterationStarted M 0
        5<-4 ParallelStateEntered P
        6<-5 ParallelStateStarted
        7<-6 FailStateEntered F
        8<-7 ParallelStateFailed
        9<-8 MapIterationFailed M 0
        10<-8 MapStateFailed
        11<-10 MapStateExited M
        12<-11 PassStateEntered X
        13<-12 PassStateExited X
        14<-13 ExecutionSucceeded
        """,
    )


def test_a_sibling_that_was_about_to_go_on_is_aborted_without_a_state() -> None:
    """It had left one state and not entered the next: only its iteration is said to be aborted."""
    made = flow(M=each(flow(W=wait(1), F=fail("E"))))
    player = play(made, [0, 1], (1_000, time_()))
    kinds = [line.split(" ", 1)[1] for line in brief(player).splitlines()]
    assert kinds[-5:] == [
        "FailStateEntered F",
        "MapIterationFailed M 0",
        "MapIterationAborted M 1",
        "MapStateFailed",
        "ExecutionFailed E",
    ]
    assert player.status == "FAILED"


# A state that fails by itself while its branches run


@pytest.mark.parametrize(
    "fields, ended", [({}, True), ({"Catch": [catch("X", "E")]}, False), ({"Retry": [retry("E")]}, False)]
)
def test_an_iteration_that_cannot_begin_ends_the_others(fields: dict[str, Any], ended: bool) -> None:
    """Expressions that fail with an error that may be caught are what makes this happen."""
    player = play(flow(M=each(flow(T=task()), MaxConcurrency=2, **fields), X=wait(1)), [0, 1, 2])
    run = player.execution
    run.recorder.begin_turn()
    run.commands = []
    run.put_ready(composite.fail(run, run.root, Failure("E", "why"), ("E",)))
    assert [TYPES[record[0]].name for record in run.recorder.records][:4] == [
        "MapIterationAborted",
        "TaskStateAborted",
        "MapIterationAborted",
        "TaskStateAborted",
    ]
    assert command_lines(run.commands) == ["cancel 1.1", "cancel 2.2"]
    assert (run.root.fork is not None) == ended  # kept for a redrive when nothing else goes on
    assert run.calls == 0
    assert (run.status == "FAILED") is ended


# On the way out of a catch


def test_the_states_own_output_path_is_not_applied_to_a_caught_failure() -> None:
    made = flow(P=parallel(flow(F=fail("E")), OutputPath="$.no", ResultPath="$.no", Catch=[catch("X")]), X=pass_())
    assert play(made, {"a": 1}).output == {"Error": "E", "Cause": ""}


@pytest.mark.parametrize("state", [parallel(flow(F=fail("E"))), each(flow(F=fail("E")), ItemsPath="$[0]")])
def test_trouble_in_the_catchers_result_path_is_final(state: dict[str, Any]) -> None:
    state = {**state, "Catch": [catch("X", "E", ResultPath="$.x.y"), catch("X")]}
    player = play(flow(P=state, X=pass_()), [[1]])
    assert player.execution.failure == (
        "States.ReferencePathConflict",
        "An error occurred while executing the state 'P' (entered at the event id #2). "
        "Unable to apply ReferencePath $.x.y to input [[1]]",
    )


@pytest.mark.parametrize("more, status", [(0, "SUCCEEDED"), (1, "FAILED")])
def test_size_of_a_join(more: int, status: str) -> None:
    """The join's text has three characters beside the two strings and their quotes."""
    arms = [flow(A=pass_(Result="x" * 131_068)), flow(B=pass_(Result="x" * (131_069 + more)))]
    player = play(flow(P=parallel(*arms, Catch=[catch("X")]), X=pass_()), {})
    assert player.status == status
    if more:
        assert player.execution.failure == (
            "States.DataLimitExceeded",
            "The state/task 'P' returned a result with a size exceeding the maximum number of bytes service limit.",
        )
