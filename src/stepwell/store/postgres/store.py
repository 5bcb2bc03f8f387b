"""`PostgresStore`: the SQL store over PostgreSQL, with its own commit."""

import time
from collections.abc import Sequence
from typing import Any, Final

from stepwell.store.postgres.commits import Commits
from stepwell.store.postgres.driver import PostgresDriver
from stepwell.store.postgres.pool import Connection
from stepwell.store.protocol import StaleOwner
from stepwell.store.records import Commit, ExpressRow, Fence, MapRunSave, RevisionRow, StateMachineRow
from stepwell.store.sql import Row, SqlStore, express_columns

_MACHINE_S: Final = 1.0
"""How long a machine may be taken for what it was. AWS: executions started within a few seconds of an update may use the
previous definition (UpdateStateMachine)."""

_KEPT_MACHINES_MAX: Final = 10_000


class PostgresStore(SqlStore):
    """A store in one schema of a PostgreSQL database: `postgresql://user:password@host/name?schema=stepwell`.

    `durable=False` gives up what the last half second wrote when the database's machine loses its power.
    """

    def __init__(self, database: str, *, durable: bool = True, connections: int = 8) -> None:
        self._postgres = PostgresDriver(database, durable=durable, connections=connections)
        self._commits = Commits(self._postgres)
        self._machines: dict[tuple[str, str, str], tuple[float, StateMachineRow]] = {}
        super().__init__(self._postgres)

    async def open(self) -> None:
        """Connect, migrate. Raises StoreNewer, StoreGone, StoreError."""
        await super().open()
        self._commits.open()

    # Machines by name, asked for with every start. Other nodes may change them, so they are kept for a moment only.

    async def find_state_machine(self, account: str, region: str, name: str) -> StateMachineRow | None:
        """A state machine by its name."""
        key = (account, region, name)
        kept = self._machines.get(key)
        if kept is not None and time.monotonic() - kept[0] < _MACHINE_S:
            return kept[1]
        asked_s = time.monotonic()
        found = await super().find_state_machine(account, region, name)
        if found is None:
            self._machines.pop(key, None)
        elif key in self._machines or len(self._machines) < _KEPT_MACHINES_MAX:
            self._machines[key] = (asked_s, found)
        return found

    async def put_revision(self, revision: RevisionRow) -> None:
        """Add a revision and make it the current one. Raises CommitRefused: number taken, or no such machine."""
        try:
            await super().put_revision(revision)
        finally:
            self._machines.clear()

    async def mark_deleting(self, machine_id: bytes) -> None:
        """Set the machine's status to DELETING."""
        try:
            await super().mark_deleting(machine_id)
        finally:
            self._machines.clear()

    async def delete_state_machine(self, machine_id: bytes) -> None:
        """Remove a state machine and its revisions."""
        try:
            await super().delete_state_machine(machine_id)
        finally:
            self._machines.clear()

    # What executions write

    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence] = ()) -> dict[int, bytes]:
        """Write all commits in one statement; see `protocol.Store.commit`."""
        return await self._commits.commit(commits, fences)

    async def write_express(
        self, begun: Sequence[ExpressRow], ended: Sequence[bytes], fences: Sequence[Fence] = ()
    ) -> None:
        """Add and remove open Express executions in one transaction. Raises StaleOwner."""
        columns = list(zip(*map(express_columns, begun), strict=True))
        over = list(zip(*((self._shard(execution_id), execution_id) for execution_id in ended), strict=True))
        steps: list[tuple[str, Sequence[Any]]] = []
        if begun:
            steps.append(("insert_express", columns))
        if ended:
            steps.append(("delete_express", over))
        await self._write_fenced(steps, fences)

    async def save_map_run(self, save: MapRunSave, fences: Sequence[Fence] = ()) -> None:
        """Write what has happened in a run, in one durable transaction. Raises StaleOwner."""
        await self._write_fenced(self._map_run_steps(save), fences)

    async def _write_fenced(self, steps: Sequence[tuple[str, Sequence[Any]]], fences: Sequence[Fence]) -> None:
        """Run writes in a transaction during which nobody takes the shards over. Raises StaleOwner."""
        queries = self._postgres.queries

        async def work(connection: Connection) -> None:
            async with connection.transaction():
                if fences:
                    await self._hold(connection, fences)
                for query, parameters in steps:
                    await connection.execute(queries[query], *parameters)

        if steps:
            await self._postgres.writing(work)

    async def _hold(self, connection: Connection, fences: Sequence[Fence]) -> None:
        columns: list[Row] = [tuple(fence.shard for fence in fences), tuple(fence.epoch for fence in fences)]
        held = {row[0] for row in await connection.fetch(self._postgres.queries["hold_shards"], *columns)}
        lost = [fence.shard for fence in fences if fence.shard not in held]
        if lost:
            raise StaleOwner(lost)
