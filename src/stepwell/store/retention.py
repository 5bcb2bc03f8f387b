"""The verbs of retention, for every SQL database: closed executions go away, a few at a time.

They are found through the lists of executions, which are in the order of their ends: nothing is scanned for them, and
no index is kept for their sake. An execution that is redriven at the same moment stays: whatever is deleted with it
asks whether it is gone. Its line goes last, so that what was begun is found again.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from stepwell.store.driver import Driver, Row, Rows, encode
from stepwell.store.records import STATUSES, ListKey

_CLOSED: Final = tuple(status for status in STATUSES if status != "RUNNING")
_PARTS_MAX: Final = 1_000


class SqlRetention(ABC):
    """The part of a store (see `protocol.Store`) that forgets."""

    _driver: Driver

    @abstractmethod
    def _bucket(self, key: bytes) -> int: ...

    @property
    def buckets(self) -> int:
        """How many buckets the database has."""
        return self._driver.buckets

    async def next_list(self, after: ListKey | None) -> ListKey | None:
        """The list of executions behind the given one, in an order of the store's own."""
        rows = await self._driver.fetch("next_list", *(after or (-1, b"")))
        return (rows[0][0], rows[0][1]) if rows else None

    async def remove_closed(self, key: ListKey, before_ms: int, names_before_ms: int, limit: int) -> int:
        """Remove up to `limit` executions of a list that ended before a time; how many went."""
        lines = await self._closed_lines(key, before_ms, limit)
        if not lines:
            return 0
        gone: list[Row] = [(shard, execution_id) for _, _, execution_id, shard, _ in lines]
        kept, freed = self._names(key[1], lines, names_before_ms)
        executions = [(*row, before_ms) for row in gone]
        steps: list[Rows] = [("remove_execution", executions), ("remove_history", gone), ("remove_blobs", gone)]
        await self._driver.write_rows([*steps, ("keep_name", kept), ("remove_name", freed)])
        for row in gone:
            await self._remove_map_runs(row)
        removed = [(*key, status, at_ms, execution_id, shard) for status, at_ms, execution_id, shard, _ in lines]
        return (await self._driver.write_rows([("remove_line", removed)]))[0]

    async def _closed_lines(self, key: ListKey, before_ms: int, limit: int) -> list[Row]:
        lines: list[Row] = []
        for status in _CLOSED:
            if len(lines) < limit:
                lines += await self._driver.fetch("closed_lines", *key, status, before_ms, limit - len(lines))
        return lines

    def _names(self, machine_id: bytes, lines: Sequence[Row], names_before_ms: int) -> tuple[list[Row], list[Row]]:
        """The names of these executions: those that are kept for a while, and those that are free."""
        kept: list[Row] = []
        freed: list[Row] = []
        for _, ended_ms, execution_id, shard, name in lines:
            place = (self._bucket(machine_id + encode(name)), machine_id, name)
            if ended_ms < names_before_ms:
                freed.append((*place, execution_id, shard))
            else:
                kept.append((*place, ended_ms, execution_id, shard))
        return kept, freed

    async def _remove_map_runs(self, execution: Row) -> None:
        """The runs of an execution that is gone. They may be large: their parts go first, some at a time."""
        for (run_id,) in await self._driver.fetch("runs_of_removed", *execution):
            run = (execution[0], run_id)
            while (await self._driver.write([("remove_map_run_parts", (*run, _PARTS_MAX))]))[0]:
                pass
            await self._driver.write([("remove_map_run_pages", run), ("remove_map_run", run)])

    async def free_names(self, bucket: int, ended_before_ms: int, limit: int) -> int:
        """Free up to `limit` names of executions that were removed, and ended before a time; how many."""
        rows = await self._driver.fetch("kept_names", bucket, ended_before_ms, limit)
        if rows:
            names = [row[:3] for row in rows]
            await self._driver.write_rows([("free_name", names), ("forget_kept_name", rows)])
        return len(rows)
