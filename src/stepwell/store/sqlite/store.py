"""`SqliteStore`: the SQL store over SQLite, with its own commit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from stepwell.store.records import Commit, Fence, RevisionRow, StateMachineRow, Upgrade
from stepwell.store.sql import SqlStore
from stepwell.store.sqlite.driver import SqliteDriver, Transaction
from stepwell.store.sqlite.group import check_fences, write_group

_KEPT_MACHINES_MAX: Final = 10_000


class SqliteStore(SqlStore):
    """A store in one SQLite file, or in memory (`":memory:"`: it lasts as long as this object, closed or not).

    `synchronous` is SQLite's: FULL survives loss of power, NORMAL only the end of the process. `commit_delay_ms` makes
    every commit slower by so much, as a slower disk would, for benchmarks. `commit_in_thread` says who waits for the
    disk: a thread, or the event loop itself; left out, the loop does while the disk is quick (see `driver`).
    `shards` is for a new database, and more than one are for simulations of several nodes in one process.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        commit_delay_ms: float = 0,
        commit_in_thread: bool | None = None,
        shards: int = 1,
    ) -> None:
        self._sqlite = SqliteDriver(str(path), synchronous, commit_delay_ms, commit_in_thread, shards)
        self._machines: dict[tuple[str, str, str], StateMachineRow] = {}
        super().__init__(self._sqlite)

    async def survey(self) -> Upgrade:
        """What `open` would change about the file; nothing is changed. Raises StoreNewer, StoreError."""
        return self._sqlite.survey()

    # Machines by name, asked for with every start. Nobody else writes this file while it is locked, and a read does
    # not suspend, so what is kept here is what is committed.

    async def find_state_machine(self, account: str, region: str, name: str) -> StateMachineRow | None:
        """A state machine by its name."""
        found = self._machines.get((account, region, name))
        if found is None:
            found = await super().find_state_machine(account, region, name)
            if found is not None and len(self._machines) < _KEPT_MACHINES_MAX:
                self._machines[account, region, name] = found
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

    async def commit(self, commits: Sequence[Commit], fences: Sequence[Fence] = ()) -> dict[int, bytes]:
        """Write all commits in one transaction, durable when this returns, if every fence stands.

        Answers the position of each commit that was dropped since the name of its execution is taken (its `start` lost,
        here or earlier in the group), with the id of the execution that holds the name. Raises StaleOwner and
        CommitRefused (nothing written; one of the commits is bad), StoreError (nothing written; the disk is full) and
        StoreBroken (it failed).
        """

        def work(transaction: Transaction) -> dict[int, bytes]:
            if fences:
                check_fences(transaction, fences)
            return write_group(transaction, commits, self.shards)

        return await self._sqlite.transact(work)
