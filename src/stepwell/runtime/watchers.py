"""Who looks on: readers that are woken when something was committed, and the counts of what was.

Nothing is queued here: a reader that wakes reads committed rows, from where it stood. While nobody looks on, a commit
costs a count.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

from stepwell.engine.execution import Decision
from stepwell.engine.history import TYPES
from stepwell.runtime.turns import Turn

CHANGES_MAX: Final = 1_000
_ENDS: Final = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}


class Counts(Struct, rename="camel"):
    """Executions by what became of them since the server began; those that run, now.

    Children of Map Runs are no executions that somebody started, and lists have them with their runs only: of the
    STANDARD ones it is counted how many run.
    """

    running: int = 0
    started: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    aborted: int = 0
    express_running: int = 0
    children_running: int = 0


class Change(Struct, frozen=True):
    """An execution started, ended or was redriven; or, without an id, a state machine was written.

    Of a Map Run's child it is only told that there are more or fewer.
    """

    machine_id: bytes
    execution_id: bytes | None = None
    express_arn: str | None = None
    is_child: bool = False


class Watcher:
    """One reader: an event to wait for, and what changed since it last took."""

    __slots__ = ("_changes", "awake", "missed", "wanted")

    def __init__(self, wanted: Callable[[Change], bool] | None) -> None:
        self.awake = asyncio.Event()
        self.wanted = wanted
        self.missed = False  # more changed than is kept
        self._changes: dict[Change, None] = {}

    def note(self, change: Change) -> None:
        """Remember a change that it wants to hear of."""
        if self.wanted is None or not self.wanted(change):
            return
        if len(self._changes) < CHANGES_MAX:
            self._changes[change] = None
        else:
            self.missed = True
        self.awake.set()

    def take(self) -> tuple[list[Change], bool]:
        """What changed, each once, and whether that is not all."""
        taken, missed = list(self._changes), self.missed
        self._changes.clear()
        self.missed = False
        self.awake.clear()
        return taken, missed


class Watchers:
    """All readers of one node."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._running_of: Counter[int] = Counter()  # shards
        self._children_of: Counter[int] = Counter()  # shards, too
        self._of_execution: dict[bytes | str, set[Watcher]] = {}
        self._of_all: set[Watcher] = set()
        self._closing: set[Watcher] = set()
        self.closed = False

    def close(self) -> None:
        """Wake everybody: the server stops."""
        self.closed = True
        for watcher in self._closing:
            watcher.awake.set()

    @contextmanager
    def execution(self, key: bytes | str) -> Iterator[Watcher]:
        """Look on one execution, by its id, or an Express one by its ARN."""
        watcher = Watcher(None)
        self._of_execution.setdefault(key, set()).add(watcher)
        self._closing.add(watcher)
        try:
            yield watcher
        finally:
            self._closing.discard(watcher)
            others = self._of_execution[key]
            others.discard(watcher)
            if not others:
                del self._of_execution[key]

    @contextmanager
    def changes(self, wanted: Callable[[Change], bool]) -> Iterator[Watcher]:
        """Look on what starts and ends, and on state machines."""
        watcher = Watcher(wanted)
        self._of_all.add(watcher)
        self._closing.add(watcher)
        try:
            yield watcher
        finally:
            self._closing.discard(watcher)
            self._of_all.discard(watcher)

    # What is told here

    def went_on(self, key: bytes | str) -> None:
        """Events of an execution were committed."""
        for watcher in self._of_execution.get(key, ()):
            watcher.awake.set()

    def changed(self, change: Change) -> None:
        """Something that lists show was committed."""
        for watcher in self._of_all:
            watcher.note(change)

    def machine_written(self, machine_id: bytes) -> None:
        """A state machine was created, updated or deleted."""
        self.changed(Change(machine_id))

    def committed(self, turn: Turn) -> None:
        """What a turn of a durable execution changed is durable."""
        live = turn.live
        status = live.execution.status
        if self._of_execution:
            self.went_on(live.id)
        began = turn.start_name is not None
        if not began and turn.reopen is None and status == "RUNNING":
            return
        change = (began or turn.reopen is not None) - (status != "RUNNING")
        is_child = live.machine.map_run_id is not None
        if is_child:
            self._running(turn.shard, 0, change)
        else:
            self.counts.started += began
            self._running(turn.shard, change, 0)
            self._count(status)
        if self._of_all:
            self.changed(Change(live.machine.id, live.id, is_child=is_child))

    def took(self, shard: int, running: int, children: int) -> None:
        """This node drives a shard from now on, in which so many executions are open, and so many children besides."""
        self._running(shard, running, children)

    def let_go(self, shard: int) -> None:
        """Another node drives it."""
        self._running(shard, -self._running_of[shard], -self._children_of[shard])

    def _running(self, shard: int, change: int, children: int) -> None:
        self._running_of[shard] += change
        self._children_of[shard] += children
        self.counts.running += change
        self.counts.children_running += children

    def express(self, arn: str, machine_id: bytes, decision: Decision) -> None:
        """An Express execution took a turn."""
        self.went_on(arn)
        if not decision.records:
            return
        began, last = decision.first_event_id == 1, TYPES[decision.records[-1][0]].name
        ended = _ENDS.get(last)
        if began or ended:
            self.counts.started += began
            self.counts.express_running += began - (ended is not None)
            self._count(ended)
            self.changed(Change(machine_id, express_arn=arn))

    def _count(self, status: str | None) -> None:
        if status is not None and status != "RUNNING":
            name = status.lower()
            setattr(self.counts, name, getattr(self.counts, name) + 1)
