"""Drives executions without a store: they live in memory, and end with the server.

Express executions, EXPRESS children of Map Runs and tested states go on here. What is asked of the world goes through a
dispatcher of its own, as for durable executions. What an execution means and who waits for it never lives here.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from stepwell.engine.commands import Command
from stepwell.engine.events import Event, Poisoned, Resumed, Started, TimePassed
from stepwell.engine.execution import Decision, Execution
from stepwell.integrations.base import Registry
from stepwell.limits import Limits
from stepwell.runtime.clock import Clock
from stepwell.runtime.dispatcher import Dispatcher
from stepwell.runtime.timers import Timers
from stepwell.runtime.turns import Live

log = logging.getLogger("stepwell.runtime")

Take = Callable[[Decision], None]
Events = Sequence[Event]
Answer = Callable[[Command], Events | Awaitable[Events] | None]
End = asyncio.Future[Execution]


class _Run:
    """One execution under way. While its inbox holds something, a turn of it is on the event loop's list."""

    __slots__ = ("answer", "end", "inbox", "live", "take")

    def __init__(self, live: Live, end: End, take: Take | None, answer: Answer | None) -> None:
        self.live = live
        self.end = end
        self.take = take
        self.answer = answer
        self.inbox: deque[Event] = deque()


class Ephemeral:
    """All executions in memory of this server. A call of theirs is made at most once: nothing is taken up again."""

    def __init__(self, registry: Registry, limits: Limits, clock: Clock, dice: Random) -> None:
        self._clock = clock
        self._dice = dice
        self._runs: dict[bytes, _Run] = {}
        self._dispatcher = Dispatcher(registry, self._submit, limits.blob_bytes_min)
        self._timers = Timers(clock, self._fire)

    @property
    def running(self) -> int:
        """How many executions are under way."""
        return len(self._runs)

    def begin(self, live: Live, take: Take | None = None, answer: Answer | None = None) -> End:
        """Let an execution go on to its end. Whoever cancels what this answers gives the execution up.

        `take` is shown every decision. `answer` may know the events that come of a command: then the world is not
        asked. It may answer later, too; what goes wrong meanwhile ends the execution for whoever waits.
        """
        end: End = asyncio.get_running_loop().create_future()
        self._runs[live.id] = _Run(live, end, take, answer)
        end.add_done_callback(lambda _: self._forget(live.id))
        self._submit(live.id, Started())
        return end

    def give_up(self, execution_id: bytes) -> None:
        """Forget an execution: nobody waits for it any more."""
        run = self._runs.get(execution_id)
        if run is not None:
            run.end.cancel()

    async def close(self, grace_s: float) -> None:
        """Calls in flight get `grace_s` seconds; then everything is given up."""
        await self._dispatcher.drain(grace_s)
        self._timers.stop()
        for run in list(self._runs.values()):
            run.end.cancel()

    def _forget(self, execution_id: bytes) -> None:
        del self._runs[execution_id]
        self._timers.set(execution_id, None)

    def _fire(self, due: list[bytes]) -> None:
        for execution_id in due:
            self._submit(execution_id, TimePassed())

    def _submit(self, execution_id: bytes, event: Event) -> None:
        run = self._runs.get(execution_id)
        if run is not None:
            self._put(run, event)

    def _put(self, run: _Run, event: Event) -> None:
        run.inbox.append(event)
        if len(run.inbox) == 1:
            run.end.get_loop().call_soon(self._turn, run)

    def _turn(self, run: _Run) -> None:
        """Decide on the oldest event; others get their turn before the next one."""
        if run.end.done():
            return
        execution = run.live.execution
        try:
            decision = self._decide(execution, run.inbox[0])
            if run.take is not None:
                run.take(decision)
            self._dispatcher.dispatch(run.live, self._unanswered(run, decision.commands))
        except Exception as error:
            run.end.set_exception(error)
            return
        if execution.status != "RUNNING":
            run.end.set_result(execution)
            return
        self._timers.set(run.live.id, execution.due_ms)
        if decision.more:
            self._put(run, Resumed())
        run.inbox.popleft()
        if run.inbox:
            run.end.get_loop().call_soon(self._turn, run)

    def _decide(self, execution: Execution, event: Event) -> Decision:
        try:
            return execution.decide(event, self._clock.now_ms(), self._dice)
        except Exception:
            log.exception("deciding on %s of %s failed", type(event).__name__, execution.facts.arn)
            return execution.decide(Poisoned("The execution met an internal error."), execution.at_ms, self._dice)

    def _unanswered(self, run: _Run, commands: Sequence[Command]) -> Sequence[Command]:
        if run.answer is None:
            return commands
        left = []
        for command in commands:
            events = run.answer(command)
            if events is None:
                left.append(command)
            elif isinstance(events, Awaitable):
                self._await(run, events)
            else:
                self._put_all(run, events)
        return left

    def _put_all(self, run: _Run, events: Events) -> None:
        for event in events:
            self._put(run, event)

    def _await(self, run: _Run, events: Awaitable[Events]) -> None:
        work = asyncio.ensure_future(events)
        work.add_done_callback(lambda done: self._answered(run, done))
        run.end.add_done_callback(lambda _: work.cancel())

    def _answered(self, run: _Run, work: asyncio.Future[Events]) -> None:
        if run.end.done():
            if not work.cancelled():
                work.exception()  # nobody waits for it any more
            return
        error = work.exception()
        if error is None:
            self._put_all(run, work.result())
        else:
            run.end.set_exception(error)
