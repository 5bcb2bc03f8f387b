"""Drives executions that are in memory only: EXPRESS children of Map Runs.

Nothing of them is durable but what their owner writes of their end; after a crash they run again from their start. An
execution that meets an internal error fails with States.Runtime, as elsewhere.
"""

import asyncio
import logging
from collections.abc import Callable
from random import Random

from stepwell.engine.events import Event, Poisoned, Resumed, Started, TimePassed
from stepwell.engine.execution import Execution
from stepwell.integrations.base import Registry
from stepwell.limits import Limits
from stepwell.runtime.clock import Clock
from stepwell.runtime.dispatcher import Dispatcher
from stepwell.runtime.timers import Timers
from stepwell.runtime.turns import Live

log = logging.getLogger("stepwell.runtime")

Ended = Callable[[Execution], None]


class ChildDriver:
    """All executions in memory of this server."""

    def __init__(self, registry: Registry, clock: Clock, dice: Random, limits: Limits) -> None:
        self._clock = clock
        self._dice = dice
        self._lives: dict[bytes, tuple[Live, Ended]] = {}
        self._dispatcher = Dispatcher(registry, self._deliver, limits.blob_bytes_min, rerun=True)
        self._timers = Timers(clock, self._fire)

    def run(self, live: Live, ended: Ended) -> None:
        """Run an execution; `ended` is told when it is over, maybe before this returns."""
        self._lives[live.id] = (live, ended)
        self._take(live.id, Started())

    def drop(self, execution_id: bytes) -> None:
        """Forget an execution: nobody waits for it any more."""
        if self._lives.pop(execution_id, None) is not None:
            self._timers.set(execution_id, None)

    async def close(self, grace_s: float) -> None:
        """Calls in flight get their time; then everything is forgotten."""
        await self._dispatcher.drain(grace_s)
        self._timers.stop()
        self._lives.clear()

    def _deliver(self, execution_id: bytes, event: Event) -> None:
        self._take(execution_id, event)

    def _fire(self, due: list[bytes]) -> None:
        for execution_id in due:
            self._take(execution_id, TimePassed())

    def _take(self, execution_id: bytes, event: Event) -> None:
        found = self._lives.get(execution_id)
        if found is None:
            return
        live, ended = found
        execution = live.execution
        try:
            decision = execution.decide(event, self._clock.now_ms(), self._dice)
        except Exception:
            log.exception("deciding on %s of an execution in memory failed", type(event).__name__)
            decision = execution.decide(Poisoned("The execution met an internal error."), execution.at_ms, self._dice)
        if decision.commands:
            self._dispatcher.dispatch(live, decision.commands)
        if execution.status != "RUNNING":
            self.drop(execution_id)
            ended(execution)
            return
        self._timers.set(execution_id, execution.due_ms)
        if decision.more:
            asyncio.get_running_loop().call_soon(self._take, execution_id, Resumed())
