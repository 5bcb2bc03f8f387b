"""Succeed: it has an exit, and ends its own line of progress only."""

from tests.engine.machines import flow, parallel, pass_, succeed
from tests.engine.player import brief, play, same


def test_paths() -> None:
    assert play(flow(S=succeed(InputPath="$.a", OutputPath="$.b")), {"a": {"b": 3}}).output == 3
    assert play(flow(S=succeed(OutputPath=None)), {"a": 1}).output == {}


def test_history() -> None:
    same(
        brief(play(flow(S=succeed()), {})),
        """
        1<-0 ExecutionStarted
        2<-0 SucceedStateEntered S
        3<-2 SucceedStateExited S
        4<-3 ExecutionSucceeded
        """,
    )


def test_in_a_branch_it_ends_that_branch() -> None:
    made = flow(P=parallel(flow(S=succeed()), flow(A=pass_(Result=2))), B=pass_())
    assert play(made, 1).output == [1, 2]


def test_bad_path() -> None:
    assert play(flow(S=succeed(OutputPath="$.no")), {}).status == "FAILED"
