"""The rows that the rest of the program hands to a store and gets back.

Rows hold bytes, numbers and checked names; nothing here knows what a workflow is. User text travels as bytes, since
PostgreSQL's text refuses NUL and SQLite's refuses lone surrogates, and both are legal in JSON. All times are
milliseconds since 1970 UTC. Ids are 16 bytes: the time they were made at (6 bytes, milliseconds), so that indexes grow
at one end, then for an execution its shard (2 bytes, see `shard_of`), then chance.
"""

from msgspec import Struct, field

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE")
"""What an execution's status may be (AWS: ExecutionStatus). An open execution is RUNNING."""


ListKey = tuple[int, bytes]
"""A list of executions: its bucket, and the state machine or the run of a distributed Map that they are of."""


def shard_of(execution_id: bytes, shards: int) -> int:
    """The shard of an execution, in a database of so many shards: ids name it, so that reads by id need not search."""
    return int.from_bytes(execution_id[6:8]) % shards


class StateMachineRow(Struct):
    """A state machine with its current revision."""

    id: bytes
    account: str
    region: str
    name: str
    type: str
    status: str
    created_ms: int
    revision: int = 1


class RevisionRow(Struct):
    """One form that a state machine has had; executions point at the revision they run."""

    machine_id: bytes
    revision: int
    revision_id: str | None
    definition: bytes
    role_arn: str
    settings: bytes
    created_ms: int


class VersionRow(Struct):
    """A revision that was published: it has a number for ever."""

    machine_id: bytes
    number: int
    revision: int
    description: str | None
    created_ms: int


class AliasRow(Struct):
    """A name that leads to one version of a state machine, or to two by weight. The weights sum up to 100."""

    machine_id: bytes
    name: str
    description: str | None
    first_version: int
    first_weight: int
    second_version: int | None
    second_weight: int | None
    created_ms: int
    updated_ms: int | None = None


class ExecutionRow(Struct):
    """What DescribeExecution and ListExecutions need. `detail` and `result` are opaque to the store.

    `version` and `alias` are those of the ARN by which it was started: neither, a version, or both. `redrives` counts
    how often it was redriven, `redriven_ms` is the last time; `redrive` is opaque to the store.
    """

    id: bytes
    shard: int
    machine_id: bytes
    revision: int
    name: str
    status: str
    started_ms: int
    stopped_ms: int | None
    detail: bytes
    result: bytes | None = None
    version: int | None = None
    alias: str | None = None
    redrives: int = 0
    redriven_ms: int | None = None
    redrive: bytes | None = None


class ExpressRow(Struct):
    """An asynchronous Express execution that has not ended; `detail` is opaque to the store."""

    id: bytes
    shard: int
    machine_id: bytes
    revision: int
    name: str
    started_ms: int
    detail: bytes
    version: int | None = None
    alias: str | None = None


class ListingRow(Struct):
    """One line of a list of executions."""

    execution_id: bytes
    shard: int
    name: str
    status: str
    started_ms: int
    stopped_ms: int | None
    version: int | None = None
    alias: str | None = None
    redrives: int = 0
    redriven_ms: int | None = None


class OpenRow(Struct):
    """The snapshot of an execution that has not ended.

    `due_ms` is its earliest timer or None; `calls` counts outward calls in flight, so that a recovery finds the
    executions that need more than their timer.
    """

    due_ms: int | None
    calls: int
    state: str
    snapshot: bytes


class HistoryRow(Struct):
    """A batch of consecutive history events, encoded by the caller."""

    first_event_id: int
    events: int
    batch: bytes


class ClosedRow(Struct):
    """How an execution ended."""

    status: str
    stopped_ms: int
    result: bytes


class ReopenedRow(Struct):
    """A closed execution goes on: its new `redrives` (one more than before), `redriven_ms` and `redrive`."""

    redrives: int
    redriven_ms: int
    redrive: bytes


class ActivityRow(Struct):
    """An activity; `settings` is for whoever wrote them, None is the usual."""

    id: bytes
    account: str
    region: str
    name: str
    created_ms: int
    settings: bytes | None = None


class ActivityTaskRow(Struct):
    """A scheduled activity task that no worker has taken yet; `sequence` orders the tasks of one activity."""

    activity_id: bytes
    shard: int
    sequence: int
    execution_id: bytes
    branch: int
    attempt: int


class DocumentRow(Struct):
    """A small thing that a user keeps; `content` is opaque to the store."""

    owner: str
    kind: str
    key: str
    updated_ms: int
    content: bytes


class DocumentLine(Struct):
    """One line of a list of documents."""

    key: str
    updated_ms: int
    content_bytes: int


class MapRunRow(Struct):
    """One run of a distributed Map. `detail` is fixed at its start, `progress` is replaced as it goes on.

    `told` says that its parent has heard of its end: until then a server that opens the database takes it up. How
    often it was redriven, and when last, is written by its parent's commits.
    """

    id: bytes
    shard: int
    execution_id: bytes
    branch: int
    attempt: int
    machine_id: bytes
    revision: int
    label: str
    status: str
    told: int
    started_ms: int
    stopped_ms: int | None
    detail: bytes
    progress: bytes
    redrives: int = 0
    redriven_ms: int | None = None


class ReopenedRunRow(Struct):
    """A run that was over goes on: its parent waits for it in `attempt`. `redrives` is one more than before."""

    id: bytes
    attempt: int
    redrives: int
    redriven_ms: int


class MapRunPart(Struct):
    """Some ends of children of one page, in the order in which they came."""

    page: int
    part: int
    results: bytes


class MapRunSave(Struct):
    """What has happened in a run since it was saved last."""

    row: MapRunRow
    pages: list[tuple[int, bytes]] = field(default_factory=list)
    parts: list[MapRunPart] = field(default_factory=list)


class Fence(Struct, frozen=True):
    """The proof that somebody owns a shard: nobody has taken it over since it got this epoch."""

    shard: int
    epoch: int


class NodeRow(Struct):
    """A process that drives executions of this database, from its start to its end: a process that was given up for
    dead begins anew under another id. `beats` grows as long as it lives. At `line` other nodes reach it directly.
    """

    id: bytes
    name: str
    address: str
    started_ms: int
    beats: int = 0
    line: str = ""


class ShardRow(Struct):
    """Who drives a shard; nobody after its owner let it go. `handover` is what that owner left, opaque to the store."""

    shard: int
    epoch: int
    node: bytes | None
    handover: bytes | None = None


class Message(Struct):
    """A request to the owner of a shard, whoever that is, from a node (None: it wants no reply)."""

    shard: int
    id: bytes
    sender: bytes | None
    execution_id: bytes
    body: bytes


class Reply(Struct):
    """A message was dealt with: it leaves the inbox, and its sender finds `body`."""

    shard: int
    id: bytes
    node: bytes | None
    body: bytes


class LogRow(Struct, frozen=True):
    """A history batch that is still to be logged."""

    shard: int
    execution_id: bytes
    first_event_id: int


class Commit(Struct):
    """Everything that one decision changes, written as a whole or not at all.

    `start` inserts the execution, its name and its listing line; if the name is taken nothing of this commit is
    written. With `close` the open row and the branch pages go away. `open` replaces the open row. `branches` maps a
    page number to its new bytes, or to None where the page is to be deleted. A commit with `start` has `open` or
    `close` too; one without `start` that has `open` or `close` is of an execution that is open, else it is refused.
    `reopen` is of a closed execution, comes with `open` or `close`, and is refused when another redrive was faster.
    `machine_id` is the execution's; a store may need it to find the listing line. `map_runs` are runs that begin,
    `reopened_runs` some that are over and go on: refused where one was not told, or another redrive was faster.
    `replies` are to the messages that led here; a commit may consist of nothing else. With `logged` the history joins
    those that are to be logged.
    """

    shard: int
    execution_id: bytes
    start: ExecutionRow | None = None
    open: OpenRow | None = None
    close: ClosedRow | None = None
    reopen: ReopenedRow | None = None
    history: list[HistoryRow] = field(default_factory=list)
    branches: dict[int, bytes | None] = field(default_factory=dict)
    blobs: list[tuple[int, bytes]] = field(default_factory=list)
    tasks_put: list[ActivityTaskRow] = field(default_factory=list)
    tasks_taken: list[tuple[bytes, int]] = field(default_factory=list)
    machine_id: bytes = b""
    map_runs: list[MapRunRow] = field(default_factory=list)
    reopened_runs: list[ReopenedRunRow] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    logged: bool = False


class Upgrade(Struct, frozen=True):
    """What lies between a database and this release: `steps` are the names of the migrations that it lacks.

    `schema` 0 is a database that has nothing yet. `format` is what snapshots and history are written in,
    `newest_format` what they could be written in; older releases cannot read that.
    """

    place: str
    schema: int
    release: str
    steps: tuple[str, ...]
    format: int
    newest_format: int


class OpenIndexRow(Struct):
    """What recovery reads of each open execution: enough for a timer, not more."""

    execution_id: bytes
    due_ms: int | None
    calls: int


class OpenExecution(Struct):
    """An open execution as it is loaded to go on: its row, snapshot and branch pages."""

    execution: ExecutionRow
    open: OpenRow
    branches: dict[int, bytes]
    next_event_id: int
