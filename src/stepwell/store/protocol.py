"""What a store promises: some fifty verbs over rows.

Verbs are coroutines; those of an embedded store complete without suspending, except `commit`, which suspends while
the disk works. Whatever a verb has returned from is durable. `testing.check_store` is the contract in code: a backend
is right when that passes.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from stepwell.store.records import (
    ActivityRow,
    ActivityTaskRow,
    AliasRow,
    Commit,
    DocumentLine,
    DocumentRow,
    ExecutionRow,
    ExpressRow,
    Fence,
    HistoryRow,
    ListingRow,
    ListKey,
    LogRow,
    MapRunPart,
    MapRunRow,
    MapRunSave,
    Message,
    NodeRow,
    OpenExecution,
    OpenIndexRow,
    RevisionRow,
    ShardRow,
    StateMachineRow,
    Upgrade,
    VersionRow,
)


class StoreError(Exception):
    """The store could not do what it was asked; nothing was changed."""


class StoreBroken(StoreError):
    """The disk failed: whether the last commit is there shows only when the store is opened again, best by a new
    process. Until then it takes no more."""


class StoreBusy(StoreError):
    """Another process holds this database."""


class StoreNewer(StoreError):
    """The database was written by a newer release than this one can read."""


class StoreGone(StoreError):
    """The database cannot be reached just now, or takes no writes; nothing was changed. It is looked for again by
    itself, with every request."""


class CommitRefused(StoreError):
    """A commit failed for a reason that trying again does not mend (bad data of one of its executions)."""


class StaleOwner(StoreError):
    """A shard that was written to has another owner by now, so nothing was written: `shards` says which are lost.

    Whatever this owner knows of their executions is worth nothing any more; the rows are the truth.
    """

    def __init__(self, shards: Sequence[int]) -> None:
        super().__init__(f"another node owns {', '.join(f'shard {shard}' for shard in shards)} now")
        self.shards = tuple(shards)


class Store(Protocol):
    @property
    def shards(self) -> int:
        """How many shards the database has, fixed when it was made; known once the store is open.

        One that has a single shard is driven by whoever has it open; one that has more is shared by nodes.
        """

    # Life
    async def open(self) -> None:
        """Open, lock and migrate. Raises StoreBusy, StoreNewer."""

    async def close(self) -> None: ...

    async def survey(self) -> Upgrade:
        """What `open` would change; the database need not be open, and nothing is changed. Raises StoreNewer."""

    async def meta(self, key: str) -> bytes | None: ...

    async def put_meta(self, key: str, value: bytes) -> None: ...

    async def add_meta(self, key: str, value: bytes) -> bytes:
        """Set what is not set yet; answers what is there now, whoever was first."""

    # State machines
    async def create_state_machine(self, machine: StateMachineRow, revision: RevisionRow) -> bool:
        """False, and nothing written, when (account, region, name) is taken."""

    async def find_state_machine(self, account: str, region: str, name: str) -> StateMachineRow | None: ...

    async def load_state_machine(self, machine_id: bytes) -> StateMachineRow | None: ...

    async def load_revision(self, machine_id: bytes, revision: int) -> RevisionRow | None: ...

    async def put_revision(self, revision: RevisionRow) -> None:
        """Add a revision and make it the machine's current one."""

    async def mark_deleting(self, machine_id: bytes) -> None: ...

    async def list_deleting(self) -> list[StateMachineRow]:
        """All state machines whose deletion has begun, of every account and region."""

    async def delete_state_machine(self, machine_id: bytes) -> None:
        """Remove the machine; its executions stay readable rows until retention, but no ARN leads to them."""

    async def list_state_machines(
        self, account: str, region: str, after: str | None, limit: int
    ) -> list[StateMachineRow]:
        """In order of name, those after the given name."""

    # Versions and aliases; they go away with their machine
    async def publish_version(
        self, machine_id: bytes, revision: int, description: str | None, created_ms: int
    ) -> VersionRow | None:
        """The version that this revision is from now on, or was before (then nothing is changed); None when there is
        no such revision. Numbers begin with 1 and are never used again."""

    async def find_version(self, machine_id: bytes, number: int) -> VersionRow | None: ...

    async def list_versions(self, machine_id: bytes, before: int | None, limit: int) -> list[VersionRow]:
        """Newest first, those below the given number."""

    async def count_versions(self, machine_id: bytes) -> int: ...

    async def delete_version(self, machine_id: bytes, number: int) -> bool:
        """False, and nothing deleted, when there is none or an alias leads to it. Its revision stays."""

    async def create_alias(self, alias: AliasRow) -> bool:
        """False, and nothing written, when the name is taken or a version is missing."""

    async def update_alias(self, alias: AliasRow) -> bool:
        """Write it anew, but for its time of creation; False when it or a version is missing."""

    async def find_alias(self, machine_id: bytes, name: str) -> AliasRow | None: ...

    async def list_aliases(
        self, machine_id: bytes, version: int | None, after: tuple[int, str] | None, limit: int
    ) -> list[AliasRow]:
        """In order of (creation, name), those after the given place; only those that lead to `version`, if given."""

    async def delete_alias(self, machine_id: bytes, name: str) -> None: ...

    # Executions
    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence] = ()) -> dict[int, bytes]:
        """Write all commits in one transaction, if every fence stands: one for each shard that is written to.

        Answers, for each position whose `start` lost its name, the id of the execution that holds the name; later
        commits of the same execution in the group are dropped and answered alike. Raises StaleOwner, CommitRefused
        (nothing written), StoreBroken, StoreError (nothing written, for example since the disk is full). A store that
        loses sight of its database while it writes finds out what became of the group before it answers. One that is
        cancelled may happen or not; either is certain once the next commit to its shards returns.

        Without fences nobody else may have the database open.
        """

    async def find_execution(self, machine_id: bytes, name: str) -> bytes | None:
        """The id of the execution that holds this name."""

    async def load_execution(self, execution_id: bytes) -> ExecutionRow | None: ...

    async def load_open(self, execution_id: bytes) -> OpenExecution | None: ...

    async def scan_open(self, shard: int, after: bytes = b"", limit: int = 10_000) -> list[OpenIndexRow]:
        """Open executions in order of id, those after the given one."""

    async def count_open(self, machine_id: bytes) -> int: ...

    async def list_open_of(self, machine_id: bytes, limit: int) -> list[bytes]:
        """Ids of open executions of one machine."""

    async def list_executions(
        self,
        machine_id: bytes,
        status: str | None,
        before: tuple[int, bytes] | None,
        limit: int,
        version: int | None = None,
        alias: str | None = None,
    ) -> list[tuple[int, ListingRow]]:
        """Newest first by (sort time, id), after `before`: the sort time (a running one's start, a closed one's stop)
        and the line. Only those of a version, or started by an alias, if one is given."""

    async def load_history(self, execution_id: bytes, first_event_id: int, limit: int) -> list[HistoryRow]:
        """The batches that hold events `first_event_id` and on, in order, enough of them for `limit` events."""

    async def load_history_back(self, execution_id: bytes, last_event_id: int | None, limit: int) -> list[HistoryRow]:
        """The same from the end (or from `last_event_id`) backwards: newest batch first."""

    async def load_blob(self, execution_id: bytes, number: int) -> bytes | None: ...

    # Express executions that are open: all that a store knows of them
    async def write_express(
        self, begun: Sequence[ExpressRow], ended: Sequence[bytes], fences: Sequence[Fence] = ()
    ) -> None:
        """Add and remove open Express executions in one transaction; removing one that is not there is no error.

        Raises StaleOwner.
        """

    async def scan_express(self, shard: int, after: bytes = b"", limit: int = 1_000) -> list[ExpressRow]:
        """In order of id, those after the given one."""

    # Activities
    async def create_activity(self, activity: ActivityRow) -> bool: ...

    async def find_activity(self, account: str, region: str, name: str) -> ActivityRow | None: ...

    async def delete_activity(self, activity_id: bytes) -> None:
        """Remove the activity and its waiting tasks' rows."""

    async def list_activities(self, account: str, region: str, after: str | None, limit: int) -> list[ActivityRow]: ...

    async def scan_activity_tasks(self, shard: int) -> list[ActivityTaskRow]:
        """All waiting activity tasks of a shard, in order of (activity, sequence)."""

    async def find_activity_tasks(self, activity_id: bytes, shards: Sequence[int], limit: int) -> list[ActivityTaskRow]:
        """Waiting tasks of one activity in these shards, those that wait longest first."""

    # Nodes, and which of them drives which shard
    async def join_node(self, node: NodeRow) -> None: ...

    async def beat_node(self, node_id: bytes) -> bool:
        """Count one beat; False when this node was given up for dead."""

    async def remove_node(self, node_id: bytes, beats: int | None = None) -> bool:
        """Remove a node, and what nobody will read any more; given `beats`, only if it has not beaten since."""

    async def load_nodes(self) -> tuple[list[NodeRow], list[ShardRow]]:
        """All nodes, and all shards in order, as they were at one moment."""

    async def take_shards(self, node_id: bytes, shards: Sequence[ShardRow]) -> list[Fence]:
        """Make a node the owner of those shards that are still as given, unless it was given up for dead itself.

        From then on the last owner's fences do not stand: what it is writing at this moment is waited for, and what it
        writes later fails.
        """

    async def release_shards(self, fences: Sequence[Fence], handover: Mapping[int, bytes]) -> None:
        """Let shards go, with what their next owner is to know; those that were taken away meanwhile are no error."""

    # Messages to owners of shards, and their replies (see `Commit.replies`)
    async def exchange_mail(
        self, node_id: bytes, sent: Sequence[Message], read: Sequence[bytes], shards: Sequence[int], limit: int
    ) -> tuple[list[Message], list[tuple[bytes, bytes]]]:
        """Put messages into inboxes, and forget the replies to these messages of the node, which it has read.

        Answers the messages of these shards in order of (shard, id), so many at most, and the other replies to the
        node, by the ids of its messages. A message that was sent already is no error. One whose sender waits for a
        reply may be lost when the database loses its power; those that want none are durable.
        """

    # Batches that are to be logged
    async def scan_log_queue(self, shard: int, limit: int) -> list[LogRow]:
        """In order of (execution, first event), from the first one on."""

    async def delete_logs(self, rows: Sequence[LogRow]) -> None:
        """These were logged; those that are not there are no error."""

    # Retention: what ended long ago goes away, a few rows at a time
    @property
    def buckets(self) -> int:
        """How many buckets the database has, fixed when it was made; known once the store is open."""

    async def next_list(self, after: ListKey | None) -> ListKey | None:
        """The list of executions behind the given one, in an order of the store's own; None at the end."""

    async def remove_closed(self, key: ListKey, before_ms: int, names_before_ms: int, limit: int) -> int:
        """Remove up to `limit` executions of a list that ended before a time, with all that belongs to them; how many.

        The names of those that ended before `names_before_ms` are free at once, the others when `free_names` says so.
        One that is redriven at the same moment stays. Called again, this goes on with what a crash left half done.
        """

    async def free_names(self, bucket: int, ended_before_ms: int, limit: int) -> int:
        """Free up to `limit` names of executions that were removed, and ended before a time; how many."""

    # Map Runs
    async def load_map_run(self, map_run_id: bytes) -> MapRunRow | None: ...

    async def list_map_runs(self, execution_id: bytes, before: bytes | None, limit: int) -> list[MapRunRow]:
        """The runs of one execution, newest first, those before the given id."""

    async def scan_map_runs(self, shard: int) -> list[bytes]:
        """Ids of the runs of whose end their parents have not heard."""

    async def load_map_run_pages(self, map_run_id: bytes) -> list[tuple[int, bytes]]: ...

    async def load_map_run_page(self, map_run_id: bytes, page: int) -> bytes | None: ...

    async def load_map_run_parts(
        self, map_run_id: bytes, after: tuple[int, int] | None, limit: int
    ) -> list[MapRunPart]:
        """In order of (page, part), those after the given one."""

    async def load_map_run_parts_back(
        self, map_run_id: bytes, before: tuple[int, int] | None, limit: int
    ) -> list[MapRunPart]:
        """The same from the end backwards."""

    async def load_map_run_parts_of(self, map_run_id: bytes, page: int) -> list[MapRunPart]: ...

    async def save_map_run(self, save: MapRunSave, fences: Sequence[Fence] = ()) -> None:
        """Write what has happened in a run, in one durable transaction. A page replaces the one that is there.

        Raises StaleOwner.
        """

    # Tags of machines and activities (by ARN)
    async def put_tags(self, arn: str, tags: dict[str, str]) -> None: ...

    async def delete_tags(self, arn: str, keys: Sequence[str]) -> None: ...

    async def load_tags(self, arn: str) -> dict[str, str]: ...

    # Documents that users keep
    async def put_document(self, document: DocumentRow, count_max: int) -> bool:
        """Add or replace it; False, and nothing written, when it is new and its owner has `count_max` of its kind."""

    async def load_document(self, owner: str, kind: str, key: str) -> DocumentRow | None: ...

    async def list_documents(self, owner: str, kind: str) -> list[DocumentLine]:
        """In order of key (of its UTF-8)."""

    async def delete_document(self, owner: str, kind: str, key: str) -> None: ...
