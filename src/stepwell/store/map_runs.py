"""The verbs of Map Runs, for every SQL database: how far a run has come, and its results. Runs begin with a commit."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from stepwell.store.driver import Driver, Row, Step, decode, encode
from stepwell.store.records import Fence, MapRunPart, MapRunRow, MapRunSave


class SqlMapRuns(ABC):
    """The part of a store (see `protocol.Store`) that keeps Map Runs."""

    _driver: Driver

    @abstractmethod
    def _shard(self, execution_id: bytes) -> int: ...

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


def _map_run(row: Row) -> MapRunRow:
    made = MapRunRow(*row)
    made.label = decode(row[7])
    return made


def map_run_columns(row: MapRunRow) -> Row:
    """A new run as its statement wants it."""
    key = (row.id, row.shard, row.execution_id, row.branch, row.attempt, row.machine_id, row.revision)
    times = (row.status, row.told, row.started_ms, row.stopped_ms)
    return (*key, encode(row.label), *times, row.detail, row.progress)
