"""A group of commits as rows: gathered by statement, so that each statement runs once over all of the group.

The hot path of the whole server; it runs on the event loop. Rows are tuples in the order of the statement's parameters.
Nothing here knows connections, threads, or when a transaction begins and ends.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from stepwell.store.map_runs import map_run_columns
from stepwell.store.protocol import CommitRefused, StaleOwner
from stepwell.store.records import STATUSES, ClosedRow, Commit, ExecutionRow, Fence, OpenRow, ReopenedRow

Row = tuple[Any, ...]
Key = tuple[int, bytes]

BUCKET = 0
"""SQLite has one bucket: what more would spread has one disk anyway."""


class Transaction(Protocol):
    """What a group needs of the transaction it is written in."""

    def many(self, query: str, rows: Sequence[Row]) -> int:
        """Run a write once for every row; answers how many rows it changed in all."""

    def fetch(self, query: str, *parameters: Any) -> list[Row]:
        """The rows of a query, which sees what the transaction wrote."""


def check_fences(transaction: Transaction, fences: Sequence[Fence]) -> None:
    """Raises StaleOwner when somebody else owns one of the shards by now."""
    stale = [fence.shard for fence in fences if transaction.fetch("load_epoch", fence.shard) != [(fence.epoch,)]]
    if stale:
        raise StaleOwner(stale)


def write_group(transaction: Transaction, commits: Sequence[Commit], shards: int) -> dict[int, bytes]:
    """Write the group but for executions whose name is taken; position -> id of the holder, of their commits."""
    holders = _take_names(transaction, commits)
    lost: dict[int, bytes] = {}
    rows = Rows(shards)
    for position, commit in enumerate(commits):
        if holders and commit.execution_id in holders:
            lost[position] = holders[commit.execution_id]
        else:
            rows.add(commit)
    rows.write(transaction)
    return lost


def _take_names(transaction: Transaction, commits: Sequence[Commit]) -> dict[bytes, bytes]:
    """Insert the names of the group; execution -> holder of its name, for those that came too late."""
    names: list[Row] = [
        (BUCKET, commit.start.machine_id, commit.start.name, commit.execution_id)
        for commit in commits
        if commit.start is not None
    ]
    if not names or transaction.many("insert_name", names) == len(names):
        return {}
    holders = {}
    for *key, execution_id in names:
        holder: bytes = transaction.fetch("find_execution", *key)[0][0]
        if holder != execution_id:
            holders[execution_id] = holder
    return holders


class Rows:
    """The rows of a group, by statement."""

    __slots__ = (
        "_shards",
        "blobs",
        "branches",
        "closes",
        "executions",
        "history",
        "listing",
        "logs",
        "map_runs",
        "messages",
        "moves",
        "opens",
        "over",
        "reopened_listing",
        "reopened_runs",
        "reopens",
        "replies",
        "steps",
        "taken",
        "tasks",
    )

    def __init__(self, shards: int) -> None:
        self._shards = shards
        self.executions: list[Row] = []
        self.listing: list[Row] = []
        self.opens: list[Row] = []
        self.steps: list[Row] = []
        self.closes: list[Row] = []
        self.moves: list[Row] = []
        self.over: list[Row] = []
        self.reopens: list[Row] = []
        self.reopened_listing: list[Row] = []
        self.history: list[Row] = []
        self.logs: list[Row] = []
        self.branches: dict[tuple[int, bytes, int], bytes | None] = {}
        self.blobs: list[Row] = []
        self.tasks: list[Row] = []
        self.taken: list[Row] = []
        self.map_runs: list[Row] = []
        self.reopened_runs: list[Row] = []
        self.messages: list[Row] = []
        self.replies: list[Row] = []

    def add(self, commit: Commit) -> None:
        """Take up one commit. Raises CommitRefused for one that no database could take."""
        key = (commit.shard, commit.execution_id)
        if not 0 <= commit.shard < self._shards:
            raise CommitRefused(f"this database has {self._shards} shards, and no shard {commit.shard}")
        if commit.reopen is not None:
            self._reopen(key, commit.reopen)
        if commit.start is not None:
            self._start(key, commit.start, commit.open, commit.close)
        elif commit.close is not None:
            self._close(key, commit.close)
        elif commit.open is not None:
            self.steps.append((*key, *_open_columns(commit.open)))
        self._add_beside(key, commit)

    def _add_beside(self, key: Key, commit: Commit) -> None:
        """What a commit has beside its execution and open row."""
        shard, execution_id = key
        for batch in commit.history:
            self.history.append((shard, execution_id, batch.first_event_id, batch.events, batch.batch))
            if commit.logged:
                self.logs.append((shard, execution_id, batch.first_event_id))
        if commit.branches and commit.close is None:
            for page, branches in commit.branches.items():
                self.branches[shard, execution_id, page] = branches
        for number, content in commit.blobs:
            self.blobs.append((shard, execution_id, number, content))
        for task in commit.tasks_put:
            row = (shard, task.activity_id, task.sequence, task.execution_id, task.branch, task.attempt)
            self.tasks.append(row)
        for activity_id, sequence in commit.tasks_taken:
            self.taken.append((shard, activity_id, sequence))
        self.map_runs.extend(map(map_run_columns, commit.map_runs))
        for run in commit.reopened_runs:
            self.reopened_runs.append((*key, run.id, run.attempt, run.redrives, run.redriven_ms))
        for reply in commit.replies:
            self.messages.append((reply.shard, reply.id))
            if reply.node is not None:
                self.replies.append((reply.node, reply.id, reply.body))

    def _start(self, key: Key, start: ExecutionRow, opened: OpenRow | None, close: ClosedRow | None) -> None:
        """A new execution; one that is already over is written once, in its final form."""
        status, stopped_ms, result = start.status, start.stopped_ms, start.result
        if close is not None:
            status, stopped_ms, result = _checked(close.status), close.stopped_ms, close.result
        elif opened is not None and status == "RUNNING":
            self.opens.append((*key, *_open_columns(opened)))
        else:
            raise CommitRefused(f"the execution {start.name} starts neither running and open nor closed")
        machine_id, name, started_ms = start.machine_id, start.name, start.started_ms
        row = (machine_id, start.revision, name, status, started_ms, stopped_ms, start.detail, result)
        qualifier = (start.version, start.alias)
        self.executions.append((*key, *row, *qualifier))
        shard, execution_id = key
        sort_ms = started_ms if stopped_ms is None else stopped_ms
        line = (BUCKET, machine_id, status, sort_ms, execution_id, shard, name, started_ms, stopped_ms)
        self.listing.append((*line, *qualifier))

    def _reopen(self, key: Key, reopen: ReopenedRow) -> None:
        """A closed execution goes on. Its open row is empty until this very commit changes it, or takes it away."""
        self.reopened_listing.append((BUCKET, *key, reopen.redrives, reopen.redriven_ms))
        self.reopens.append((*key, reopen.redrives, reopen.redriven_ms, reopen.redrive))

    def _close(self, key: Key, close: ClosedRow) -> None:
        """The end of an execution that was open."""
        status, stopped_ms = _checked(close.status), close.stopped_ms
        self.closes.append((*key, status, stopped_ms, close.result))
        self.moves.append((BUCKET, *key, status, stopped_ms))
        self.over.append(key)

    def write(self, transaction: Transaction) -> None:
        """Run the statements. An execution may start, go on and end within one group, hence the order."""
        if self.executions:
            transaction.many("insert_execution", self.executions)
            transaction.many("insert_listing", self.listing)
            transaction.many("insert_open", self.opens)
        if self.reopens:
            _change(transaction, "reopen_listing", self.reopened_listing)
            _change(transaction, "reopen_execution", self.reopens)
            transaction.many("insert_open", [(*row[:2], None, 0, b"", b"") for row in self.reopens])
        _change(transaction, "update_open", self.steps)
        self._write_branches(transaction)
        if self.over:
            _change(transaction, "close_execution", self.closes)
            _change(transaction, "close_listing", self.moves)
            _change(transaction, "delete_open", self.over)
            transaction.many("delete_branches", self.over)
        _run(transaction, "insert_history", self.history)
        _run(transaction, "insert_log", self.logs)
        _run(transaction, "insert_blob", self.blobs)
        _run(transaction, "insert_task", self.tasks)
        _run(transaction, "delete_task", self.taken)
        _run(transaction, "insert_map_run", self.map_runs)
        _change(transaction, "reopen_map_run", self.reopened_runs)
        _run(transaction, "delete_message", self.messages)
        _run(transaction, "insert_reply", self.replies)

    def _write_branches(self, transaction: Transaction) -> None:
        if self.branches:
            kept: list[Row] = [(*key, page) for key, page in self.branches.items() if page is not None]
            gone: list[Row] = [key for key, page in self.branches.items() if page is None]
            _run(transaction, "put_branch", kept)
            _run(transaction, "delete_branch", gone)


def _open_columns(opened: OpenRow) -> Row:
    return (opened.due_ms, opened.calls, opened.state.encode("utf-8", "surrogatepass"), opened.snapshot)


def _checked(status: str) -> str:
    if status not in STATUSES or status == "RUNNING":
        raise CommitRefused(f"{status} is no status that an execution ends with")
    return status


def _run(transaction: Transaction, query: str, rows: list[Row]) -> None:
    if rows:
        transaction.many(query, rows)


def _change(transaction: Transaction, query: str, rows: list[Row]) -> None:
    """Run a write that must find every one of its rows. Raises CommitRefused: an execution is not open."""
    if rows and transaction.many(query, rows) != len(rows):
        raise CommitRefused(f"{query}: an execution of this group is not open")
