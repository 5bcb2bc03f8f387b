"""An event loop with a virtual clock, whose callbacks run in an order that a seed decides.

Nothing sleeps: when no callback is ready the clock jumps to the next timer. When there is no timer either, nobody will
ever go on, and that is an error.
"""

import asyncio
import selectors
from collections import deque
from random import Random
from typing import Any
from weakref import WeakKeyDictionary


class Deadlock(Exception):
    """All tasks wait, and no timer will wake any of them."""


class _Leap(selectors.SelectSelector):
    """Instead of waiting for sockets, moves the clock on."""

    loop: "SimLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Deadlock("nothing is ready and no timer is set")
        self.loop.now_s += max(timeout, 0.0)
        return []


class SimLoop(asyncio.SelectorEventLoop):
    """`now_s` is the virtual time in seconds; equal seeds give equal runs."""

    def __init__(self, seed: int) -> None:
        self.now_s = 0.0
        self._dice = Random(seed)
        leap = _Leap()
        leap.loop = self
        super().__init__(leap)
        self._born: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._births = 0
        self.set_task_factory(self._make_task)

    def _make_task(self, loop: Any, work: Any, **more: Any) -> "asyncio.Task[Any]":
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
        self._births += 1
        self._born[task] = self._births
        return task

    def tasks(self) -> "list[asyncio.Task[Any]]":
        """All that have not ended, the oldest first."""
        return sorted(asyncio.all_tasks(self), key=self._born.__getitem__)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> "asyncio.Future[Any]":
        """What goes to a thread elsewhere takes a little virtual time here."""
        future: asyncio.Future[Any] = self.create_future()

        def finish() -> None:
            if not future.done():
                future.set_result(func(*args))

        self.call_later(self._dice.random() * 0.3, finish)
        return future

    def time(self) -> float:
        return self.now_s

    def _run_once(self) -> None:
        ready: deque[Any] = self._ready  # type: ignore[attr-defined]
        if len(ready) > 1:
            shuffled = list(ready)
            self._dice.shuffle(shuffled)
            ready.clear()
            ready.extend(shuffled)
        super()._run_once()  # type: ignore[misc]


class SimClock:
    """The service's clock on such a loop."""

    def __init__(self, loop: SimLoop, at_ms: int = 1_700_000_000_000) -> None:
        self._loop = loop
        self._at_ms = at_ms

    def now_ms(self) -> int:
        return self._at_ms + int(self._loop.now_s * 1000 + 1e-6)
