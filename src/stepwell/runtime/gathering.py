"""How long a group waits for more to come: as long as something does, and longer where a commit is dear.

A commit over a network costs the same for one event as for thirty. Clients that have just been answered are back in a
moment, but not in the same one; so a group waits for as many as were about lately, though not for long, and nobody
waits who is alone.
"""

import asyncio
from collections.abc import Callable
from typing import Final

_ENOUGH: Final = 32
"""Events of a group among which the cost of its commit is lost already."""

_JOINING_MAX: Final = 64
"""Events for which a group does not go round the loop any more."""

_SILENT_MAX: Final = 6
"""Rounds of the loop in which nothing comes, after which a group goes without those that were about: some 20 us."""

_APART_S: Final = 0.01
"""From one group to the next, while fewer have come than were about lately."""

_BACK_S: Final = 0.004
"""From the first event of a group on, however long ago the last one was: clients that were answered together come back
one after another."""

_LATELY: Final = 0.75
"""Of those that were about before the last group."""


class Gathering:
    """The pause before each group of one loop. `waiting` tells how many events there are."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._waiting = waiting
        self._about = 0.0
        self._began_s = 0.0
        self._enough = 0
        self._come = asyncio.Event()

    def put(self) -> None:
        """One more event waits."""
        if self._enough and self._waiting() >= self._enough:
            self._come.set()

    async def join(self, *, dear: bool = False) -> None:
        """Go round the loop once, and on while fewer have come than were about lately, until no more seem to come.

        Where a commit is dear, once and then `gather`.
        """
        if dear:
            await asyncio.sleep(0)
            await self.gather()
            return
        enough = min(self._about, _JOINING_MAX)
        silent = 0
        while silent < _SILENT_MAX:
            before = self._waiting()
            await asyncio.sleep(0)
            if self._waiting() >= enough:
                return
            silent = 0 if before < self._waiting() else silent + 1

    async def gather(self) -> None:
        """Return when the group is worth its commit, or has waited long enough."""
        loop = asyncio.get_running_loop()
        left_s = max(self._began_s + _APART_S - loop.time(), _BACK_S)
        enough = min(round(self._about), _ENOUGH)
        if self._waiting() < enough:
            self._enough = enough
            self._come.clear()
            alarm = loop.call_later(left_s, self._come.set)
            await self._come.wait()
            alarm.cancel()
            self._enough = 0
        self._began_s = loop.time()

    def written(self, size: int) -> None:
        """A group of this size was written: as many as that, and those that came meanwhile, are about."""
        self._about = max(size + self._waiting(), self._about * _LATELY)
