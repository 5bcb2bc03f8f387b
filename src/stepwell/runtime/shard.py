"""The shard loop: queue, decide, commit, answer, dispatch.

One loop drives all executions of this node, whatever their shards: so one commit holds what has happened in all of
them. It takes what has gathered in the queue, lets the engine decide on each event, writes all decisions in one commit,
and only then answers the callers and hands commands out. While a commit is on its way to the disk the queue fills, so
groups grow with the load by themselves.

A commit that fails throws the live executions away; their rows are the truth. An execution that holds what no store
takes is failed with States.Runtime, and the others of its group commit. An exception never ends the loop: it costs the
execution that it came from its turn. Every line here may be the last one before a kill: whatever was not committed did
not happen, and nobody was told that it did.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Protocol

from stepwell.engine.commands import CancelTask, Command, RedriveMapRun, ScheduleActivity, StartMapRun
from stepwell.engine.events import ActivityTaken, Event, Poisoned, Redriven, Resumed, Started, TimePassed
from stepwell.limits import Limits
from stepwell.runtime.backlog import Backlog
from stepwell.runtime.clock import Clock
from stepwell.runtime.gathering import Gathering
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import Moved, NameTaken, Overloaded, StoreUnavailable
from stepwell.runtime.replies import Replies
from stepwell.runtime.timers import Timers
from stepwell.runtime.turns import Item, Live, Residents, TaskKey, Turn
from stepwell.runtime.writing import Writing
from stepwell.store.protocol import StoreError
from stepwell.store.records import ActivityTaskRow, MapRunRow, Message, ReopenedRow, ReopenedRunRow

__all__ = ["NameTaken", "Overloaded", "Shard", "StoreUnavailable"]

log = logging.getLogger("stepwell.runtime")

_SLICE_MS = 50  # of deciding, after which a group is committed as far as it has come, and others get their turn


class Outlet(Protocol):
    """Where commands go after their commit."""

    def dispatch(self, live: Live, commands: Sequence[Command]) -> None: ...

    def activity_row(self, live: Live, command: ScheduleActivity, shard: int) -> ActivityTaskRow | None: ...

    def map_run_row(self, live: Live, command: StartMapRun, shard: int) -> MapRunRow: ...

    def activity_key(self, task: TaskKey) -> tuple[bytes, int] | None: ...

    def queue(self, rows: Sequence[ActivityTaskRow], gone: Sequence[TaskKey]) -> None: ...

    def committed(self, turn: Turn) -> None: ...

    def pass_on(self, execution_id: bytes, event: Event) -> None: ...


class Shard:
    """Drives the executions of the shards that this node owns."""

    def __init__(
        self,
        ownership: Ownership,
        clock: Clock,
        dice: Random,
        limits: Limits,
        load: Callable[[bytes], Awaitable[Live | None]],
        outlet: Outlet,
    ) -> None:
        self._ownership = ownership
        self._clock = clock
        self._dice = dice
        self._limits = limits
        self._load = load
        self._outlet = outlet
        self._backlog = Backlog(self.put)
        self._gathering = Gathering(lambda: self._backlog.size)
        self._wake = asyncio.Event()
        self._in_hand: list[Item] = []
        self._group_over = asyncio.Event()
        self._replies = Replies(ownership)
        self._poisoned: set[bytes] = set()
        self._stopping = False
        self._stopped = False
        self._task: asyncio.Task[None] | None = None
        self._new_answer: Callable[[], asyncio.Future[bool]] = lambda: asyncio.get_running_loop().create_future()
        self.residents = Residents(limits.resident_executions_max)
        self.timers = Timers(clock, self._fire)
        self.broken = asyncio.Event()  # the store cannot be used any more: only a new start of the server helps
        self._starting_bytes = 0
        self.counters = {"groups": 0, "commits": 0, "bisected": 0, "poisoned": 0, "store_errors": 0}
        self._writing = Writing(ownership, self, self.counters, self.broken)

    # The way in

    async def submit(self, execution_id: bytes, event: Event) -> bool:
        """Decide on an event; True once it is durable, False when it met nobody. Raises StoreUnavailable."""
        return await self.ask(execution_id, event)

    def ask(self, execution_id: bytes, event: Event, message: Message | None = None) -> "asyncio.Future[bool]":
        """The same for somebody who waits for the answer in a way of their own.

        The reply to a `message`, by which another node sent the event, is part of the commit.
        """
        answer = self._new_answer()
        self.put(Item(execution_id, event, answer, message=message))
        return answer

    async def start(self, live: Live, name: str, trace_header: str | None) -> None:
        """Start an execution; durable when this returns. Raises NameTaken, Overloaded, StoreUnavailable."""
        limits = self._limits
        if self._backlog.events >= limits.queued_events_max or self._starting_bytes > limits.queued_bytes_max:
            raise Overloaded
        answer = self._new_answer()
        size = len(live.execution.facts.input.text)
        self._starting_bytes += size
        try:
            self.put(Item(live.id, Started(), answer, live, name, trace_header))
            await answer
        finally:
            self._starting_bytes -= size

    async def redrive(self, live: Live, event: Redriven, reopen: ReopenedRow, message: Message | None = None) -> bool:
        """Let a closed execution go on; durable when this returns. Raises StoreUnavailable."""
        answer = self._new_answer()
        self.put(Item(live.id, event, answer, live, reopen=reopen, message=message))
        return await answer

    def reply(self, message: Message, accepted: bool) -> "asyncio.Future[bool]":
        """Answer a message that was carried out elsewhere, or cannot be. True or False once that is durable."""
        answer = self._new_answer()
        self._replies.add(message, accepted, answer)
        self._wake.set()
        return answer

    def put(self, item: Item) -> None:
        """Put an event into the inbox; one without an answer is kept until it is committed, whatever the store does."""
        if self._stopped:
            item.refuse(StoreUnavailable("the server is stopping"))
            return
        if not self._ownership.drives(item.execution_id):
            self._send_away(item)
            return
        self._backlog.file(item)
        self._gathering.put()
        self._wake.set()

    def _send_away(self, item: Item) -> None:
        """This execution is another node's: whoever waits asks again there, and what nobody waits for is passed on."""
        if item.answer is None:
            self._outlet.pass_on(item.execution_id, item.event)
        else:
            item.refuse(Moved())

    def _fire(self, due: list[bytes]) -> None:
        for execution_id in due:
            self.put(Item(execution_id, TimePassed()))

    # Life

    def run(self) -> None:
        """Begin to work."""
        loop = asyncio.get_running_loop()
        self._new_answer = loop.create_future  # asking for the loop each time is a call of the system each time
        self._task = loop.create_task(self._loop(), name="shard")

    async def stop(self) -> None:
        """Finish what is in the inbox, then stop."""
        self._stopping = True
        self._wake.set()
        self.timers.stop()
        self.try_again()
        if self._task is not None:
            await self._task

    # Shards that go

    async def let_go(self, goes: Callable[[bytes], bool]) -> None:
        """Send away what waits for executions that leave, and finish what is in hand.

        They are not driven any more (see `Ownership.leave`), so nothing of theirs comes in afterwards.
        """
        self._forget_waiting(goes)
        while any(goes(item.execution_id) for item in self._in_hand):
            await self._group_over.wait()
        self._forget_waiting(goes)

    def forget(self, goes: Callable[[bytes], bool]) -> None:
        """Know nothing any more of executions that another node drives."""
        self._forget_waiting(goes)
        for live in self.residents:
            if goes(live.id):
                self.residents.drop(live.id)
        self.timers.forget(goes)
        self._poisoned = {execution_id for execution_id in self._poisoned if not goes(execution_id)}

    def _forget_waiting(self, goes: Callable[[bytes], bool]) -> None:
        for item in self._backlog.take_out(goes):
            self._send_away(item)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be decided, now or a little later."""
        return not self._backlog.is_ready and not self._backlog.failed and not self._in_hand

    async def _loop(self) -> None:
        while True:
            if not self._backlog.is_ready and not self._replies:
                if self._stopping:
                    self._stopped = True
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._gathering.join(dear=self._ownership.is_shared and not self._stopping)
            self._in_hand = self._backlog.next_group()
            try:
                await self._take(self._in_hand)
            except Exception as error:
                self._rescue(self._in_hand, error)
            self._gathering.written(len(self._in_hand))
            self._in_hand = []
            self._group_over.set()
            self._group_over = asyncio.Event()

    # One group

    async def _take(self, group: list[Item]) -> None:
        turns: dict[bytes, Turn] = {}
        now_ms = self._clock.now_ms
        ends_ms = now_ms() + _SLICE_MS
        for place, item in enumerate(group):
            at_ms = now_ms()
            if place and at_ms > ends_ms:
                self._backlog.put_back(group[place:])
                del group[place:]
                await asyncio.sleep(0)
                break
            try:
                await self._decide(item, turns, at_ms)
            except Exception as error:  # of the store, or of rows that cannot be read
                self._refuse(item, error)
        await self._commit(list(turns.values()))
        if self._replies:
            await self._replies.write()

    async def _decide(self, item: Item, turns: dict[bytes, Turn], at_ms: int) -> None:
        turn = turns.get(item.execution_id)
        if turn is None:
            live = item.live or self.residents.get(item.execution_id) or await self._load(item.execution_id)
            if live is None:
                self._meet_nobody(item)
                return
            shard = self._ownership.shard_of(item.execution_id)
            turn = turns[item.execution_id] = Turn(live, shard, item.start_name, item.trace_header, reopen=item.reopen)
        try:
            decision = turn.live.execution.decide(item.event, at_ms, self._dice)
            turn.add(item, decision)
            if decision.worth_a_commit and (decision.commands or isinstance(item.event, ActivityTaken)):
                self._add_rows(turn, item.event, decision.commands)
        except Exception:
            log.exception("deciding on %s of execution %s failed", type(item.event).__name__, turn.live.id.hex())
            del turns[item.execution_id]
            self.drop(turn, StoreUnavailable("the execution met an internal error"))
            item.refuse(StoreUnavailable("the execution met an internal error"))
            if item.live is None:
                self._poison(item.execution_id, "The execution met an internal error and cannot go on.")

    def _meet_nobody(self, item: Item) -> None:
        self._poisoned.discard(item.execution_id)
        if item.message is None:
            item.settle(False)
        elif item.answer is not None:
            self._replies.add(item.message, False, item.answer)

    def _add_rows(self, turn: Turn, event: Event, commands: Sequence[Command]) -> None:
        """The rows of activity tasks that this turn schedules, of those that nobody is to take, and of Map Runs."""
        gone: list[TaskKey] = []
        if isinstance(event, ActivityTaken):
            gone.append((turn.live.id, event.branch, event.attempt))
        for command in commands:
            if isinstance(command, ScheduleActivity):
                row = self._outlet.activity_row(turn.live, command, turn.shard)
                if row is not None:
                    turn.tasks_put.append(row)
            elif isinstance(command, StartMapRun):
                turn.map_runs.append(self._outlet.map_run_row(turn.live, command, turn.shard))
            elif isinstance(command, RedriveMapRun):
                redriven_ms = turn.live.execution.at_ms
                again = ReopenedRunRow(command.run_id, command.attempt, command.redrives, redriven_ms)
                turn.reopened_runs.append(again)
            elif isinstance(command, CancelTask) and not command.taken:
                gone.append((turn.live.id, command.branch, command.attempt))
        for task in gone:
            if turn.take_back(task):
                continue
            key = self._outlet.activity_key(task)
            if key is not None:
                turn.tasks_taken.append(key)
                turn.tasks_gone.append(task)

    def _poison(self, execution_id: bytes, cause: str) -> None:
        """Fail an execution that cannot go on, once."""
        if execution_id not in self._poisoned:
            self._poisoned.add(execution_id)
            self.counters["poisoned"] += 1
            self.put(Item(execution_id, Poisoned(cause)))

    # The commit

    async def _commit(self, turns: list[Turn]) -> None:
        written = [turn for turn in turns if turn.is_written and self._encode(turn)]
        if written:
            await self._writing.write(written)
        self.finish([turn for turn in turns if not turn.is_written])

    def _encode(self, turn: Turn) -> bool:
        try:
            turn.encode()
        except Exception as error:
            log.exception("execution %s cannot be encoded", turn.live.id.hex())
            self.set_apart(turn, error)
            return False
        return True

    def set_apart(self, turn: Turn, error: Exception) -> None:
        """Fail an execution that holds what cannot be stored; a start is simply refused."""
        self.drop(turn, StoreUnavailable(f"this execution cannot be stored: {error}"))
        if turn.start_name is None and turn.reopen is None:
            self._poison(turn.live.id, "The execution holds data that cannot be stored.")

    def finish(self, turns: Sequence[Turn]) -> None:
        """They are durable: answer, set timers, hand commands out."""
        for turn in turns:
            try:
                self._finish(turn)
            except Exception:
                log.exception("execution %s was committed, but what follows failed", turn.live.id.hex())

    def _finish(self, turn: Turn) -> None:
        if not self._ownership.holds(turn.shard):
            for item, accepted in turn.items:
                item.settle(accepted)
            return  # its next owner sees to the rest
        live = turn.live
        execution = live.execution
        if execution.status == "RUNNING":
            self.residents.keep(live)
            self.timers.set(live.id, execution.due_ms)
            if turn.more and not self._stopping:
                self.put(Item(live.id, Resumed()))
        elif turn.start_name is None:  # one that ends in its first turn was never kept
            self.residents.drop(live.id)
            self.timers.set(live.id, None)
            self._poisoned.discard(live.id)
        for item, accepted in turn.items:
            item.settle(accepted)
        if turn.tasks_put or turn.tasks_gone:
            self._outlet.queue(turn.tasks_put, turn.tasks_gone)
        if turn.commands:
            self._outlet.dispatch(live, turn.commands)
        if turn.changed:
            self._outlet.committed(turn)

    # When it does not work

    def _refuse(self, item: Item, error: Exception) -> None:
        """The execution could not be loaded."""
        self.counters["store_errors"] += 1
        strange = not isinstance(error, StoreError)
        log.error("execution %s could not be loaded: %s", item.execution_id.hex(), error, exc_info=strange)
        self._give_back(item, StoreUnavailable(str(error)))

    def drop(self, turn: Turn, error: Exception) -> None:
        """Forget the live execution: nothing of this turn happened."""
        self.residents.drop(turn.live.id)
        for item, _ in turn.items:
            self._give_back(item, error)

    def _give_back(self, item: Item, error: Exception) -> None:
        """A caller hears that nothing happened; an event of our own is tried again later, and ever later."""
        if item.answer is not None:
            item.refuse(error)
        elif not self._stopping:
            self._backlog.try_later(item)

    def try_again(self) -> None:
        """What failed may work now: try at once, however long it was to wait."""
        self._backlog.try_now()

    def _rescue(self, group: list[Item], error: Exception) -> None:
        """The last resort: whatever this group met, its rows are the truth and the loop goes on."""
        log.error("a group of %d events failed", len(group), exc_info=error)
        for item in group:
            self.residents.drop(item.execution_id)
            self._give_back(item, StoreUnavailable("the server met an internal error"))
