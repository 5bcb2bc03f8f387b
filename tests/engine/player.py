"""Scripts for the engine: (time in ms, event) pairs, played to a `Player` in three ways that have to agree.

`play` plays a script live, live again (equal seeds give equal decisions), and with the execution thrown away and loaded
from its rows after every single event. It answers with the live player.
"""

from collections.abc import Callable
from textwrap import dedent
from typing import Any

from stepwell.engine.commands import RunTask, ScheduleActivity
from stepwell.engine.events import (
    ActivityTaken,
    Event,
    HeartbeatReceived,
    MachineDeleted,
    Poisoned,
    Resumed,
    StopRequested,
    TaskFailed,
    TaskSubmitted,
    TaskSucceeded,
    TimePassed,
)
from stepwell.engine.execution import Decision
from stepwell.payload import Payload
from stepwell.runtime.codec import unpack
from stepwell.testing.lines import brief_lines, command_lines, history_lines
from stepwell.testing.player import Player, Rows

Maker = Callable[[Player], Event]
Step = tuple[int, Maker]


class ReloadingPlayer(Player):
    """Loads the execution anew from its rows after every event."""

    def decide(self, event: Event, at_ms: int | None = None) -> Decision:
        decision = super().decide(event, at_ms)
        if self.execution.status == "RUNNING":
            if decision.accepted and not decision.worth_a_commit:
                self.write_all()
            check_rows(self)
            self.reload()
        return decision


def check_rows(player: Player) -> None:
    """Every branch that changed was named as touched: the rows are those of the whole tree."""
    whole = Rows()
    whole.write(player.execution, list(player.execution.branches))
    assert unpack(player.rows.snapshot) == unpack(whole.snapshot)
    assert {number: unpack(page) for number, page in player.rows.pages.items()} == {
        number: unpack(page) for number, page in whole.pages.items()
    }


# Events; a task is named by its attempt


def _at(player: Player, attempt: int) -> int:
    return player.branch_of.get(attempt, 0)


def ok(attempt: int, output: Any = None, *, text: str | None = None) -> Maker:
    return lambda p: TaskSucceeded(
        _at(p, attempt), attempt, Payload(text) if text is not None else Payload.of({} if output is None else output)
    )


def failed(attempt: int, error: str | None = "Boom", cause: str | None = None, stage: str = "run") -> Maker:
    return lambda p: TaskFailed(_at(p, attempt), attempt, error, cause, stage)


def submitted(attempt: int, output: Any = None) -> Maker:
    return lambda p: TaskSubmitted(_at(p, attempt), attempt, Payload.of({} if output is None else output))


def taken(attempt: int, worker: str | None = None) -> Maker:
    return lambda p: ActivityTaken(_at(p, attempt), attempt, worker)


def beat(attempt: int) -> Maker:
    return lambda p: HeartbeatReceived(_at(p, attempt), attempt)


def time_() -> Maker:
    return lambda p: TimePassed()


def resumed() -> Maker:
    return lambda p: Resumed()


def stop(error: str | None = None, cause: str | None = None) -> Maker:
    return lambda p: StopRequested(error, cause)


def delete() -> Maker:
    return lambda p: MachineDeleted()


def poison(cause: str = "bad") -> Maker:
    return lambda p: Poisoned(cause)


# Playing


def play(definition: dict[str, Any], given: Any = None, *steps: Step, **options: Any) -> Player:
    """Start, then each step in turn; all three ways give the same history, commands and end."""
    players = [kind(definition, given, **options) for kind in (Player, Player, ReloadingPlayer)]
    for player in players:
        player.start()
        for at_ms, maker in steps:
            player.play(maker(player), at_ms)
    live, *others = players
    for other in others:
        assert history_lines(other.events) == history_lines(live.events)
        assert [e["timestamp"] for e in other.events] == [e["timestamp"] for e in live.events]
        assert command_lines(other.commands) == command_lines(live.commands)
        assert [(d.accepted, d.worth_a_commit, d.more) for d in other.decisions] == [
            (d.accepted, d.worth_a_commit, d.more) for d in live.decisions
        ]
        assert other.status == live.status
        assert other.execution.failure == live.execution.failure
        assert other.execution.stopped_ms == live.execution.stopped_ms
    return live


def brief(player: Player) -> str:
    return "\n".join(brief_lines(player.events))


def full(player: Player) -> str:
    return "\n".join(history_lines(player.events))


def commands(player: Player) -> list[str]:
    return command_lines(player.commands)


def same(text: str, expected: str) -> None:
    """Equal, apart from how the table is indented."""
    assert text == dedent(expected).strip()


def attempts(player: Player) -> list[int]:
    """The attempts that were begun, in order."""
    return [c.attempt for c in player.commands if isinstance(c, RunTask | ScheduleActivity)]


def accepted(player: Player) -> list[bool]:
    """Of each event, the start among them, whether it was taken."""
    return [decision.accepted for decision in player.decisions]
