"""The verbs of execution logs, for every SQL database: which batches of history are still to be logged."""

from collections.abc import Sequence

from stepwell.store.driver import Driver
from stepwell.store.records import LogRow


class SqlLogQueue:
    """The part of a store (see `protocol.Store`) that remembers what is to be logged."""

    _driver: Driver

    async def scan_log_queue(self, shard: int, limit: int) -> list[LogRow]:
        """History batches of a shard that are still to be logged, the oldest executions first."""
        return [LogRow(*row) for row in await self._driver.fetch("scan_log_queue", shard, limit)]

    async def delete_logs(self, rows: Sequence[LogRow]) -> None:
        """These batches were logged, or are not to be logged any more."""
        keys = [(row.shard, row.execution_id, row.first_event_id) for row in rows]
        await self._driver.write_rows([("delete_log", keys)])
