"""When to ask a service again how its jobs are: seldom for long jobs, never all jobs at once, and soon on a hint."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from stepwell.integrations.hints import Hints

FIRST_S: Final = 1.0
LAST_S: Final = 30.0
GROWTH: Final = 1.5
GAP_S: Final = 0.05


class Pace:
    """The pace of one service: from 1 s to 30 s between two questions about a job, a quarter more or less so that jobs
    started together drift apart, and at most twenty questions a second about all jobs together. A hint makes it ask at
    once, as far as these twenty allow, and begins the count anew.
    """

    def __init__(
        self,
        *,
        first_s: float = FIRST_S,
        gap_s: float = GAP_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        dice: Random | None = None,
        hints: Hints | None = None,
    ) -> None:
        self._first_s = first_s
        self._gap_s = gap_s
        self._sleep = sleep
        self._dice = dice or Random()
        self._hints = hints
        self._free_at_s = 0.0

    async def pause(self, polls: int, name: str | None = None) -> int:
        """Wait until a job that was asked about `polls` times may be asked about again; how many times it will have
        been asked about then. `name` is what hints call the job.
        """
        delay_s = self._delay_s(polls)
        if self._hints is None or name is None:
            await self._sleep(delay_s)
        elif await self._hints.wait(name, delay_s):
            await self._sleep(self._in_line_s(0.0))
            return 1
        return polls + 1

    def _delay_s(self, polls: int) -> float:
        delay_s = min(LAST_S, self._first_s * GROWTH ** min(polls, 20)) * self._dice.uniform(0.75, 1.25)
        return self._in_line_s(delay_s)

    def _in_line_s(self, delay_s: float) -> float:
        """A place in the line of questions, no sooner than after the delay."""
        now_s = asyncio.get_running_loop().time()
        at_s = max(now_s + delay_s, self._free_at_s)
        if at_s - now_s < LAST_S + LAST_S:  # beyond a minute of waiting line, an even spread is as good as a queue
            self._free_at_s = max(self._free_at_s, now_s) + self._gap_s
        return at_s - now_s
