"""The time of the service: wall-clock milliseconds that never go back, and that no step of the wall clock disturbs."""

import time
from collections.abc import Callable
from functools import partial
from typing import Protocol


class Clock(Protocol):
    """Where the runtime gets its time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC; never less than before."""


class SystemClock:
    """The wall clock as it stood at start, moved on by a clock that counts evenly (and through a laptop's sleep)."""

    def __init__(self) -> None:
        self._even_ns = _even_clock()
        self._start_ns = time.time_ns() - self._even_ns()

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return (self._start_ns + self._even_ns()) // 1_000_000


def _even_clock() -> Callable[[], int]:
    """A clock in nanoseconds that counts evenly, while the machine sleeps too where there is one that does."""
    if hasattr(time, "clock_gettime_ns") and hasattr(time, "CLOCK_BOOTTIME"):
        return partial(time.clock_gettime_ns, time.CLOCK_BOOTTIME)
    return time.monotonic_ns


class ManualClock:
    """A clock that stands still until it is told otherwise; for tests and simulations."""

    def __init__(self, at_ms: int = 1_700_000_000_000) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        """The time it was set to."""
        return self.at_ms

    def advance(self, ms: int) -> None:
        """Let time pass."""
        self.at_ms += ms
