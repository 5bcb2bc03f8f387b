"""Conformance cases: a definition, an input, what its tasks answer, and the history that has to come of it.

A case is plain JSON:

    {"name": "retry_then_success", "source": "recorded", "definition": {...}, "input": {...},
     "tasks": {"Call": [{"error": "Busy", "after_s": 1}, {"output": {"n": 1}}]},
     "history": ["1<-0 ExecutionStarted input={} roleArn=${role}", ...], "status": "SUCCEEDED", "seconds": 3}

* `tasks` gives each Task state's answers, one for each attempt in order; the last is used again when they run out. An
  answer has `output`, or `output_characters` (a string of that length), or `error` and `cause` (either may be missing:
  `{"error": null}`), or `silent`. Optional members:
  `after_s` (since the attempt began to run), `stage` of a failure, `submitted` (output of a job's or token's first
  call), `taken_after_s` and `worker` of an activity (`taken_after_s` null: nobody takes it), `beats_s` (heartbeats at
  these times after the beginning). A Task state without answers echoes its parameters.
* `stop` {"after_s", "error", "cause"} is StopExecution; `delete_after_s` deletes the state machine.
* `missing_activities` true: no activity exists.
* `history` are lines as in `lines.history_lines`. `${role}`, `${machine}`, `${execution}` stand for this run's ARNs,
  `${any}` for any text. `brief` true compares `lines.brief_lines` instead.
* `status`, and `seconds` between start and stop, are compared where they are given.

`run_case` plays a case on the engine alone, under a clock that jumps from one event to the next.
"""

import re
from collections.abc import Mapping
from heapq import heappop, heappush
from itertools import count
from typing import Any

from stepwell.engine.commands import Command, RunTask, ScheduleActivity, WatchTask
from stepwell.engine.events import (
    ActivityTaken,
    Event,
    HeartbeatReceived,
    MachineDeleted,
    StopRequested,
    TaskFailed,
    TaskSubmitted,
    TaskSucceeded,
    TimePassed,
)
from stepwell.payload import Payload
from stepwell.testing.lines import brief_lines, history_lines
from stepwell.testing.player import EXECUTION_ARN, MACHINE_ARN, ROLE_ARN, START_MS, Player

_STEPS_MAX = 100_000


class CaseFailed(AssertionError):
    """What came differs from what a case says; the message shows the first difference and both histories."""


def run_case(case: Mapping[str, Any], *, player: type[Player] = Player) -> Player:
    """Play a case on the engine. Raises CaseFailed, or ValueError for a definition that is not valid."""
    stage = _Stage(case, player)
    stage.run()
    check_history(case, stage.player.events, {"role": ROLE_ARN, "machine": MACHINE_ARN, "execution": EXECUTION_ARN})
    execution = stage.player.execution
    if case.get("status", execution.status) != execution.status:
        raise CaseFailed(f"{case['name']}: the status is {execution.status}, not {case['status']}")
    seconds = ((execution.stopped_ms or START_MS) - START_MS) / 1000
    if case.get("seconds", seconds) != seconds:
        raise CaseFailed(f"{case['name']}: it took {seconds} s, not {case['seconds']} s")
    return stage.player


def check_history(case: Mapping[str, Any], events: list[dict[str, Any]], known: Mapping[str, str]) -> None:
    """Compare history events, as GetExecutionHistory gives them, with a case. Raises CaseFailed."""
    lines = brief_lines(events) if case.get("brief") else history_lines(events)
    wanted = list(case["history"])
    for place in range(max(len(lines), len(wanted))):
        has = lines[place] if place < len(lines) else "(nothing)"
        wants = wanted[place] if place < len(wanted) else "(nothing)"
        if not _matches(wants, has, known):
            history = "\n".join(lines)
            raise CaseFailed(f"{case['name']}: wanted\n  {wants}\ngot\n  {has}\nin\n{history}")


def _matches(wanted: str, line: str, known: Mapping[str, str]) -> bool:
    for name, text in known.items():
        wanted = wanted.replace(f"${{{name}}}", text)
    if "${any}" not in wanted:
        return wanted == line
    return re.fullmatch(".*".join(map(re.escape, wanted.split("${any}"))), line, re.DOTALL) is not None


class _Stage:
    """The world of one case: its services and workers, and a clock that jumps."""

    def __init__(self, case: Mapping[str, Any], player: type[Player]) -> None:
        exists = not case.get("missing_activities", False)
        self.player = player(case["definition"], case.get("input"), activity_exists=lambda arn: exists)
        self.answers: dict[str, list[dict[str, Any]]] = {name: list(row) for name, row in case.get("tasks", {}).items()}
        self.agenda: list[tuple[int, int, Event]] = []
        self.order = count()
        stop = case.get("stop")
        if stop is not None:
            self.plan(stop["after_s"], StopRequested(stop.get("error"), stop.get("cause")))
        if "delete_after_s" in case:
            self.plan(case["delete_after_s"], MachineDeleted())

    def plan(self, at_s: float, event: Event) -> None:
        heappush(self.agenda, (round(at_s * 1000), next(self.order), event))

    def run(self) -> None:
        player = self.player
        player.start()
        done = self.serve(0)
        for _ in range(_STEPS_MAX):
            if player.status != "RUNNING":
                return
            due_ms = player.due_ms
            if self.agenda and (due_ms is None or self.agenda[0][0] < due_ms):
                at_ms, _, event = heappop(self.agenda)
                player.play(event, max(at_ms, player.at_ms))
            elif due_ms is not None:
                player.play(TimePassed(), max(due_ms, player.at_ms))
            else:
                raise CaseFailed("the execution waits for something that the case does not give")
            done = self.serve(done)
        raise CaseFailed("the execution does not end")

    def serve(self, done: int) -> int:
        """Plan the answers to the commands that have come since."""
        for command in self.player.commands[done:]:
            self.answer(command)
        return len(self.player.commands)

    def answer(self, command: Command) -> None:
        now_s = self.player.at_ms / 1000
        match command:
            case RunTask():
                self.call(command, self.next_answer(command.state_name, command.parameters), now_s)
            case ScheduleActivity():
                name = self.player.execution.branches[command.branch].state.name
                self.work(command, self.next_answer(name, command.input), now_s)
            case _:
                pass  # a job's end was planned with its beginning; what is given up answers nobody

    def next_answer(self, state_name: str, parameters: Payload) -> dict[str, Any]:
        row = self.answers.get(state_name)
        if not row:
            return {"output": parameters.value}
        return row.pop(0) if len(row) > 1 else row[0]

    def call(self, command: RunTask | WatchTask, answer: dict[str, Any], now_s: float) -> None:
        if command.resource.pattern and answer.get("stage") is None:
            submitted = Payload.of(answer.get("submitted", {}))
            self.plan(now_s, TaskSubmitted(command.branch, command.attempt, submitted))
        self.end(command.branch, command.attempt, answer, now_s)

    def work(self, command: ScheduleActivity, answer: dict[str, Any], now_s: float) -> None:
        taken_after_s = answer.get("taken_after_s", 0)
        if taken_after_s is None:
            return
        self.plan(now_s + taken_after_s, ActivityTaken(command.branch, command.attempt, answer.get("worker")))
        self.end(command.branch, command.attempt, answer, now_s + taken_after_s)

    def end(self, branch: int, attempt: int, answer: dict[str, Any], from_s: float) -> None:
        for beat_s in answer.get("beats_s", ()):
            self.plan(from_s + beat_s, HeartbeatReceived(branch, attempt))
        if answer.get("silent"):
            return
        event: Event
        if "output_characters" in answer:
            event = TaskSucceeded(branch, attempt, Payload.of("x" * answer["output_characters"]))
        elif "output" in answer:
            event = TaskSucceeded(branch, attempt, Payload.of(answer["output"]))
        else:
            stage = answer.get("stage", "run")
            event = TaskFailed(branch, attempt, answer.get("error"), answer.get("cause"), stage)
        self.plan(from_s + answer.get("after_s", 0), event)
