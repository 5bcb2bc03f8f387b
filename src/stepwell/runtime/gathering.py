"""How long a group waits for more to come, where a commit is dear.

A commit over a network costs the same for one event as for thirty. Clients that have just been answered are back in a
moment, but not in the same one; so a group waits for as many as were about when the last one was written, though no
longer than a commit takes: that at most doubles how long one client waits, and nobody waits who is alone.
"""

import asyncio
from collections.abc import Callable
from typing import Final

_ENOUGH: Final = 32
"""Events of a group among which the cost of its commit is lost already."""

_LOOK_S: Final = 0.001
_LONGEST_S: Final = 0.004
_WEIGHT: Final = 0.25  # of the last commit in what a commit takes


class Gathering:
    """The pause before each group of one loop. `waiting` tells how many events there are."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._waiting = waiting
        self._expected = 0
        self._commit_s = 0.0
        self._began_s = 0.0

    async def gather(self) -> None:
        """Return when the group is worth its commit, or has waited long enough."""
        loop = asyncio.get_running_loop()
        enough = min(self._expected, _ENOUGH)
        looks = round(min(self._commit_s, _LONGEST_S) / _LOOK_S)
        while looks > 0 and self._waiting() < enough:
            await asyncio.sleep(_LOOK_S)
            looks -= 1
        self._began_s = loop.time()

    def written(self, size: int) -> None:
        """A group of this size was written: as many as that, and those that came meanwhile, are about."""
        took_s = asyncio.get_running_loop().time() - self._began_s
        self._commit_s += (took_s - self._commit_s) * _WEIGHT
        self._expected = size + self._waiting()
