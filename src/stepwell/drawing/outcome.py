"""What became of each state of an execution, from its history: the colours of a drawing.

It reads events in AWS's form and order. A state may be visited many times, in loops, arms and iterations: in one branch
the latest visit counts, between branches the one that says most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

_FAILURES: Final = ("TaskFailed", "TaskStartFailed", "TaskSubmitFailed", "ActivityFailed", "ActivityScheduleFailed")
_FAILURES_OF_FUNCTIONS: Final = ("LambdaFunctionFailed", "LambdaFunctionScheduleFailed", "LambdaFunctionStartFailed")
_TIMEOUTS: Final = ("TaskTimedOut", "ActivityTimedOut", "LambdaFunctionTimedOut")
_SCHEDULED: Final = ("TaskScheduled", "ActivityScheduled", "LambdaFunctionScheduled")


class Status(Enum):
    """The word for a state, strongest first."""

    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    ABORTED = "aborted"
    CAUGHT = "caught"
    SUCCEEDED = "succeeded"


class StateOutcome(NamedTuple):
    """How a state stands, how often it was entered, and how many of its attempts were retries."""

    status: Status
    count: int = 1
    retries: int = 0


class Transition(NamedTuple):
    """A way that was taken, by the names of its states; "" stands for the start and for the end."""

    source: str
    target: str
    caught: bool


@dataclass(slots=True)
class Outcome:
    """What is known of an execution: its states by name, and the ways it took."""

    states: dict[str, StateOutcome] = field(default_factory=dict)
    taken: set[Transition] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class _Branch:
    """The execution, an arm or an iteration, with the latest visit of each of its states."""

    fork: _Visit | None
    visits: dict[str, _Visit] = field(default_factory=dict)
    last: _Visit | None = None


@dataclass(slots=True, eq=False)
class _Visit:
    """One stay in a state."""

    branch: _Branch
    name: str
    type: str
    status: Status = Status.RUNNING
    failing: Status | None = None
    arms: list[_Branch] = field(default_factory=list)


def read_outcome(events: Iterable[Mapping[str, Any]]) -> Outcome:
    """The outcome of an execution so far."""
    reader = _Reader()
    for event in events:
        reader.take(event)
    return reader.outcome()


class _Reader:
    def __init__(self) -> None:
        self._root = _Branch(None)
        self._stands: dict[int, _Visit | _Branch] = {}
        self._counts: dict[str, int] = {}
        self._retries: dict[str, int] = {}
        self._taken: set[Transition] = set()

    def take(self, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        stand = self._stands.get(event["previousEventId"], self._root)
        if kind.endswith("StateEntered"):
            stand = self._enter(stand, event["stateEnteredEventDetails"]["name"], kind.removesuffix("StateEntered"))
        elif kind.endswith("StateExited"):
            stand = self._exit(stand, event["stateExitedEventDetails"]["name"])
        elif kind == "MapIterationStarted":
            stand = self._fork(_climb(stand, event["mapIterationStartedEventDetails"]["name"]))
        elif kind.startswith("Execution") and kind != "ExecutionStarted":
            self._end(kind)
        elif isinstance(stand, _Visit):
            stand = self._happen(stand, kind)
        self._stands[event["id"]] = stand

    def outcome(self) -> Outcome:
        found: dict[str, Status] = {}
        strength = {status: number for number, status in enumerate(Status)}
        branches = [self._root]
        for branch in branches:  # grows as it is walked
            for visit in branch.visits.values():
                status = _shown(visit)
                found[visit.name] = min(found.get(visit.name, status), status, key=strength.__getitem__)
                branches.extend(visit.arms)
        states = {
            name: StateOutcome(status, self._counts[name], self._retries.get(name, 0)) for name, status in found.items()
        }
        return Outcome(states, self._taken)

    def _enter(self, stand: _Visit | _Branch, name: str, kind: str) -> _Visit:
        if isinstance(stand, _Visit):
            forks = stand.type == "Parallel" and stand.status is Status.RUNNING
            branch = self._fork(stand) if forks else stand.branch
        else:
            branch = stand
        self._go(branch, name)
        visit = _Visit(branch, name, kind)
        if kind == "Fail":
            visit.status = Status.FAILED
        branch.visits[name] = branch.last = visit
        self._counts[name] = self._counts.get(name, 0) + 1
        return visit

    def _go(self, branch: _Branch, target: str) -> None:
        last = branch.last
        caught = last is not None and last.status is Status.CAUGHT
        self._taken.add(Transition(last.name if last is not None else "", target, caught))

    def _exit(self, stand: _Visit | _Branch, name: str) -> _Visit | _Branch:
        visit = _climb(stand, name)
        if isinstance(visit, _Visit):
            visit.status = Status.CAUGHT if visit.failing is not None else Status.SUCCEEDED
        return visit

    def _fork(self, stand: _Visit | _Branch) -> _Branch:
        branch = _Branch(stand if isinstance(stand, _Visit) else None)
        if isinstance(stand, _Visit):
            stand.arms.append(branch)
        return branch

    def _happen(self, visit: _Visit, kind: str) -> _Visit:
        """Attempts, their ends, and forks that begin or fail."""
        if kind in _SCHEDULED:
            self._begin_attempt(visit)
        elif kind in _FAILURES or kind in _FAILURES_OF_FUNCTIONS:
            visit.failing = Status.FAILED
        elif kind in _TIMEOUTS:
            visit.failing = Status.TIMED_OUT
        elif kind in ("ParallelStateStarted", "MapStateStarted"):
            self._begin_attempt(visit)
            visit.arms.clear()
        elif kind in ("ParallelStateFailed", "MapStateFailed"):
            visit = _fork_around(visit, kind.removesuffix("StateFailed"))
            visit.failing = Status.FAILED
            for arm in visit.arms:
                _stop(arm, Status.ABORTED)
        return visit

    def _begin_attempt(self, visit: _Visit) -> None:
        if visit.failing is not None:
            self._retries[visit.name] = self._retries.get(visit.name, 0) + 1
        visit.failing = None

    def _end(self, kind: str) -> None:
        if kind in ("ExecutionSucceeded", "ExecutionFailed") and self._root.last is not None:
            self._taken.add(Transition(self._root.last.name, "", False))
        _stop(self._root, Status.TIMED_OUT if kind == "ExecutionTimedOut" else Status.ABORTED)


def _climb(stand: _Visit | _Branch, name: str) -> _Visit | _Branch:
    """The nearest visit of a state by its name, here or around."""
    at: _Visit | None = stand if isinstance(stand, _Visit) else stand.fork
    while at is not None:
        if at.name == name:
            return at
        at = at.branch.fork
    return stand


def _fork_around(visit: _Visit, kind: str) -> _Visit:
    at: _Visit | None = visit
    while at is not None:
        if at.type == kind and at.failing is None and at.status is Status.RUNNING:
            return at
        at = at.branch.fork
    return visit


def _stop(branch: _Branch, status: Status) -> None:
    """Nothing in a branch goes on: what failed stays so, what has not ended gets the status."""
    branches = [branch]
    for one in branches:  # grows as it is walked
        for visit in one.visits.values():
            if visit.status is Status.RUNNING:
                visit.status = visit.failing or status
            branches.extend(visit.arms)


def _shown(visit: _Visit) -> Status:
    """An open visit waits if it is a Wait state, or between two attempts."""
    if visit.status is not Status.RUNNING:
        return visit.status
    return Status.WAITING if visit.type == "Wait" or visit.failing is not None else Status.RUNNING
