"""`SqliteStore`: the SQL store over SQLite, with its own commit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from stepwell.store.kept import KeepsNames
from stepwell.store.records import Commit, Fence, Upgrade
from stepwell.store.sqlite.driver import SqliteDriver, Transaction
from stepwell.store.sqlite.group import check_fences, write_group


class SqliteStore(KeepsNames):
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
        # Nobody else writes this file while it is locked, and a read does not suspend: names are kept for good.
        super().__init__(self._sqlite)

    async def survey(self) -> Upgrade:
        """What `open` would change about the file; nothing is changed. Raises StoreNewer, StoreError."""
        return self._sqlite.survey()

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
