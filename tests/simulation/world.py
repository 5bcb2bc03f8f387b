"""A world for one execution, all of it from one seed: its services and workers, its clock, its crashes.

Answers come late, twice, or never; heartbeats come or stop; time creeps and jumps; a commit fails, after which the
event is handed in again; the server dies and loads the execution from its rows. `Watch` judges every decision.
"""

import copy
from dataclasses import replace
from random import Random
from typing import Any

from stepwell.engine.branch import Wait
from stepwell.engine.commands import CancelTask, EvaluateExpressions, RunTask, ScheduleActivity, WatchTask
from stepwell.engine.evaluation import answer, questions_of
from stepwell.engine.events import (
    ActivityTaken,
    Event,
    ExpressionsEvaluated,
    HeartbeatReceived,
    MachineDeleted,
    Poisoned,
    Resumed,
    Started,
    StopRequested,
    TaskFailed,
    TaskSubmitted,
    TaskSucceeded,
    TimePassed,
)
from stepwell.engine.execution import Execution
from stepwell.limits import AWS, Limits
from stepwell.payload import Payload
from stepwell.testing.lines import command_lines, history_lines
from stepwell.testing.player import Player
from tests.engine.player import check_rows
from tests.simulation.fold import check_history, fold
from tests.simulation.generator import Generator

STEPS_MAX = 250
_ERRORS = ("Boom", "Crash", "States.TaskFailed", "States.Timeout", None)


def limits_of(dice: Random) -> Limits:
    """AWS's limits, or ones so narrow that they are met all the time."""
    return replace(
        AWS,
        history_events_max=dice.choice((400, 400, 60, 25)),
        transitions_per_turn_max=dice.choice((500, 7, 1)),
        record_bytes_per_turn_max=dice.choice((262_144, 200)),
        blob_bytes_min=dice.choice((32_768, 40, 5)),
        payload_bytes_max=dice.choice((262_144, 262_144, 2_000)),
        map_concurrency_max=dice.choice((40, 3)),
        activity_start_grace_ms=dice.choice((0, 5_000)),
    )


class World:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = dice = Random(seed)
        given = {
            "a": dice.randint(0, 9),
            "list": list(range(dice.choice((0, 1, 3, 7)))),
            "s": "x" * dice.randint(0, 60),
        }
        known = dice.random() < 0.9
        definition = Generator(dice).definition()
        limits = limits_of(dice)
        self.player, self.twin = (
            Player(definition, given, limits=limits, activity_exists=lambda arn: known) for _ in range(2)
        )
        self.script: list[tuple[Event, int]] = []
        self.open: dict[int, RunTask | WatchTask | ScheduleActivity] = {}
        self.asked: dict[int, EvaluateExpressions] = {}
        self.closing: list[Event] = []  # answers that were taken: their attempts are closed
        self.beats_unwritten = False
        self.beats_lost = False

    # One run

    def run(self) -> None:
        self.hand_in(Started())
        for _ in range(STEPS_MAX):
            if self.player.status != "RUNNING":
                break
            self.step()
        if self.player.status == "RUNNING":
            self.hand_in(StopRequested("Enough", None))
        self.check_end()

    def step(self) -> None:
        dice = self.dice
        roll = dice.random()
        if roll < 0.08:
            self.reload()
        elif roll < 0.16:
            self.repeat()
        elif roll < 0.2:
            self.hand_in(dice.choice(self.strangers()))
        elif roll < 0.21:
            self.end_from_outside()
        elif self.player.execution.ready and roll < 0.55:
            self.hand_in(Resumed())
        elif self.asked and roll < 0.65:
            self.evaluate()
        elif self.open and roll < 0.75:
            self.answer()
        else:
            self.pass_time()

    def reload(self) -> None:
        """The server dies. All that was written is there again; a heartbeat that was not written is lost, no more."""
        self.player.reload()
        self.beats_lost |= self.beats_unwritten
        self.beats_unwritten = False

    def end_from_outside(self) -> None:
        dice = self.dice
        event = dice.choice((StopRequested(None, None), StopRequested("E", "C"), MachineDeleted(), Poisoned("bad")))
        self.hand_in(event)

    def strangers(self) -> list[Event]:
        """Events that nobody waits for."""
        last = self.player.execution.next_attempt
        return [
            Started(),
            TaskSucceeded(self.dice.randint(0, 9), last + 3, Payload("1")),
            TaskFailed(self.dice.randint(0, 9), last + 3, None, None),
            HeartbeatReceived(self.dice.randint(0, 9), last),
            ActivityTaken(0, last, None),
            TaskSubmitted(0, 0, Payload("{}")),
        ]

    def repeat(self) -> None:
        """An answer comes twice, or long after its attempt was closed."""
        if self.closing:
            decision = self.hand_in(self.dice.choice(self.closing))
            assert not decision, "a closed attempt was answered again"

    def pass_time(self) -> None:
        player, dice = self.player, self.dice
        due_ms = player.due_ms
        if due_ms is None or dice.random() < 0.2:
            player.at_ms += dice.choice((0, 1, 700, 15_000))
        else:
            player.at_ms = max(player.at_ms, due_ms + dice.choice((-1, 0, 0, 0, 1, 4_000)))
        early = due_ms is None or due_ms > player.at_ms
        assert self.hand_in(TimePassed()) != early, "time alone moves something exactly when it is due"

    def evaluate(self) -> None:
        """Expressions have been worked out; meanwhile their branch may be gone."""
        command = self.asked.pop(self.dice.choice(sorted(self.asked)))
        assert questions_again(self.player.execution, command) in (command, None), (
            "asked again, it is the same question"
        )
        event = ExpressionsEvaluated(command.branch, command.number, tuple(map(answer, command.questions)))
        self.hand_in(event)
        self.closing.append(event)

    def answer(self) -> None:
        """One of the open tasks goes a step further."""
        dice = self.dice
        command = self.open[dice.choice(sorted(self.open))]
        branch, attempt = command.branch, command.attempt
        waits = self.player.execution.branches[branch].wait
        roll = dice.random()
        event: Event
        if roll < 0.15:
            event = HeartbeatReceived(branch, attempt)
        elif waits is Wait.QUEUE:
            event = ActivityTaken(branch, attempt, dice.choice((None, "worker")))
        elif roll < 0.4:
            stage = dice.choice(("run", "run", "start", "submit", "schedule"))
            event = TaskFailed(branch, attempt, dice.choice(_ERRORS), dice.choice((None, "why")), stage)
        elif waits is Wait.CALL and command_pattern(command) and roll < 0.9:
            event = TaskSubmitted(branch, attempt, self.payload())
        else:
            event = TaskSucceeded(branch, attempt, self.payload())
        self.hand_in(event)

    def payload(self) -> Payload:
        dice = self.dice
        return Payload.of(dice.choice(({"a": 1}, "done", 7, [1, 2.5], {"s": "y" * dice.choice((10, 50, 3_000))})))

    # Handing in

    def hand_in(self, event: Event) -> bool:
        """Decide on an event; sometimes the commit fails, and the event comes again to the tree that the rows hold."""
        if self.dice.random() < 0.1 and not isinstance(event, Started):
            self.fail_commit(event)
        self.script.append((event, self.player.at_ms))
        self.player.dice = self.dice_of(len(self.script))
        decision = self.player.decide(event)
        self.beats_unwritten |= decision.accepted and not decision.worth_a_commit
        for command in decision.commands:
            if isinstance(command, CancelTask):
                self.open.pop(command.attempt, None)
            elif isinstance(command, EvaluateExpressions):
                self.asked[command.number] = command
            else:
                self.open[command.attempt] = command
        if decision.worth_a_commit and not self.beats_unwritten and self.player.status == "RUNNING":
            check_rows(self.player)
        if decision.accepted and isinstance(event, TaskSucceeded | TaskFailed):
            self.open.pop(event.attempt, None)
            self.closing.append(event)
        return decision.accepted

    def dice_of(self, turn: int) -> Random:
        """Each turn has dice of its own, so that a twin can throw the same ones."""
        return Random(self.seed * 1_000 + turn)

    def fail_commit(self, event: Event) -> None:
        player = self.player
        kept: dict[str, Any] = {
            name: copy.copy(getattr(player, name))
            for name in ("events", "commands", "decisions", "branch_of", "questions", "watch")
        }
        kept["watch"].attempts = set(player.watch.attempts)
        rows = copy.copy(player.rows)
        rows.pages, rows.blobs = dict(rows.pages), dict(rows.blobs)
        player.decide(event)
        player.rows = rows
        for name, value in kept.items():
            setattr(player, name, value)
        self.reload()

    # The end

    def check_end(self) -> None:
        player = self.player
        execution = player.execution
        check_history(player.events, player.machine)
        output = None if execution.output is None else execution.output.text
        error, cause = execution.failure or (None, None)
        assert fold(player.events) == (execution.status, output, error, cause)
        assert len(player.events) <= player.limits.history_events_max
        for event in (Started(), TimePassed(), Resumed(), StopRequested(None, None), MachineDeleted(), *self.closing):
            assert not player.decide(event).accepted
        if not self.beats_lost:
            self.check_twin()

    def check_twin(self) -> None:
        """An execution that was never thrown away, and met no failed commit, went the same way."""
        twin = self.twin
        for turn, (event, at_ms) in enumerate(self.script, start=1):
            twin.dice = self.dice_of(turn)
            twin.decide(event, at_ms)
        assert history_lines(twin.events) == history_lines(self.player.events)
        assert command_lines(twin.commands) == command_lines(self.player.commands)


def questions_again(execution: Execution, command: EvaluateExpressions) -> EvaluateExpressions | None:
    """What the branch would ask after a crash; None when it waits for this no more."""
    branch = execution.branches.get(command.branch)
    if branch is None or branch.evaluation is None or branch.evaluation.number != command.number:
        return None
    return questions_of(execution, branch)


def command_pattern(command: RunTask | WatchTask | ScheduleActivity) -> str:
    return "" if isinstance(command, ScheduleActivity) else command.resource.pattern


def simulate(seed: int) -> World:
    """One seed, one execution; raises AssertionError for a broken rule."""
    world = World(seed)
    world.run()
    return world
