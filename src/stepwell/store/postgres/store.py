"""`PostgresStore`: the SQL store over PostgreSQL, with its own commit."""

import time
from collections.abc import Sequence
from typing import Final

from stepwell.store.postgres.commits import Commits
from stepwell.store.postgres.driver import PostgresDriver
from stepwell.store.records import Commit, Fence, RevisionRow, StateMachineRow, Upgrade
from stepwell.store.sql import SqlStore

_MACHINE_S: Final = 1.0
"""How long a machine may be taken for what it was. AWS: executions that start within a few seconds of an update may use
the previous definition (UpdateStateMachine)."""

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

    async def survey(self) -> Upgrade:
        """What `open` would change about the schema; nothing is changed. Raises StoreNewer, StoreGone, StoreError."""
        return await self._postgres.survey()

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
