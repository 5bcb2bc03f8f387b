"""The store's reads and simple writes, written once for every SQL database.

Here lives what turns records into parameters and rows into records. SQL never does: it is in each backend's
`queries.sql` and called by name through the driver. Nor does `commit`, the one hot write: each backend has its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from zlib import crc32

from stepwell.store.documents import SqlDocuments
from stepwell.store.driver import Driver, Row, Rows, Step, decode, encode
from stepwell.store.log_queue import SqlLogQueue
from stepwell.store.nodes import SqlNodes
from stepwell.store.protocol import CommitRefused
from stepwell.store.records import (
    STATUSES,
    ActivityRow,
    ActivityTaskRow,
    AliasRow,
    Commit,
    ExecutionRow,
    ExpressRow,
    Fence,
    HistoryRow,
    ListingRow,
    MapRunPart,
    MapRunRow,
    MapRunSave,
    OpenExecution,
    OpenIndexRow,
    OpenRow,
    RevisionRow,
    StateMachineRow,
    VersionRow,
    shard_of,
)
from stepwell.store.retention import SqlRetention

_AFTER_ALL = ((1 << 63) - 1, b"\xff" * 17)


class SqlStore(SqlNodes, SqlRetention, SqlDocuments, SqlLogQueue, ABC):
    """A store (see `protocol.Store`) over a driver."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @property
    def shards(self) -> int:
        """How many shards the database has."""
        return self._driver.shards

    def _shard(self, execution_id: bytes) -> int:
        return shard_of(execution_id, self._driver.shards)

    def _bucket(self, key: bytes) -> int:
        return bucket_of(key, self._driver.buckets)

    # Life

    async def open(self) -> None:
        """Open, lock and migrate. Raises StoreBusy, StoreNewer, StoreError."""
        await self._driver.open()

    async def close(self) -> None:
        """Wait for what is being written, then let go of the database."""
        await self._driver.close()

    async def meta(self, key: str) -> bytes | None:
        """One value that the database says about itself or keeps for the server."""
        rows = await self._driver.fetch("load_meta", key)
        return rows[0][0] if rows else None

    async def put_meta(self, key: str, value: bytes) -> None:
        """Set such a value."""
        await self._driver.write([("put_meta", (key, value))])

    async def add_meta(self, key: str, value: bytes) -> bytes:
        """Set what is not set yet; answers what is there now."""
        await self._driver.write([("insert_meta", (key, value))])
        there: bytes = (await self._driver.fetch("load_meta", key))[0][0]
        return there

    # State machines

    async def create_state_machine(self, machine: StateMachineRow, revision: RevisionRow) -> bool:
        """False, and nothing written, when (account, region, name) is taken."""
        name = (machine.id, machine.account, machine.region, machine.name)
        row = (*name, machine.type, machine.status, machine.created_ms, machine.revision)
        steps = [("insert_state_machine", row), ("insert_revision", _revision_row(revision))]
        inserted = await self._driver.write(steps)
        return inserted[0] == 1

    async def find_state_machine(self, account: str, region: str, name: str) -> StateMachineRow | None:
        """A state machine by its name."""
        rows = await self._driver.fetch("find_state_machine", account, region, name)
        return StateMachineRow(*rows[0]) if rows else None

    async def load_state_machine(self, machine_id: bytes) -> StateMachineRow | None:
        """A state machine by its id."""
        rows = await self._driver.fetch("load_state_machine", machine_id)
        return StateMachineRow(*rows[0]) if rows else None

    async def load_revision(self, machine_id: bytes, revision: int) -> RevisionRow | None:
        """One revision of a state machine."""
        rows = await self._driver.fetch("load_revision", machine_id, revision)
        if not rows:
            return None
        row = RevisionRow(*rows[0])
        row.role_arn = decode(rows[0][4])
        return row

    async def put_revision(self, revision: RevisionRow) -> None:
        """Add a revision and make it the current one. Raises CommitRefused: number taken, or no such machine."""
        current = (revision.machine_id, revision.revision)
        steps = [("insert_revision", _revision_row(revision)), ("set_current_revision", current)]
        if (await self._driver.write(steps))[0] == 0:
            raise CommitRefused("There is no such state machine: it was deleted meanwhile.")

    async def mark_deleting(self, machine_id: bytes) -> None:
        """Set the machine's status to DELETING."""
        await self._driver.write([("mark_deleting", (machine_id,))])

    async def list_deleting(self) -> list[StateMachineRow]:
        """All state machines whose deletion has begun, of every account and region."""
        return [StateMachineRow(*row) for row in await self._driver.fetch("list_deleting")]

    async def delete_state_machine(self, machine_id: bytes) -> None:
        """Remove the machine, its revisions, versions and aliases; rows of its executions stay until retention."""
        parts = ("delete_state_machine", "delete_revisions", "delete_versions", "delete_aliases")
        await self._driver.write([(part, (machine_id,)) for part in parts])

    async def list_state_machines(
        self, account: str, region: str, after: str | None, limit: int
    ) -> list[StateMachineRow]:
        """In order of name, those after the given name."""
        rows = await self._driver.fetch("list_state_machines", account, region, after or "", limit)
        return [StateMachineRow(*row) for row in rows]

    # Versions and aliases

    async def publish_version(
        self, machine_id: bytes, revision: int, description: str | None, created_ms: int
    ) -> VersionRow | None:
        """Publish a revision, or find that it is; None when there is no such revision."""
        row = (machine_id, revision, None if description is None else encode(description), created_ms)
        await self._driver.write([("insert_version", row), ("count_version", (machine_id,))])
        rows = await self._driver.fetch("find_version_of_revision", machine_id, revision)
        return _version(rows[0]) if rows else None

    async def find_version(self, machine_id: bytes, number: int) -> VersionRow | None:
        """A version by its number."""
        rows = await self._driver.fetch("find_version", machine_id, number)
        return _version(rows[0]) if rows else None

    async def list_versions(self, machine_id: bytes, before: int | None, limit: int) -> list[VersionRow]:
        """Newest first, those below the given number."""
        rows = await self._driver.fetch("list_versions", machine_id, _AFTER_ALL[0] if before is None else before, limit)
        return [_version(row) for row in rows]

    async def count_versions(self, machine_id: bytes) -> int:
        """How many versions a machine has."""
        count: int = (await self._driver.fetch("count_versions", machine_id))[0][0]
        return count

    async def delete_version(self, machine_id: bytes, number: int) -> bool:
        """Remove a version; False when there is none or an alias leads to it."""
        return (await self._driver.write([("delete_version", (machine_id, number))]))[0] == 1

    async def create_alias(self, alias: AliasRow) -> bool:
        """Create an alias; False when its name is taken or a version is missing."""
        row = (*_alias_row(alias), alias.created_ms, alias.updated_ms)
        return (await self._driver.write([("insert_alias", row)]))[0] == 1

    async def update_alias(self, alias: AliasRow) -> bool:
        """Write an alias anew; False when it or a version is missing."""
        return (await self._driver.write([("update_alias", (*_alias_row(alias), alias.updated_ms))]))[0] == 1

    async def find_alias(self, machine_id: bytes, name: str) -> AliasRow | None:
        """An alias by its name."""
        rows = await self._driver.fetch("find_alias", machine_id, name)
        return _alias(rows[0]) if rows else None

    async def list_aliases(
        self, machine_id: bytes, version: int | None, after: tuple[int, str] | None, limit: int
    ) -> list[AliasRow]:
        """In order of creation, those after the given place; those that lead to a version, if one is given."""
        rows = await self._driver.fetch("list_aliases", machine_id, *(after or (-1, "")), limit, version)
        return [_alias(row) for row in rows]

    async def delete_alias(self, machine_id: bytes, name: str) -> None:
        """Remove an alias; one that is not there is no error."""
        await self._driver.write([("delete_alias", (machine_id, name))])

    # Executions

    @abstractmethod
    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence] = ()) -> dict[int, bytes]:
        """Write all commits in one transaction; see `protocol.Store.commit`."""

    async def find_execution(self, machine_id: bytes, name: str) -> bytes | None:
        """The id of the execution that holds this name."""
        bucket = self._bucket(machine_id + encode(name))
        rows = await self._driver.fetch("find_execution", bucket, machine_id, name)
        return rows[0][0] if rows else None

    async def load_execution(self, execution_id: bytes) -> ExecutionRow | None:
        """The row of an execution, open or closed."""
        rows = await self._driver.fetch("load_execution", self._shard(execution_id), execution_id)
        return ExecutionRow(*rows[0]) if rows else None

    async def load_open(self, execution_id: bytes) -> OpenExecution | None:
        """Everything that an open execution needs to go on; None when it is closed or unknown."""
        key = (self._shard(execution_id), execution_id)
        queries = ("load_execution", "load_open", "load_branches", "load_next_event_id")
        rows, opened, branches, next_ids = await self._driver.read([(query, key) for query in queries])
        if not opened:
            return None
        due_ms, calls, state, snapshot = opened[0]
        open_row = OpenRow(due_ms, calls, decode(state), snapshot)
        next_event_id = next_ids[0][0] if next_ids else 1
        return OpenExecution(ExecutionRow(*rows[0]), open_row, dict(branches), next_event_id)

    async def scan_open(self, shard: int, after: bytes = b"", limit: int = 10_000) -> list[OpenIndexRow]:
        """What recovery needs of the open executions of a shard, in order of id, those after the given one."""
        return [OpenIndexRow(*row) for row in await self._driver.fetch("scan_open", shard, after, limit)]

    async def count_open(self, machine_id: bytes) -> int:
        """How many executions of a machine are open."""
        rows = await self._driver.fetch("count_open", self._bucket(machine_id), machine_id)
        count: int = rows[0][0]
        return count

    async def list_open_of(self, machine_id: bytes, limit: int) -> list[bytes]:
        """Ids of open executions of one machine, oldest first."""
        rows = await self._driver.fetch("list_open", self._bucket(machine_id), machine_id, limit)
        return [row[0] for row in rows]

    async def list_executions(
        self,
        machine_id: bytes,
        status: str | None,
        before: tuple[int, bytes] | None,
        limit: int,
        version: int | None = None,
        alias: str | None = None,
    ) -> list[tuple[int, ListingRow]]:
        """Newest first by (sort time, id), after the line `before`; a page costs the same at any length of the list."""
        sort_ms, execution_id = before or _AFTER_ALL
        page = (self._bucket(machine_id), machine_id, sort_ms, execution_id, limit)
        if version is not None:
            rows = await self._driver.fetch("list_version_executions", *page, version, status)
        elif alias is not None:
            rows = await self._driver.fetch("list_alias_executions", *page, alias, status)
        elif status is None:
            rows = await self._driver.fetch("list_all_executions", *page)
        elif status in STATUSES:
            rows = await self._driver.fetch("list_executions", *page, status)
        else:
            rows = []
        return [(row[0], ListingRow(*row[1:])) for row in rows]

    async def load_history(self, execution_id: bytes, first_event_id: int, limit: int) -> list[HistoryRow]:
        """The batches that hold `limit` events from `first_event_id` on, in order. Event ids have no gaps."""
        key = (self._shard(execution_id), execution_id)
        rows = await self._driver.fetch("load_history", *key, first_event_id, first_event_id + limit)
        return [HistoryRow(*row) for row in rows]

    async def load_history_back(self, execution_id: bytes, last_event_id: int | None, limit: int) -> list[HistoryRow]:
        """The batches that hold the `limit` events up to `last_event_id` (None: the end), newest first."""
        key = (self._shard(execution_id), execution_id)
        if last_event_id is None:
            next_ids = await self._driver.fetch("load_next_event_id", *key)
            last_event_id = next_ids[0][0] - 1 if next_ids else 0
        first_event_id = max(last_event_id - limit + 1, 1)
        rows = await self._driver.fetch("load_history_back", *key, first_event_id, last_event_id + 1)
        return [HistoryRow(*row) for row in rows]

    async def load_blob(self, execution_id: bytes, number: int) -> bytes | None:
        """One large value of an execution."""
        rows = await self._driver.fetch("load_blob", self._shard(execution_id), execution_id, number)
        return rows[0][0] if rows else None

    # Express executions

    async def write_express(
        self, begun: Sequence[ExpressRow], ended: Sequence[bytes], fences: Sequence[Fence] = ()
    ) -> None:
        """Add and remove open Express executions in one transaction."""
        over = [(self._shard(execution_id), execution_id) for execution_id in ended]
        steps: list[Rows] = [("insert_express", [_express_row(row) for row in begun]), ("delete_express", over)]
        await self._driver.write_rows(steps, fences)

    async def scan_express(self, shard: int, after: bytes = b"", limit: int = 1_000) -> list[ExpressRow]:
        """Open Express executions of a shard in order of id, those after the given one."""
        return [ExpressRow(*row) for row in await self._driver.fetch("scan_express", shard, after, limit)]

    # Activities

    async def create_activity(self, activity: ActivityRow) -> bool:
        """False, and nothing written, when (account, region, name) is taken."""
        row = (activity.id, activity.account, activity.region, activity.name, activity.created_ms, activity.settings)
        inserted = await self._driver.write([("insert_activity", row)])
        return inserted[0] == 1

    async def find_activity(self, account: str, region: str, name: str) -> ActivityRow | None:
        """An activity by its name."""
        rows = await self._driver.fetch("find_activity", account, region, name)
        return ActivityRow(*rows[0]) if rows else None

    async def delete_activity(self, activity_id: bytes) -> None:
        """Remove the activity and its waiting tasks' rows."""
        steps: list[Step] = [("delete_activity", (activity_id,))]
        steps += [("delete_tasks_of_activity", (shard, activity_id)) for shard in range(self._driver.shards)]
        await self._driver.write(steps)

    async def list_activities(self, account: str, region: str, after: str | None, limit: int) -> list[ActivityRow]:
        """In order of name, those after the given name."""
        rows = await self._driver.fetch("list_activities", account, region, after or "", limit)
        return [ActivityRow(*row) for row in rows]

    async def scan_activity_tasks(self, shard: int) -> list[ActivityTaskRow]:
        """All waiting activity tasks of a shard, in order of (activity, sequence)."""
        return [ActivityTaskRow(*row) for row in await self._driver.fetch("scan_activity_tasks", shard)]

    # Map Runs

    async def load_map_run(self, map_run_id: bytes) -> MapRunRow | None:
        """A run by its id."""
        rows = await self._driver.fetch("load_map_run", self._shard(map_run_id), map_run_id)
        return _map_run(rows[0]) if rows else None

    async def list_map_runs(self, execution_id: bytes, before: bytes | None, limit: int) -> list[MapRunRow]:
        """The runs of one execution, newest first, those before the given id."""
        key = (self._shard(execution_id), execution_id, before or b"\xff" * 17, limit)
        return [_map_run(row) for row in await self._driver.fetch("list_map_runs", *key)]

    async def scan_map_runs(self, shard: int) -> list[bytes]:
        """Ids of the runs of whose end their parents have not heard."""
        return [row[0] for row in await self._driver.fetch("scan_map_runs", shard)]

    async def load_map_run_pages(self, map_run_id: bytes) -> list[tuple[int, bytes]]:
        """All pages of a run, in order."""
        rows = await self._driver.fetch("load_map_run_pages", self._shard(map_run_id), map_run_id)
        return [(row[0], row[1]) for row in rows]

    async def load_map_run_page(self, map_run_id: bytes, page: int) -> bytes | None:
        """One page of a run."""
        rows = await self._driver.fetch("load_map_run_page", self._shard(map_run_id), map_run_id, page)
        return rows[0][0] if rows else None

    async def load_map_run_parts(
        self, map_run_id: bytes, after: tuple[int, int] | None, limit: int
    ) -> list[MapRunPart]:
        """Results in order of (page, part), those after the given one."""
        key = (self._shard(map_run_id), map_run_id, *(after or (-1, -1)), limit)
        return [MapRunPart(*row) for row in await self._driver.fetch("load_map_run_parts", *key)]

    async def load_map_run_parts_back(
        self, map_run_id: bytes, before: tuple[int, int] | None, limit: int
    ) -> list[MapRunPart]:
        """The same from the end backwards."""
        key = (self._shard(map_run_id), map_run_id, *(before or (1 << 62, 0)), limit)
        return [MapRunPart(*row) for row in await self._driver.fetch("load_map_run_parts_back", *key)]

    async def load_map_run_parts_of(self, map_run_id: bytes, page: int) -> list[MapRunPart]:
        """All results of one page."""
        rows = await self._driver.fetch("load_map_run_parts_of", self._shard(map_run_id), map_run_id, page)
        return [MapRunPart(*row) for row in rows]

    async def save_map_run(self, save: MapRunSave, fences: Sequence[Fence] = ()) -> None:
        """Write what has happened in a run, in one durable transaction."""
        row = save.row
        key = (row.shard, row.id)
        steps: list[Step] = [("update_map_run", (*key, row.status, row.told, row.stopped_ms, row.progress))]
        steps += [("put_map_run_page", (*key, page, state)) for page, state in save.pages]
        steps += [("insert_map_run_part", (*key, part.page, part.part, part.results)) for part in save.parts]
        await self._driver.write(steps, fences)

    # Tags

    async def put_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags, or change those that are there."""
        await self._driver.write(
            [("put_tag", (encode(arn), encode(key), encode(value))) for key, value in tags.items()]
        )

    async def delete_tags(self, arn: str, keys: Sequence[str]) -> None:
        """Remove tags; those that are not there are no error."""
        await self._driver.write([("delete_tag", (encode(arn), encode(key))) for key in keys])

    async def load_tags(self, arn: str) -> dict[str, str]:
        """All tags of a resource, in order of key."""
        return {decode(key): decode(value) for key, value in await self._driver.fetch("load_tags", encode(arn))}


def _map_run(row: Row) -> MapRunRow:
    made = MapRunRow(*row)
    made.label = decode(row[7])
    return made


def map_run_columns(row: MapRunRow) -> Row:
    """A new run as its statement wants it."""
    key = (row.id, row.shard, row.execution_id, row.branch, row.attempt, row.machine_id, row.revision)
    times = (row.status, row.told, row.started_ms, row.stopped_ms)
    return (*key, encode(row.label), *times, row.detail, row.progress)


def bucket_of(key: bytes, buckets: int) -> int:
    """The bucket of a name's or list's key, in a database of so many: stable, since databases are cut along it."""
    return crc32(key) % buckets if buckets > 1 else 0


def _revision_row(revision: RevisionRow) -> Row:
    row = (revision.machine_id, revision.revision, revision.revision_id, revision.definition)
    return (*row, encode(revision.role_arn), revision.settings, revision.created_ms)


def _version(row: Row) -> VersionRow:
    machine_id, number, revision, description, created_ms = row
    return VersionRow(machine_id, number, revision, None if description is None else decode(description), created_ms)


def _alias_row(alias: AliasRow) -> Row:
    description = None if alias.description is None else encode(alias.description)
    first, second = (alias.first_version, alias.first_weight), (alias.second_version, alias.second_weight)
    return (alias.machine_id, alias.name, description, *first, *second)


def _alias(row: Row) -> AliasRow:
    machine_id, name, description, *rest = row
    return AliasRow(machine_id, name, None if description is None else decode(description), *rest)


def _express_row(row: ExpressRow) -> Row:
    fixed = (row.shard, row.id, row.machine_id, row.revision, row.name, row.started_ms, row.detail)
    return (*fixed, row.version, row.alias)
