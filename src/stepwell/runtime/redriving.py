"""Redrives: an execution that ended badly is put together again as it ended, and told to go on."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from stepwell.engine.events import Redriven
from stepwell.limits import Limits
from stepwell.runtime.clock import Clock
from stepwell.runtime.codec import decode_result, pack, restore_remains
from stepwell.runtime.map_runs import MapRuns
from stepwell.runtime.reader import Reader
from stepwell.runtime.shard import Shard
from stepwell.runtime.turns import Live
from stepwell.store.records import ExecutionRow, Message, ReopenedRow

_REDRIVABLE_MS: Final = 14 * 86_400_000  # AWS: redrivable for 14 days after the end

Make = Callable[[ExecutionRow], Awaitable[Live]]


def too_old(row: ExecutionRow, now_ms: int, limits: Limits) -> str | None:
    """Why the age of a closed execution forbids a redrive, in the words of the service model; None if it does not."""
    if now_ms - row.started_ms > limits.execution_s_max * 1000:
        return "Execution has exceeded the max execution time"
    if now_ms - (row.stopped_ms or now_ms) > _REDRIVABLE_MS:
        return "Execution redrivable period exceeded"
    return None


class Redriving:
    """Of executions that this node drives; one redrive at a time of each. `make` knows them as they began."""

    def __init__(
        self, shard: Shard, reader: Reader, map_runs: MapRuns, limits: Limits, clock: Clock, make: Make
    ) -> None:
        self._shard = shard
        self._reader = reader
        self._map_runs = map_runs
        self._limits = limits
        self._clock = clock
        self._make = make

    async def redrive(
        self, row: ExecutionRow, redriven_ms: int, redrive: bytes, message: Message | None = None
    ) -> bool:
        """Let a closed execution go on; durable when this returns. False when nothing is left of it, or it is full.

        Its Map Runs come to rest before. Raises StoreUnavailable, StoreError.
        """
        remains = None if row.result is None else decode_result(row.result).remains
        if remains is None or await self.is_full(row.id):
            return False if message is None else await self._shard.reply(message, False)
        live = await self._make(row)
        execution = live.execution
        await restore_remains(execution, remains, partial(self._reader.text, row.id))
        for branch in execution.branches.values():
            if branch.last_run is not None:
                await self._map_runs.until_over(branch.last_run.id)
        execution.redrives, execution.redriven_ms = row.redrives, row.redriven_ms
        count = row.redrives + 1
        return await self._shard.redrive(live, Redriven(count), ReopenedRow(count, redriven_ms, redrive), message)

    async def redrive_child(self, row: ExecutionRow) -> bool:
        """The same for a STANDARD child that ended badly, with its run. False, too, when it ended too long ago."""
        now_ms = self._clock.now_ms()
        return too_old(row, now_ms, self._limits) is None and await self.redrive(row, now_ms, pack([]))

    async def is_full(self, execution_id: bytes) -> bool:
        """Whether a closed execution's history has no room for a redrive and what follows it."""
        return await self._reader.last_event_id(execution_id) >= self._limits.history_events_max - 1
