"""What has to hold after every decision of the engine, whatever the definition, the events and the times.

`Watch` looks at one execution from its start to its end. A violation is an AssertionError that says which rule broke.
"""

from typing import Any, Final

from stepwell.engine.branch import OUTWARD_WAITS, TASK_WAITS, Branch, Wait
from stepwell.engine.commands import CancelTask, EvaluateExpressions, RunTask, ScheduleActivity, WatchTask
from stepwell.engine.events import Event
from stepwell.engine.execution import Decision, Execution
from stepwell.engine.history import TYPES
from stepwell.engine.variables import NO_VARIABLES

_TERMINAL: Final = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}
_SCHEDULED: Final = frozenset(("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"))
_FROM_NOWHERE: Final = frozenset(("ExecutionStarted", "ExecutionTimedOut", "ExecutionAborted"))


class Watch:
    """Follows one execution."""

    def __init__(self, execution: Execution) -> None:
        self.last_id = 0
        self.at_ms = execution.at_ms
        self.used: set[int] = set()  # numbers of attempts and evaluations
        self.attempts: set[int] = set()  # open ones
        self.closed = False

    def reloaded(self, execution: Execution) -> None:
        """A copy from the rows takes over: it must stand where the other one stood."""
        assert execution.recorder.next_id == self.last_id + 1, "the loaded execution is at another event"
        _check_tree(execution, self.attempts)

    def look(self, execution: Execution, event: Event, decision: Decision) -> None:
        """Check one decision and the execution after it."""
        if not decision.accepted:
            nothing = not (decision.records or decision.commands or decision.touched or decision.blobs)
            assert nothing and not decision.worth_a_commit, f"{event} was refused and changed something"
        if not decision.worth_a_commit:
            lost = decision.records or decision.commands or decision.blobs
            assert not lost, f"{event} has consequences that nobody would write"
        assert not self.closed or not decision.accepted, f"{event} was taken after the end"
        kinds = [TYPES[record[0]].name for record in decision.records]
        self._check_ids(decision, kinds)
        self._check_end(execution, kinds)
        self._check_commands(decision, kinds)
        if execution.status == "RUNNING":
            standing = {b.attempt.number for b in execution.branches.values() if b.attempt and b.wait in TASK_WAITS}
            self.attempts = {n for n in self.attempts if n in standing}
            _check_tree(execution, self.attempts)
            assert decision.more == bool(execution.ready), "left-over work is announced"

    def _check_ids(self, decision: Decision, kinds: list[str]) -> None:
        if decision.records:
            assert decision.first_event_id == self.last_id + 1, "event ids are dense"
            assert decision.at_ms >= self.at_ms, "event times never go back"
            self.at_ms = decision.at_ms
        for kind, record in zip(kinds, decision.records, strict=True):
            self.last_id += 1
            previous = record[1]
            assert 0 <= previous < self.last_id, f"event {self.last_id} points at {previous}"
            if kind in _FROM_NOWHERE or self.last_id == 2:
                assert previous == 0, f"{kind} points nowhere"
            elif kind not in ("ExecutionFailed", "EvaluationFailed"):  # these may point at the start of all
                assert previous >= 2, f"event {self.last_id} {kind} points at an event of its execution"

    def _check_end(self, execution: Execution, kinds: list[str]) -> None:
        assert not (kinds and self.closed), "nothing follows the end"
        for kind in kinds[:-1]:
            assert kind not in _TERMINAL, "the event that ends the execution is its last"
        status = _TERMINAL.get(kinds[-1], "RUNNING") if kinds else None
        if status is not None:
            assert execution.status == status, f"status {execution.status} after {kinds[-1]}"
        self.closed = execution.status != "RUNNING"
        if self.closed:
            assert not execution.ready and not execution.branches and execution.due_ms in (None, execution.deadline_ms)
            assert execution.stopped_ms is not None
            assert (execution.output is not None) == (execution.status == "SUCCEEDED")

    def _check_commands(self, decision: Decision, kinds: list[str]) -> None:
        begun = [c for c in decision.commands if isinstance(c, RunTask | ScheduleActivity)]
        scheduled = sum(kind in _SCHEDULED for kind in kinds)
        assert scheduled - self.closed <= len(begun) <= scheduled, "each task has its record, and the other way round"
        watched = [c for c in decision.commands if isinstance(c, WatchTask)]
        assert len(watched) <= kinds.count("TaskSubmitted"), "a job is watched after it was submitted"
        numbers = [c.attempt for c in begun]
        numbers += [c.number for c in decision.commands if isinstance(c, EvaluateExpressions)]
        for number in numbers:
            assert number not in self.used, "an attempt's number is used once"
            self.used = self.used | {number}  # a new set: who keeps a copy of a watch keeps what it had seen
        self.attempts.update(new.attempt for new in begun)
        for command in decision.commands:
            if isinstance(command, CancelTask):
                assert command.attempt in self.attempts, f"attempt {command.attempt} was not open, or given up twice"
                self.attempts.remove(command.attempt)


def _check_tree(execution: Execution, attempts: set[int]) -> None:
    branches = execution.branches
    assert branches[0] is execution.root
    ready = list(execution.ready)
    assert len({id(branch) for branch in ready}) == len(ready), "a branch is ready once"
    for branch in branches.values():
        _check_branch(execution, branch, branch in ready)
    standing = {b.attempt.number for b in branches.values() if b.attempt is not None and b.wait in TASK_WAITS}
    assert standing == attempts, "the open attempts are those that branches wait for"
    own = {id(branch.variables): branch.variables.bytes for branch in branches.values()}
    assert execution.variable_bytes == sum(own.values()), "the size of all variables"
    calls = sum(branch.wait in OUTWARD_WAITS for branch in branches.values())
    assert execution.calls == calls, f"{execution.calls} calls counted, {calls} awaited"
    due: list[Any] = [branch.due_ms for branch in branches.values()]
    due.append(execution.deadline_ms)
    earliest = min((one for one in due if one is not None), default=None)
    assert execution.due_ms == earliest, f"the timer says {execution.due_ms}, the branches {earliest}"


def _check_branch(execution: Execution, branch: Branch, ready: bool) -> None:
    wait = branch.wait
    assert ready == (wait is Wait.NOTHING), f"branch {branch.id} is stuck: {wait!r}, ready: {ready}"
    if branch.parent is not None:
        fork = branch.parent.fork
        assert fork is not None and fork.children[branch.index] is branch, "a branch hangs in its parent's fork"
        assert execution.branches[branch.parent.id] is branch.parent
    assert (branch.fork is not None) == (wait is Wait.BRANCHES), f"branch {branch.id} and its inner branches"
    if wait is Wait.BRANCHES:
        assert branch.fork is not None
        _check_fork(branch)
    if wait in (Wait.TIME, Wait.RETRY):
        assert branch.due_ms is not None, f"branch {branch.id} waits for ever"
    if wait in TASK_WAITS:
        assert branch.attempt is not None and branch.state.type == "Task"
    assert (branch.evaluation is not None) == (wait is Wait.EVALUATION), f"branch {branch.id} and its evaluation"
    outer = NO_VARIABLES if branch.parent is None else branch.parent.variables
    assert branch.variables is outer or branch.variables.outer in (None, outer), f"the scope of branch {branch.id}"
    assert (branch.output is not None) == (wait is Wait.END), f"branch {branch.id} and its output"


def _check_fork(branch: Branch) -> None:
    fork = branch.fork
    assert fork is not None
    ended = sum(child.wait is Wait.END for child in fork.children.values())
    assert fork.finished == ended < fork.width, "a fork counts its ended branches and joins at the last"
    assert sorted(fork.children) == list(range(fork.next_index)), "branches begin in order and stay until the join"
    if branch.state.type == "Map":
        assert len(fork.children) - ended <= fork.concurrency, "no more iterations at once than asked for"
        assert len(fork.children) - ended == min(fork.concurrency, fork.width - ended), "no slot stays empty"
