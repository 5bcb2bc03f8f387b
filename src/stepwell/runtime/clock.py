"""The time of the service: wall-clock milliseconds that never go back, and that no step of the wall clock disturbs."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the runtime gets its time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC; never less than before."""


class SystemClock:
    """The wall clock as it stood at start, moved on by a clock that counts evenly (and through a laptop's sleep)."""

    def __init__(self) -> None:
        self._source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime_ns") else 0
        self._start_ns = time.time_ns() - self._even_ns()

    def _even_ns(self) -> int:
        return time.clock_gettime_ns(self._source) if self._source else time.monotonic_ns()

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return (self._start_ns + self._even_ns()) // 1_000_000


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
