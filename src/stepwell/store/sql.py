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
from stepwell.store.map_runs import SqlMapRuns
from stepwell.store.nodes import SqlNodes
from stepwell.store.records import (
    STATUSES,
    ActivityRow,
    ActivityTaskRow,
    Commit,
    ExecutionRow,
    ExpressRow,
    Fence,
    HistoryRow,
    ListingRow,
    OpenExecution,
    OpenIndexRow,
    OpenRow,
    shard_of,
)
from stepwell.store.retention import SqlRetention
from stepwell.store.state_machines import SqlStateMachines

_AFTER_ALL = ((1 << 63) - 1, b"\xff" * 17)


class SqlStore(SqlStateMachines, SqlMapRuns, SqlNodes, SqlRetention, SqlDocuments, SqlLogQueue, ABC):
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


def bucket_of(key: bytes, buckets: int) -> int:
    """The bucket of a name's or list's key, in a database of so many: stable, since databases are cut along it."""
    return crc32(key) % buckets if buckets > 1 else 0


def _express_row(row: ExpressRow) -> Row:
    fixed = (row.shard, row.id, row.machine_id, row.revision, row.name, row.started_ms, row.detail)
    return (*fixed, row.version, row.alias)
