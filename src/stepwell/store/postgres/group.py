"""A group of commits as columns: one array for each parameter of each part of the one statement that writes the group.

All parts of a statement see the database as it was before it, so an execution may occur once in a statement. A group in
which one occurs again is written as several, one after another in a transaction: `waves` cuts it. The hot path of the
whole server; it runs on the event loop. Nothing here knows connections.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from stepwell.store.driver import Row, encode
from stepwell.store.map_runs import map_run_columns
from stepwell.store.protocol import CommitRefused
from stepwell.store.records import STATUSES, ClosedRow, Commit, ExecutionRow, OpenRow

NameKey = tuple[int, bytes, str]

PARTS: Final = (
    "fence",
    "insert_name",
    "lost",
    "nobody_lost",
    "insert_execution",
    "insert_listing",
    "reopen_execution",
    "reopen_listing",
    "insert_open",
    "update_open",
    "put_branch",
    "delete_branch",
    "delete_branches",
    "close_execution",
    "close_listing",
    "delete_open",
    "insert_history",
    "insert_log",
    "insert_blob",
    "insert_task",
    "delete_task",
    "insert_map_run",
    "reopen_map_run",
    "delete_message",
    "insert_reply",
)
"""The parts of a statement in their order: one may use what an earlier one returns."""

COUNTED: Final = frozenset(
    (
        "fence",
        "update_open",
        "reopen_execution",
        "reopen_listing",
        "close_execution",
        "close_listing",
        "delete_open",
        "reopen_map_run",
    )
)
"""Parts that must find every one of their rows, or the whole group is refused."""

_LEADERS: Final = {"close_listing": "close_execution", "reopen_listing": "reopen_execution"}
"""Parts that have no rows of their own: they go on with what another one found."""


def waves(commits: Sequence[Commit]) -> list[list[Commit]]:
    """The commits in their order, cut so that no execution occurs twice in one wave."""
    if all(commit.reopen is None for commit in commits) and _all_different(commits):
        return [list(commits)]
    cut: list[list[Commit]] = []
    depths: dict[bytes, int] = {}
    for commit in commits:
        for step in _single_steps(commit):
            depth = depths.get(step.execution_id, 0)
            depths[step.execution_id] = depth + 1
            if depth == len(cut):
                cut.append([])
            cut[depth].append(step)
    return cut


def _all_different(commits: Sequence[Commit]) -> bool:
    return len({commit.execution_id for commit in commits}) == len(commits)


def _single_steps(commit: Commit) -> Iterable[Commit]:
    """A redrive that ends at once changes its rows twice: first it is open, then closed."""
    if commit.reopen is None or commit.close is None:
        return (commit,)
    key = Commit(commit.shard, commit.execution_id, machine_id=commit.machine_id)
    return (replace(commit, open=OpenRow(None, 0, "", b""), close=None), replace(key, close=commit.close))


class Wave:
    """The rows of commits of different executions, by the part that writes them."""

    __slots__ = ("_bucket", "_shards", "claims", "parts", "rivals")

    def __init__(self, shards: frozenset[int] | range, bucket: Callable[[bytes], int]) -> None:
        self._shards = shards
        self._bucket = bucket
        self.parts: dict[str, list[Row]] = {}
        self.claims: dict[NameKey, bytes] = {}  # the first execution of the group that wants a name
        self.rivals: dict[bytes, NameKey] = {}  # the others that want it

    def add(self, commit: Commit) -> None:
        """Take up one commit. Raises CommitRefused for one that no database could take."""
        shard, execution_id = key = (commit.shard, commit.execution_id)
        if shard not in self._shards:
            raise CommitRefused(f"shard {shard} is not among those that this group writes to")
        if commit.start is not None:
            if not self._claim(commit.start, execution_id):
                return
            self._start(key, commit.start, commit.open, commit.close)
        elif commit.reopen is not None:
            again = (commit.reopen.redrives, commit.reopen.redriven_ms, commit.reopen.redrive)
            self._put("reopen_execution", (*key, *again, self._bucket(commit.machine_id)))
            self._put("insert_open", (*key, *_open_columns(commit.open or OpenRow(None, 0, "", b""))))
        elif commit.close is not None:
            self._close(key, commit.close, commit.machine_id)
        elif commit.open is not None:
            self._put("update_open", (*key, *_open_columns(commit.open)))
        self._add_beside(key, commit)

    def _add_beside(self, key: tuple[int, bytes], commit: Commit) -> None:
        """What a commit has beside its execution and open row."""
        shard = commit.shard
        for batch in commit.history:
            self._put("insert_history", (*key, batch.first_event_id, batch.events, batch.batch))
            if commit.logged:
                self._put("insert_log", (*key, batch.first_event_id))
        if commit.close is None:
            for page, branches in commit.branches.items():
                if branches is not None:
                    self._put("put_branch", (*key, page, branches))
                elif commit.start is None:
                    self._put("delete_branch", (*key, page))
        for number, content in commit.blobs:
            self._put("insert_blob", (*key, number, content))
        for task in commit.tasks_put:
            row = (shard, task.activity_id, task.sequence, task.execution_id, task.branch, task.attempt)
            self._put("insert_task", row)
        for activity_id, sequence in commit.tasks_taken:
            self._put("delete_task", (shard, activity_id, sequence))
        for run in commit.map_runs:
            self._put("insert_map_run", map_run_columns(run))
        for again in commit.reopened_runs:
            self._put("reopen_map_run", (*key, again.id, again.attempt, again.redrives, again.redriven_ms))
        for reply in commit.replies:
            self._put("delete_message", (reply.shard, reply.id))
            if reply.node is not None:
                self._put("insert_reply", (reply.node, reply.id, reply.body))

    def _put(self, part: str, row: Row) -> None:
        rows = self.parts.get(part)
        if rows is None:
            self.parts[part] = [row]
        else:
            rows.append(row)

    def _claim(self, start: ExecutionRow, execution_id: bytes) -> bool:
        """Ask for the execution's name; False when an earlier one of the group does."""
        name = (self._bucket(start.machine_id + encode(start.name)), start.machine_id, start.name)
        if self.claims.setdefault(name, execution_id) != execution_id:
            self.rivals[execution_id] = name
            return False
        self._put("insert_name", (*name, execution_id))
        return True

    def _start(
        self, key: tuple[int, bytes], start: ExecutionRow, opened: OpenRow | None, close: ClosedRow | None
    ) -> None:
        """A new execution; one that is already over is written once, in its final form."""
        status, stopped_ms, result = start.status, start.stopped_ms, start.result
        if close is not None:
            status, stopped_ms, result = _checked(close.status), close.stopped_ms, close.result
        elif opened is not None and status == "RUNNING":
            self._put("insert_open", (*key, *_open_columns(opened)))
        else:
            raise CommitRefused(f"the execution {start.name} starts neither running and open nor closed")
        machine_id, name, started_ms = start.machine_id, start.name, start.started_ms
        qualifier = (start.version, start.alias)
        row = (machine_id, start.revision, name, status, started_ms, stopped_ms, start.detail, result)
        self._put("insert_execution", (*key, *row, *qualifier))
        shard, execution_id = key
        sort_ms = started_ms if stopped_ms is None else stopped_ms
        line = (
            self._bucket(machine_id),
            machine_id,
            status,
            sort_ms,
            execution_id,
            shard,
            name,
            started_ms,
            stopped_ms,
        )
        self._put("insert_listing", (*line, *qualifier))

    def _close(self, key: tuple[int, bytes], close: ClosedRow, machine_id: bytes) -> None:
        """The end of an execution that was open."""
        end = (_checked(close.status), close.stopped_ms, close.result)
        self._put("close_execution", (*key, *end, self._bucket(machine_id)))
        self._put("delete_open", key)
        self._put("delete_branches", key)

    def columns(self, fence: Sequence[Row]) -> tuple[tuple[str, ...], list[Any]]:
        """The statement's parts, and its parameters: the columns of each part, then how many rows each must find."""
        rows: dict[str, Sequence[Row]] = {**self.parts, "fence": fence} if fence else dict(self.parts)
        names = rows.get("insert_name")
        if names is not None:
            rows["lost"] = [row[-1:] for row in names]
        chosen, counted = _chosen(frozenset(rows))
        parameters: list[Any] = []
        for part in chosen:
            if part in rows:
                parameters.extend(zip(*rows[part], strict=True))
        parameters.extend(len(rows[part]) for part in counted)
        return chosen, parameters


@lru_cache(maxsize=512)
def _chosen(filled: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parts of a statement of which these have rows, and those whose rows are counted."""
    chosen = tuple(
        part
        for part in PARTS
        if _LEADERS.get(part, part) in filled or (part == "nobody_lost" and "insert_name" not in filled)
    )
    return chosen, tuple(_LEADERS.get(part, part) for part in chosen if part in COUNTED)


def _open_columns(opened: OpenRow) -> Row:
    return (opened.due_ms, opened.calls, encode(opened.state), opened.snapshot)


def _checked(status: str) -> str:
    if status not in STATUSES or status == "RUNNING":
        raise CommitRefused(f"{status} is no status that an execution ends with")
    return status
