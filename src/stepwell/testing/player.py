"""The engine alone, under a clock that stands still until it is told otherwise.

A `Player` owns one execution: it hands events in, keeps what comes out, and checks after every decision what has to
hold always (`invariants`). Next to the live execution it keeps the rows that a store would have, so that the execution
can be thrown away and loaded again between any two events.
"""

import json
from collections.abc import Callable, Coroutine, Iterable
from random import Random
from typing import Any, Final

from stepwell.asl.compile import compile_definition
from stepwell.asl.machine import StateMachine
from stepwell.engine.commands import Command, EvaluateExpressions, RunTask, ScheduleActivity
from stepwell.engine.evaluation import answer
from stepwell.engine.events import Event, ExpressionsEvaluated, Redriven, Resumed, Started
from stepwell.engine.execution import Decision, Execution, Facts
from stepwell.engine.history import render
from stepwell.limits import AWS, Limits
from stepwell.payload import Payload
from stepwell.runtime.codec import (
    decode_turns,
    encode_pages,
    encode_remains,
    encode_snapshot,
    encode_turns,
    restore,
    restore_remains,
)
from stepwell.testing.invariants import Watch

START_MS: Final = 1_700_000_000_000
MACHINE_ARN: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:machine"
EXECUTION_ARN: Final = "arn:aws:states:us-east-1:123456789012:execution:machine:run"
ROLE_ARN: Final = "arn:aws:iam::123456789012:role/stepwell"


class Rows:
    """What a store holds of an open execution."""

    def __init__(self) -> None:
        self.snapshot = b""
        self.pages: dict[int, bytes] = {}
        self.blobs: dict[int, str] = {}

    def write(self, execution: Execution, touched: Iterable[int]) -> None:
        """Write the root and the pages of these branches, as a commit does."""
        execution.touched = set(touched)
        execution.recorder.blobs = []
        for number, page in encode_pages(execution).items():
            if page is None:
                self.pages.pop(number, None)
            else:
                self.pages[number] = page
        self.snapshot = encode_snapshot(execution)
        self.blobs.update(execution.recorder.blobs)

    async def load_blob(self, number: int) -> str:
        """A large text."""
        return self.blobs[number]


def run_now(work: Coroutine[Any, Any, None]) -> None:
    """Finish a coroutine that never has to wait."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("the coroutine wanted to wait")


class Player:
    """Plays events to one execution. Times are milliseconds since its start."""

    def __init__(
        self,
        definition: dict[str, Any] | str,
        given: Any = None,
        *,
        seed: int = 1,
        limits: Limits = AWS,
        activity_exists: Callable[[str], bool] = lambda arn: True,
    ) -> None:
        self.machine = compiled(definition, limits)
        self.limits = limits
        self.dice = Random(seed)
        self.activity_exists = activity_exists
        self.given = Payload(given) if isinstance(given, str) else Payload.of({} if given is None else given)
        self.execution = Execution(self.machine, self._facts(self.given), limits)
        self.rows = Rows()
        self.watch = Watch(self.execution)
        self.at_ms = 0
        self.events: list[dict[str, Any]] = []
        self.commands: list[Command] = []
        self.decisions: list[Decision] = []
        self.answering = True  # whether `play` evaluates what expressions ask for
        self.questions: list[EvaluateExpressions] = []  # not answered yet
        self.branch_of: dict[int, int] = {}  # attempt -> branch

    def _facts(self, given: Payload) -> Facts:
        return Facts(
            arn=EXECUTION_ARN,
            name="run",
            machine_arn=MACHINE_ARN,
            machine_name="machine",
            role_arn=ROLE_ARN,
            region="us-east-1",
            input=given,
            started_ms=START_MS,
            token_of=lambda branch, attempt: f"token-{branch}-{attempt}",
            activity_exists=self.activity_exists,
        )

    def start(self) -> Decision:
        """The first event."""
        return self.play(Started())

    def play(self, event: Event, at_ms: int | None = None) -> Decision:
        """Hand an event in, then let left-over work go on until none is left, and answer what expressions ask for.

        Answers with the first decision.
        """
        first = decision = self.decide(event, at_ms)
        while decision.more or (self.questions and self.answering):
            decision = self.decide(Resumed() if decision.more else self.next_answers())
        return first

    def next_answers(self) -> ExpressionsEvaluated:
        """Evaluate what was asked for first."""
        command = self.questions.pop(0)
        answers = tuple(answer(question) for question in command.questions)
        return ExpressionsEvaluated(command.branch, command.number, answers)

    def decide(self, event: Event, at_ms: int | None = None) -> Decision:
        """Hand one event in and keep its consequences."""
        self.at_ms = self.at_ms if at_ms is None else at_ms
        decision = self.execution.decide(event, START_MS + self.at_ms, self.dice)
        self.decisions.append(decision)
        self.rows.blobs.update(decision.blobs)
        if decision.records:
            turns = decode_turns(encode_turns([(decision.at_ms, decision.records)]))
            self.events.extend(render(turns, decision.first_event_id, self.rows.blobs.__getitem__))
        self.commands.extend(decision.commands)
        for command in decision.commands:
            if isinstance(command, EvaluateExpressions):
                self.questions.append(command)
            if isinstance(command, RunTask | ScheduleActivity):
                self.branch_of[command.attempt] = command.branch
        self.watch.look(self.execution, event, decision)
        if decision.worth_a_commit and self.execution.status == "RUNNING":
            self.rows.write(self.execution, decision.touched)
        return decision

    def reload(self) -> None:
        """Throw the live execution away and load it from its rows, as after a crash."""
        given = Payload(self.given.text)
        execution = Execution(self.machine, self._facts(given), self.limits)
        run_now(restore(execution, self.rows.snapshot, list(self.rows.pages.values()), self.rows.load_blob))
        self.execution = execution
        self.watch.reloaded(execution)

    def redrive(self, count: int) -> Decision | None:
        """Let an execution that ended badly go on, for so manyeth time, as the runtime does; None when it cannot."""
        ended = self.execution
        ended.recorder.blobs = []
        remains = encode_remains(ended)
        if remains is None:
            return None
        self.rows.blobs.update(ended.recorder.blobs)
        self.rows.pages = {}
        self.execution = Execution(self.machine, self._facts(Payload(self.given.text)), self.limits)
        run_now(restore_remains(self.execution, remains, self.rows.load_blob))
        self.execution.redrives = count - 1
        self.watch.closed = False
        self.watch.attempts = set()
        return self.decide(Redriven(count))

    def write_all(self) -> None:
        """Write every branch, also what a heartbeat that was not worth a commit has changed."""
        self.rows.write(self.execution, list(self.execution.branches))

    @property
    def status(self) -> str:
        return self.execution.status

    @property
    def due_ms(self) -> int | None:
        """When time alone makes something happen."""
        due_ms = self.execution.due_ms if self.execution.status == "RUNNING" else None
        return None if due_ms is None else due_ms - START_MS

    @property
    def output(self) -> Any:
        """The value of the execution's output."""
        assert self.execution.output is not None, self.execution.failure
        return self.execution.output.value


def compiled(definition: dict[str, Any] | str, limits: Limits = AWS) -> StateMachine:
    """The machine of a valid definition. Raises ValueError with its diagnostics."""
    text = definition if isinstance(definition, str) else json.dumps(definition)
    found = compile_definition(text, limits=limits)
    if found.machine is None:
        raise ValueError("; ".join(f"{finding.location}: {finding.message}" for finding in found.diagnostics))
    return found.machine
