"""Executions that have been open for as long as any may be (AWS: a year) time out.

Most machines have no time limit of their own, and a timer for each execution would be memory for what hardly ever
happens. Ids begin with the time of their start, so that the oldest are the first of their shard: a look now and then
finds them, and reads nothing else. What they are told is that time has passed; the engine judges.
"""

from typing import Final

from stepwell.engine.events import TimePassed
from stepwell.limits import Limits
from stepwell.runtime.chore import Chore
from stepwell.runtime.clock import Clock
from stepwell.runtime.identity import started_ms_of
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.shard import Shard
from stepwell.runtime.turns import Item
from stepwell.store.protocol import Store

_BETWEEN_S: Final = 3_600.0
_PAGE: Final = 100


class Overdue:
    """Looks for them among the executions that this node drives."""

    def __init__(self, store: Store, clock: Clock, ownership: Ownership, shard: Shard, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._ownership = ownership
        self._shard = shard
        self._longest_ms = limits.execution_s_max * 1000
        trouble = "executions that are open for too long could not be looked for"
        self._chore = Chore("overdue", _BETWEEN_S, self.look, trouble)

    def open(self) -> None:
        """Look now, and every hour."""
        self._chore.open()

    async def close(self) -> None:
        """Look no more."""
        await self._chore.close()

    async def look(self) -> int:
        """One look at all shards; how many were told. Raises StoreError."""
        before_ms = self._clock.now_ms() - self._longest_ms
        return sum([await self._look_at(shard, before_ms) for shard in list(self._ownership.driven)])

    async def _look_at(self, shard: int, before_ms: int) -> int:
        told, after = 0, b""
        while True:
            rows = await self._store.scan_open(shard, after, _PAGE)
            late = [row.execution_id for row in rows if started_ms_of(row.execution_id) <= before_ms]
            for execution_id in late:
                self._shard.put(Item(execution_id, TimePassed()))
            told += len(late)
            if len(late) < _PAGE:
                return told
            after = late[-1]
