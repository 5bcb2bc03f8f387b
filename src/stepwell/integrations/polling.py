"""When to ask a service again how its jobs are: seldom for long jobs, and never all jobs at once."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

FIRST_S: Final = 1.0
LAST_S: Final = 30.0
GROWTH: Final = 1.5
GAP_S: Final = 0.05


class Pace:
    """The pace of one service: from 1 s to 30 s between two questions about a job, a quarter more or less so that jobs
    started together drift apart, and at most twenty questions a second about all jobs together.
    """

    def __init__(
        self,
        *,
        first_s: float = FIRST_S,
        gap_s: float = GAP_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        dice: Random | None = None,
    ) -> None:
        self._first_s = first_s
        self._gap_s = gap_s
        self._sleep = sleep
        self._dice = dice or Random()
        self._free_at_s = 0.0

    async def pause(self, polls: int) -> None:
        """Wait until a job that was asked about `polls` times may be asked about again."""
        delay_s = min(LAST_S, self._first_s * GROWTH ** min(polls, 20)) * self._dice.uniform(0.75, 1.25)
        now_s = asyncio.get_running_loop().time()
        at_s = max(now_s + delay_s, self._free_at_s)
        if at_s - now_s < LAST_S + LAST_S:  # beyond a minute of waiting line, an even spread is as good as a queue
            self._free_at_s = max(self._free_at_s, now_s) + self._gap_s
        await self._sleep(at_s - now_s)
