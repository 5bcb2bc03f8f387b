"""Writes the turns of a group in one commit, and finds out what became of each, whatever the store says.

If the data of one execution is to blame for a refusal, the group is halved until that one stands alone. If some shards
have another owner by now, the others are written without them.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import Moved, NameTaken, StoreUnavailable
from stepwell.runtime.turns import Turn
from stepwell.store.protocol import CommitRefused, StaleOwner, StoreBroken, StoreError

log = logging.getLogger("stepwell.runtime")


class Fate(Protocol):
    """What becomes of turns."""

    def finish(self, turns: Sequence[Turn]) -> None:
        """They are durable."""

    def drop(self, turn: Turn, error: Exception) -> None:
        """Nothing of it happened."""

    def set_apart(self, turn: Turn, error: Exception) -> None:
        """Nothing of it happened, nor ever will: no store takes it."""


class Writing:
    """The way of turns into the store. `broken` is set when the store cannot be used any more."""

    def __init__(self, ownership: Ownership, fate: Fate, counters: dict[str, int], broken: asyncio.Event) -> None:
        self._ownership = ownership
        self._fate = fate
        self._counters = counters
        self._broken = broken

    async def write(self, turns: list[Turn]) -> None:
        """Write the turns and answer; each is dealt with, one way or another, when this returns."""
        try:
            lost = await self._ownership.commit([turn.encoded or turn.encode() for turn in turns])
        except CommitRefused as error:
            await self._bisect(turns, error)
            return
        except StaleOwner as error:
            await self._write_without(turns, error)
            return
        except Exception as error:
            self._give_up(turns, error)
            return
        self._counters["groups"] += 1
        self._counters["commits"] += len(turns)
        if lost:
            turns = _refuse_losers(turns, lost)
        if not self._ownership.is_current:
            await self._ownership.until_known()  # the commit took so long that others may have taken over since
        self._fate.finish(turns)

    def _give_up(self, turns: list[Turn], error: Exception) -> None:
        strange = not isinstance(error, StoreError | StoreUnavailable)
        log.error("the store refused a commit: %s", error, exc_info=strange)
        if isinstance(error, StoreBroken):
            self._broken.set()
        self._counters["store_errors"] += 1
        for turn in turns:
            self._fate.drop(turn, StoreUnavailable(str(error)))

    async def _write_without(self, turns: list[Turn], error: StaleOwner) -> None:
        """Some shards have another owner: nothing of these turns happened, the others are written."""
        for turn in turns:
            if turn.shard in error.shards:
                self._fate.drop(turn, Moved())
        left = [turn for turn in turns if turn.shard not in error.shards]
        if left:
            await self.write(left)

    async def _bisect(self, turns: list[Turn], error: CommitRefused) -> None:
        """Find the one execution whose data the store does not take; the others commit."""
        self._counters["bisected"] += 1
        if len(turns) == 1:
            log.error("execution %s cannot be stored: %s", turns[0].live.id.hex(), error)
            self._fate.set_apart(turns[0], error)
            return
        middle = len(turns) // 2
        await self.write(turns[:middle])
        await self.write(turns[middle:])


def _refuse_losers(turns: list[Turn], lost: dict[int, bytes]) -> list[Turn]:
    """Tell those whose name was taken; answers the others."""
    for place, holder in lost.items():
        for item, _ in turns[place].items:
            item.refuse(NameTaken(holder))
    return [turn for place, turn in enumerate(turns) if place not in lost]
