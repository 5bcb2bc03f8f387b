"""Executions that ended long ago are removed, in small steps that leave the database most of its time.

AWS keeps a Standard execution and its history for 90 days after its end, and its name is taken for as long. A shorter
time does not free names earlier.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from stepwell.runtime.chore import Chore
from stepwell.runtime.clock import Clock
from stepwell.store.protocol import Store

log = logging.getLogger("stepwell.runtime")

DAY_MS: Final = 86_400_000
NAMES_DAYS: Final = 90
"""AWS (StartExecution): a name can be used again 90 days after the end of the execution that had it."""

_STEP: Final = 50  # executions removed at once
_BETWEEN_S: Final = 600.0  # from the end of one round to the next
_REST: Final = 3  # times as long as a step took, before the next one


class Retention:
    """Removes what ended more than `days` ago; 0 keeps everything. `is_ours` says whether this node is to do it."""

    def __init__(self, store: Store, clock: Clock, days: int, is_ours: Callable[[], bool] = lambda: True) -> None:
        self._store = store
        self._clock = clock
        self._days = days
        self._is_ours = is_ours
        trouble = "executions that ended long ago could not be removed"
        self._chore = Chore("retention", _BETWEEN_S, self._round, trouble)

    def open(self) -> None:
        """Begin with the first round."""
        if self._days:
            self._chore.open()

    async def close(self) -> None:
        """Stop, between two steps or in one: a step is whole or did not happen."""
        await self._chore.close()

    async def _round(self) -> None:
        removed = await self.remove() if self._is_ours() else 0
        if removed:
            log.info("removed %d executions that ended more than %d days ago", removed, self._days)

    async def remove(self) -> int:
        """One round through all lists; how many executions were removed. Raises StoreError."""
        now_ms = self._clock.now_ms()
        before_ms, names_before_ms = now_ms - self._days * DAY_MS, now_ms - NAMES_DAYS * DAY_MS
        removed = 0
        key = await self._store.next_list(None)
        while key is not None:
            removed += await _repeat(partial(self._store.remove_closed, key, before_ms, names_before_ms, _STEP))
            key = await self._store.next_list(key)
        if self._days < NAMES_DAYS:
            for bucket in range(self._store.buckets):
                await _repeat(partial(self._store.free_names, bucket, names_before_ms, _STEP))
        return removed


async def _repeat(step: Callable[[], Awaitable[int]]) -> int:
    """Take a step until it finds nothing to do, with rests between; the sum of what they did."""
    done = 0
    while True:
        began_s = time.monotonic()
        count = await step()
        done += count
        if count == 0:
            return done
        await asyncio.sleep((time.monotonic() - began_s) * _REST)
