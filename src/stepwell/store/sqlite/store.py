"""`SqliteStore`: the SQL store over SQLite, with its own commit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from stepwell.store.records import Commit
from stepwell.store.sql import SqlStore
from stepwell.store.sqlite.driver import SqliteDriver
from stepwell.store.sqlite.group import write_group


class SqliteStore(SqlStore):
    """A store in one SQLite file, or in memory (`":memory:"`: it lasts as long as this object, closed or not).

    `synchronous` is SQLite's: FULL survives loss of power, NORMAL only the end of the process. `commit_delay_ms` makes
    every commit slower by so much, as a slower disk would, for benchmarks. Without `commit_in_thread` the event loop
    itself waits for the disk: quicker where the disk is quick and groups are small, and nothing else runs meanwhile.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        commit_delay_ms: float = 0,
        commit_in_thread: bool = True,
    ) -> None:
        self._sqlite = SqliteDriver(str(path), synchronous, commit_delay_ms, commit_in_thread)
        super().__init__(self._sqlite)

    async def commit(self, commits: Sequence[Commit]) -> dict[int, bytes]:
        """Write all commits in one transaction, durable when this returns.

        Answers the position of each commit that was dropped since the name of its execution is taken (its `start` lost,
        here or earlier in the group), with the id of the execution that holds the name. Raises CommitRefused (nothing
        written; one of the commits is bad), StoreError (nothing written; the disk is full) and StoreBroken (it failed).
        """
        return await self._sqlite.transact(lambda transaction: write_group(transaction, commits))
