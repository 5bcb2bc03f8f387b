"""Redrives of a distributed Map as its parent sees them: with which run it goes on, or that it begins another."""

from dataclasses import replace

import pytest

from stepwell.engine.events import MapRunEnded
from stepwell.engine.failure import Failure
from stepwell.limits import AWS
from stepwell.payload import Payload
from stepwell.testing.lines import brief_lines
from stepwell.testing.player import Player
from tests.engine.machines import catch, each, flow, parallel, pass_, retry, task
from tests.engine.player import commands, failed, play, stop, time_

PROCESSOR = {**flow(I=pass_()), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
TOO_MANY = "States.ExceedToleratedFailureThreshold"


def spread(**fields):
    return each(PROCESSOR, Label="L", **fields)


def ended(attempt, error=None, branch=0):
    output = None if error else Payload("[]")
    return lambda p: MapRunEnded(branch, attempt, output, error, None)


def redrive(player: Player, count: int = 1) -> list[str]:
    """Redrive an execution as the runtime does; answers the events since, in short."""
    before = len(player.events)
    decision = player.redrive(count)
    assert decision is not None and decision.accepted
    return brief_lines(player.events[before:])


def goes_on(player: Player) -> str:
    return commands(player)[-1]


@pytest.mark.parametrize("error", [TOO_MANY, "States.ItemReaderFailed", "States.ResultWriterFailed"])
def test_a_failed_run_goes_on(error):
    player = play(flow(M=spread()), [1], (5, ended(1, error)))
    assert redrive(player) == ["8<-7 ExecutionRedriven", "9<-2 MapRunRedriven"]
    details = player.events[-1]["mapRunRedrivenEventDetails"]
    started = next(event for event in player.events if event["type"] == "MapRunStarted")
    assert details == {**started["mapRunStartedEventDetails"], "redriveCount": 1}
    assert goes_on(player) == "redrive map run 0.2 1"
    assert not player.decide(MapRunEnded(0, 1, Payload("[]"))).accepted  # that was the attempt before
    assert player.decide(MapRunEnded(0, 2, Payload("[]"))).accepted
    assert brief_lines(player.events[-4:]) == [
        "10<-9 MapRunSucceeded",
        "11<-10 MapStateSucceeded",
        "12<-9 MapStateExited M",
        "13<-12 ExecutionSucceeded",
    ]


@pytest.mark.parametrize("error", ["States.DataLimitExceeded", "States.Runtime", "States.QueryEvaluationError"])
def test_after_any_other_failure_another_run_begins(error):
    player = play(flow(M=spread()), [1], (5, ended(1, error)))
    assert [line.split()[1] for line in redrive(player)] == ["ExecutionRedriven", "MapStateStarted", "MapRunStarted"]
    assert goes_on(player).startswith("start map run 0.2 ")


def test_a_stopped_run_goes_on_and_is_counted():
    player = play(flow(M=spread()), [1], (5, stop()))
    redrive(player)
    player.play(MapRunEnded(0, 2, None, TOO_MANY, None), 6)
    assert redrive(player, 2)[1].endswith("<-2 MapRunRedriven")
    assert goes_on(player) == "redrive map run 0.3 2"


def test_a_run_that_succeeded_is_over():
    """It was its state's output that failed."""
    state = spread(ResultSelector={"a.$": "$.nothing"})
    player = play(flow(M=state), [1], (5, ended(1)))
    assert player.status == "FAILED"
    assert [line.split()[1] for line in redrive(player)][2] == "MapRunStarted"


def test_the_run_of_the_last_retry_goes_on():
    player = play(flow(M=spread(Retry=[retry(MaxAttempts=1)])), [1], (5, ended(1, TOO_MANY)), (2000, time_()))
    player.play(MapRunEnded(0, 2, None, TOO_MANY, None), 3000)
    redrive(player)
    second = [event for event in player.events if event["type"] == "MapRunStarted"][1]
    redriven = player.events[-1]["mapRunRedrivenEventDetails"]
    assert redriven["mapRunArn"] == second["mapRunStartedEventDetails"]["mapRunArn"]
    assert goes_on(player) == "redrive map run 0.3 1"


def test_a_run_of_an_earlier_state_means_nothing():
    states = {"M": spread(Catch=[catch("T")]), "T": task(End=True)}
    player = play(flow(**states), [1], (5, ended(1, TOO_MANY)), (6, failed(2)))
    assert [line.split()[1] for line in redrive(player)] == ["ExecutionRedriven", "TaskScheduled", "TaskStarted"]


def test_a_run_in_a_branch_goes_on():
    arms = [flow(M=spread()), flow(T=task())]
    player = play(flow(P=parallel(*arms)), [1], (5, failed(2)))
    assert player.status == "FAILED" and "stop map run 1.1" in commands(player)
    assert [line.split()[1] for line in redrive(player)][1:] == ["MapRunRedriven", "TaskScheduled", "TaskStarted"]
    assert "redrive map run 1.3 1" in commands(player)


def test_a_run_is_redriven_so_often_at_most():
    player = play(flow(M=spread()), [1], (5, ended(1, TOO_MANY)), limits=replace(AWS, map_run_redrives_max=1))
    redrive(player)
    player.play(MapRunEnded(0, 2, None, TOO_MANY, None), 6)
    redrive(player, 2)
    cause = "An error occurred while executing the state 'M' (entered at the event id #2). "
    assert player.execution.failure == Failure("States.Runtime", f"{cause}A Map Run can be redriven 1 times.")
