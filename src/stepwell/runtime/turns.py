"""The live executions of a shard, and what the current group has decided for each of them.

`Live` is an execution in memory with the ids of its rows. `Turn` gathers the decisions of one group for one execution,
and becomes one `Commit`: a history row, the open row, the branch pages that were touched.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, Protocol

from msgspec import Struct, field

from stepwell.engine.commands import Command
from stepwell.engine.events import ActivityTaken, Event
from stepwell.engine.execution import Decision, Execution
from stepwell.engine.history import Turn as HistoryTurn
from stepwell.integrations.base import HttpTrace
from stepwell.runtime.codec import (
    encode_detail,
    encode_pages,
    encode_remains,
    encode_result,
    encode_snapshot,
    encode_text,
    encode_turns,
)
from stepwell.runtime.machines import Machine
from stepwell.runtime.messages import reply_to
from stepwell.store.records import (
    ActivityTaskRow,
    ClosedRow,
    Commit,
    ExecutionRow,
    HistoryRow,
    MapRunRow,
    Message,
    OpenRow,
    ReopenedRow,
    ReopenedRunRow,
    Reply,
)

TaskKey = tuple[bytes, int, int]  # execution, branch, attempt

_PARAMETERS_MAX: Final = 16_384  # characters that travel with a reply


class Live(Struct, eq=False):
    """An execution in memory. `version` and `alias`: by which it was started; `trace` is there in tests of a state."""

    id: bytes
    machine: Machine
    execution: Execution
    version: int | None = None
    alias: str | None = None
    trace: HttpTrace | None = None


class Asker(Protocol):
    """Whoever hears what became of an event, once: a future, or what takes the answer straight on."""

    def done(self) -> bool:
        """Whether nobody listens any more."""

    def set_result(self, result: bool, /) -> None:
        """Whether the event was accepted; durable."""

    def set_exception(self, exception: Exception, /) -> None:
        """Nothing happened, or nobody knows."""


class Item(Struct, eq=False):
    """One thing to decide on. `live` is there for a new or redriven execution only."""

    execution_id: bytes
    event: Event
    answer: Asker | None = None
    live: Live | None = None
    start_name: str | None = None
    trace_header: str | None = None
    tries: int = 0
    reopen: ReopenedRow | None = None
    message: Message | None = None

    def settle(self, accepted: bool) -> None:
        """Tell whoever waits."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(accepted)

    def refuse(self, error: Exception) -> None:
        """Tell whoever waits that nothing happened."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(error)


class Turn(Struct, eq=False):
    """What one group changed in one execution, and who waits to hear that it is durable."""

    live: Live
    shard: int
    start_name: str | None = None
    trace_header: str | None = None
    first_event_id: int = 0
    history: list[HistoryTurn] = field(default_factory=list)
    events: int = 0
    blobs: list[tuple[int, str]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    items: list[tuple[Item, bool]] = field(default_factory=list)
    tasks_put: list[ActivityTaskRow] = field(default_factory=list)
    tasks_taken: list[tuple[bytes, int]] = field(default_factory=list)
    tasks_gone: list[TaskKey] = field(default_factory=list)
    map_runs: list[MapRunRow] = field(default_factory=list)
    reopened_runs: list[ReopenedRunRow] = field(default_factory=list)
    more: bool = False
    changed: bool = False
    encoded: Commit | None = None
    reopen: ReopenedRow | None = None
    replies: list[Reply] = field(default_factory=list)

    def add(self, item: Item, decision: Decision) -> None:
        """Take a decision into the group."""
        self.items.append((item, decision.accepted))
        if item.message is not None:
            self.replies.append(reply_to(item.message, decision.accepted, self._parameters_for(item.event)))
        self.more = decision.more
        if not decision.worth_a_commit:
            return
        self.changed = True
        if decision.records:
            if not self.history:
                self.first_event_id = decision.first_event_id
            self.history.append((decision.at_ms, decision.records))
            self.events += len(decision.records)
        if decision.blobs:
            self.blobs.extend(decision.blobs)
        if decision.commands:
            self.commands.extend(decision.commands)
        self.touched |= decision.touched

    def _parameters_for(self, event: Event) -> str | None:
        """What a task that another node has just got is to work on, so that it need not be looked up."""
        branch = self.live.execution.branches.get(event.branch) if isinstance(event, ActivityTaken) else None
        if branch is None or branch.attempt is None or branch.attempt.parameters is None:
            return None
        text = branch.attempt.parameters.text
        return text if len(text) <= _PARAMETERS_MAX else None

    @property
    def is_written(self) -> bool:
        """Whether there is something to commit."""
        return self.changed or bool(self.replies)

    def take_back(self, task: TaskKey) -> bool:
        """Whether the activity task was put by this very turn; then its row need not be written at all."""
        for row in self.tasks_put:
            if (row.execution_id, row.branch, row.attempt) == task:
                self.tasks_put.remove(row)
                return True
        return False

    def encode(self) -> Commit:
        """The rows of this turn. Encoding notes which texts have become blobs, so it is done once."""
        if self.encoded is None:
            self.encoded = self._commit()
        return self.encoded

    def _commit(self) -> Commit:
        live = self.live
        execution = live.execution
        commit = Commit(self.shard, live.id, machine_id=live.machine.id, replies=self.replies)
        if not self.changed:
            return commit
        execution.recorder.blobs = []  # encoding may put more large texts apart
        commit.reopen = self.reopen
        if self.start_name is not None:
            commit.start = self._start_row()
        if execution.status == "RUNNING":
            due_ms = execution.at_ms if execution.ready else execution.due_ms
            execution.touched = self.touched
            commit.branches = encode_pages(execution)
            snapshot = encode_snapshot(execution)
            commit.open = OpenRow(due_ms, execution.calls, execution.root.state.name, snapshot)
        else:
            result = encode_result(
                execution.recorder,
                execution.output,
                execution.failure,
                given=execution.facts.input,
                remains=encode_remains(execution),
            )
            commit.close = ClosedRow(execution.status, execution.stopped_ms or execution.at_ms, result)
        if self.history:
            commit.history.append(HistoryRow(self.first_event_id, self.events, encode_turns(self.history)))
            logged = live.machine.logged
            commit.logged = logged is not None and any(logged.wants(records) for _, records in self.history)
        commit.blobs = [(n, encode_text(text)) for n, text in (*self.blobs, *execution.recorder.blobs)]
        commit.tasks_put = self.tasks_put
        commit.tasks_taken = self.tasks_taken
        commit.map_runs = self.map_runs
        commit.reopened_runs = self.reopened_runs
        return commit

    def _start_row(self) -> ExecutionRow:
        live = self.live
        facts = live.execution.facts
        return ExecutionRow(
            id=live.id,
            shard=self.shard,
            machine_id=live.machine.id,
            revision=live.machine.revision.revision,
            name=facts.name,
            status="RUNNING",
            started_ms=facts.started_ms,
            stopped_ms=None,
            detail=encode_detail(live.execution.recorder, facts.input, self.trace_header),
            version=live.version,
            alias=live.alias,
        )


class Residents:
    """Live executions, the least recently used of which leave memory first; they are loaded again when needed."""

    def __init__(self, kept_max: int) -> None:
        self._kept_max = kept_max
        self._lives: OrderedDict[bytes, Live] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lives)

    def __iter__(self) -> Iterator[Live]:
        return iter(list(self._lives.values()))

    def get(self, execution_id: bytes) -> Live | None:
        """The live execution, if it is here."""
        live = self._lives.get(execution_id)
        if live is not None:
            self._lives.move_to_end(execution_id)
        return live

    def keep(self, live: Live) -> None:
        """Keep it, at the cost of the one that was idle longest."""
        self._lives[live.id] = live
        if len(self._lives) > self._kept_max:
            self._lives.popitem(last=False)

    def drop(self, execution_id: bytes) -> None:
        """Forget a live execution; its rows are the truth."""
        self._lives.pop(execution_id, None)
