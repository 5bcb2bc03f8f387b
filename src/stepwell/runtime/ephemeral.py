"""Drives executions without a store: they live in memory, and end with the server.

Here lives the loop of one such execution: its inbox, its timer, its turns. What is asked of the world goes through a
dispatcher of its own, as for durable executions. What an execution means and who waits for it never lives here.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from random import Random

from stepwell.engine.commands import Command
from stepwell.engine.events import Event, Poisoned, Resumed, Started, TimePassed
from stepwell.engine.execution import Decision, Execution
from stepwell.integrations.base import Registry
from stepwell.limits import Limits
from stepwell.runtime.clock import Clock
from stepwell.runtime.dispatcher import Dispatcher
from stepwell.runtime.turns import Live

log = logging.getLogger("stepwell.runtime")

_NAP_S_MAX = 15.0  # the event loop's clock may stand still while a laptop sleeps; ours does not
Take = Callable[[Decision], None]
Answer = Callable[[Command], list[Event] | None]


class _Run:
    """One execution under way."""

    __slots__ = ("answer", "inbox", "live", "wake")

    def __init__(self, live: Live, answer: Answer | None) -> None:
        self.live = live
        self.answer = answer
        self.inbox: deque[Event] = deque((Started(),))
        self.wake = asyncio.Event()

    def put(self, event: Event) -> None:
        self.inbox.append(event)
        self.wake.set()


class Ephemeral:
    """Runs executions in memory. A call of theirs is made at most once, since nothing is taken up again."""

    def __init__(self, registry: Registry, limits: Limits, clock: Clock, dice: Random) -> None:
        self._clock = clock
        self._dice = dice
        self._runs: dict[bytes, _Run] = {}
        self._dispatcher = Dispatcher(registry, self._submit, limits.blob_bytes_min)

    async def run(self, live: Live, take: Take | None = None, answer: Answer | None = None) -> None:
        """Let an execution run to its end; `take` is shown every decision. Cancelled, it is given up.

        `answer` may know the events that come of a command; then the world is not asked.
        """
        run = self._runs[live.id] = _Run(live, answer)
        execution = live.execution
        try:
            while execution.status == "RUNNING":
                event = await self._next_event(run)
                decision = self._step(run, event)
                if take is not None:
                    take(decision)
                await asyncio.sleep(0)  # others get their turn
        finally:
            del self._runs[live.id]

    @property
    def running(self) -> int:
        """How many executions are under way."""
        return len(self._runs)

    def _step(self, run: _Run, event: Event) -> Decision:
        execution, now_ms = run.live.execution, self._clock.now_ms()
        try:
            decision = execution.decide(event, now_ms, self._dice)
        except Exception:
            log.exception("deciding on %s of %s failed", type(event).__name__, execution.facts.arn)
            decision = execution.decide(Poisoned("The execution met an internal error."), now_ms, self._dice)
        self._dispatcher.dispatch(run.live, self._unanswered(run, decision.commands))
        if decision.more:
            run.put(Resumed())
        return decision

    def _unanswered(self, run: _Run, commands: Sequence[Command]) -> Sequence[Command]:
        if run.answer is None:
            return commands
        left = []
        for command in commands:
            events = run.answer(command)
            if events is None:
                left.append(command)
            for event in events or ():
                run.put(event)
        return left

    async def _next_event(self, run: _Run) -> Event:
        """What happens next, or the time at which the execution wanted to be woken."""
        while not run.inbox:
            run.wake.clear()
            left_s = self._left_s(run.live.execution)
            if left_s is not None and left_s <= 0:
                return TimePassed()
            try:
                async with asyncio.timeout(_NAP_S_MAX if left_s is None else min(left_s, _NAP_S_MAX)):
                    await run.wake.wait()
            except TimeoutError:
                pass
        return run.inbox.popleft()

    def _left_s(self, execution: Execution) -> float | None:
        due_ms = execution.due_ms
        return None if due_ms is None else (due_ms - self._clock.now_ms()) / 1000

    def _submit(self, execution_id: bytes, event: Event) -> None:
        run = self._runs.get(execution_id)
        if run is not None:
            run.put(event)

    async def close(self, grace_s: float) -> None:
        """Wait for calls in flight, as long as `grace_s`."""
        await self._dispatcher.drain(grace_s)
