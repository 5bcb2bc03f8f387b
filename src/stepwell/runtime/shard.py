"""The shard loop: queue, decide, commit, answer, dispatch.

One loop drives all executions of this node, whatever their shards: so one commit holds what has happened in all of
them. It takes what has gathered in the queue, lets the engine decide on each event, writes all decisions in one commit,
and only then answers the callers and hands commands out. While a commit is on its way to the disk the queue fills, so
groups grow with the load by themselves.

A commit that fails throws the live executions away; their rows are the truth. If the data of one execution is to blame,
the group is halved until that one stands alone; it is failed with States.Runtime and the others commit. An exception
never ends the loop: it costs the execution that it came from its turn. Every line here may be the last one before a
kill: whatever was not committed did not happen, and nobody was told that it did.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from random import Random
from typing import Protocol

from stepwell.engine.commands import CancelTask, Command, RedriveMapRun, ScheduleActivity, StartMapRun
from stepwell.engine.events import ActivityTaken, Event, Poisoned, Redriven, Resumed, Started, TimePassed
from stepwell.limits import Limits
from stepwell.runtime.clock import Clock
from stepwell.runtime.messages import reply_to
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.refusals import Moved, NameTaken, Overloaded, StoreUnavailable
from stepwell.runtime.timers import Timers
from stepwell.runtime.turns import Item, Live, Residents, TaskKey, Turn
from stepwell.store.protocol import CommitRefused, StaleOwner, StoreBroken, StoreError
from stepwell.store.records import ActivityTaskRow, Commit, MapRunRow, Message, ReopenedRow, ReopenedRunRow

__all__ = ["NameTaken", "Overloaded", "Shard", "StoreUnavailable"]

log = logging.getLogger("stepwell.runtime")

_GROUP_MAX = 256
_SLICE_MS = 50  # of deciding, after which a group is committed as far as it has come, and others get their turn
_RETRY_S = 0.2
_RETRY_DOUBLINGS_MAX = 7  # then every 25.6 s


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
        self._inbox: deque[Item] = deque()
        self._unfinished: dict[bytes, Item] = {}  # executions whose last turn left work over
        self._resuming = False
        self._wake = asyncio.Event()
        self._in_hand: list[Item] = []
        self._group_over = asyncio.Event()
        self._replies: list[tuple[Message, bool, asyncio.Future[bool]]] = []  # that no turn carries
        self._later: dict[Item, asyncio.TimerHandle] = {}
        self._poisoned: set[bytes] = set()
        self._stopping = False
        self._stopped = False
        self._task: asyncio.Task[None] | None = None
        self.residents = Residents(limits.resident_executions_max)
        self.timers = Timers(clock, self._fire)
        self.broken = asyncio.Event()  # the store cannot be used any more: only a new start of the server helps
        self._starting_bytes = 0
        self.counters = {"groups": 0, "commits": 0, "bisected": 0, "poisoned": 0, "store_errors": 0}

    # The way in

    async def submit(self, execution_id: bytes, event: Event) -> bool:
        """Decide on an event; True once it is durable, False when it met nobody. Raises StoreUnavailable."""
        return await self.ask(execution_id, event)

    def ask(self, execution_id: bytes, event: Event) -> "asyncio.Future[bool]":
        """The same for somebody who waits for the answer in a way of their own."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.put(Item(execution_id, event, answer))
        return answer

    async def start(self, live: Live, name: str, trace_header: str | None) -> None:
        """Start an execution; durable when this returns. Raises NameTaken, Overloaded, StoreUnavailable."""
        limits = self._limits
        if len(self._inbox) >= limits.queued_events_max or self._starting_bytes > limits.queued_bytes_max:
            raise Overloaded
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        size = len(live.execution.facts.input.text)
        self._starting_bytes += size
        try:
            self.put(Item(live.id, Started(), answer, live, name, trace_header))
            await answer
        finally:
            self._starting_bytes -= size

    async def redrive(self, live: Live, event: Redriven, reopen: ReopenedRow, message: Message | None = None) -> bool:
        """Let a closed execution go on; durable when this returns. Raises StoreUnavailable."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.put(Item(live.id, event, answer, live, reopen=reopen, message=message))
        return await answer

    def take_message(self, message: Message, event: Event) -> "asyncio.Future[bool]":
        """Decide on an event that another node sent; its reply is part of the commit."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.put(Item(message.execution_id, event, answer, message=message))
        return answer

    def reply(self, message: Message, accepted: bool) -> "asyncio.Future[bool]":
        """Answer a message that was carried out elsewhere, or cannot be. True or False once that is durable."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._replies.append((message, accepted, answer))
        self._wake.set()
        return answer

    def put(self, item: Item) -> None:
        """Put an event into the inbox; one without an answer is kept until it is committed, whatever the store does."""
        if self._stopped:
            item.refuse(StoreUnavailable("the server is stopping"))
            return
        self._later.pop(item, None)
        if not self._ownership.drives(item.execution_id):
            self._send_away(item)
            return
        self._file(item)
        self._wake.set()

    def _send_away(self, item: Item) -> None:
        """This execution is another node's: whoever waits asks again there, and what nobody waits for is passed on."""
        if item.answer is None:
            self._outlet.pass_on(item.execution_id, item.event)
        else:
            item.refuse(Moved())

    def _file(self, item: Item) -> None:
        if isinstance(item.event, Resumed):
            self._unfinished.setdefault(item.execution_id, item)
        else:
            self._inbox.append(item)

    def _fire(self, due: list[bytes]) -> None:
        for execution_id in due:
            self.put(Item(execution_id, TimePassed()))

    # Life

    def run(self) -> None:
        """Begin to work."""
        self._task = asyncio.get_running_loop().create_task(self._loop(), name="shard")

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
        waiting = [*self._inbox, *self._unfinished.values(), *self._later]
        going = {item for item in waiting if goes(item.execution_id)}
        if not going:
            return
        self._inbox = deque(item for item in self._inbox if item not in going)
        for item in going:
            self._unfinished.pop(item.execution_id, None)
            alarm = self._later.pop(item, None)
            if alarm is not None:
                alarm.cancel()
            self._send_away(item)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be decided, now or a little later."""
        return not self._inbox and not self._unfinished and not self._later and not self._in_hand

    async def _loop(self) -> None:
        while True:
            if not self._inbox and not self._unfinished and not self._replies:
                if self._stopping:
                    self._stopped = True
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            await asyncio.sleep(0)  # once round the loop: what has arrived meanwhile joins the group
            self._in_hand = self._next_group()
            try:
                await self._take(self._in_hand)
            except Exception as error:
                self._rescue(self._in_hand, error)
            self._in_hand = []
            self._group_over.set()
            self._group_over = asyncio.Event()

    # One group

    def _next_group(self) -> list[Item]:
        """Events as they came; every other time executions that have work left over, if there are both."""
        self._resuming = bool(self._unfinished) and not (self._inbox and self._resuming)
        if self._resuming:
            chosen = list(islice(self._unfinished, _GROUP_MAX))
            return [self._unfinished.pop(execution_id) for execution_id in chosen]
        return [self._inbox.popleft() for _ in range(min(len(self._inbox), _GROUP_MAX))]

    def _put_back(self, items: list[Item]) -> None:
        """Leave for the next group what this one has no time for, in the same order."""
        if self._resuming:
            for item in items:
                self._file(item)
        else:
            self._inbox.extendleft(reversed(items))

    async def _take(self, group: list[Item]) -> None:
        turns: dict[bytes, Turn] = {}
        ends_ms = self._clock.now_ms() + _SLICE_MS
        for place, item in enumerate(group):
            if place and self._clock.now_ms() > ends_ms:
                self._put_back(group[place:])
                del group[place:]
                await asyncio.sleep(0)
                break
            try:
                await self._decide(item, turns)
            except Exception as error:  # of the store, or of rows that cannot be read
                self._refuse(item, error)
        await self._commit(list(turns.values()))
        if self._replies:
            await self._write_replies()

    async def _decide(self, item: Item, turns: dict[bytes, Turn]) -> None:
        turn = turns.get(item.execution_id)
        if turn is None:
            live = item.live or self.residents.get(item.execution_id) or await self._load(item.execution_id)
            if live is None:
                self._meet_nobody(item)
                return
            shard = self._ownership.shard_of(item.execution_id)
            turn = turns[item.execution_id] = Turn(live, shard, item.start_name, item.trace_header, reopen=item.reopen)
        try:
            decision = turn.live.execution.decide(item.event, self._clock.now_ms(), self._dice)
            turn.add(item, decision)
            if decision.worth_a_commit:
                self._add_rows(turn, item.event, decision.commands)
        except Exception:
            log.exception("deciding on %s of execution %s failed", type(item.event).__name__, turn.live.id.hex())
            del turns[item.execution_id]
            self._drop(turn, StoreUnavailable("the execution met an internal error"))
            item.refuse(StoreUnavailable("the execution met an internal error"))
            if item.live is None:
                self._poison(item.execution_id, "The execution met an internal error and cannot go on.")

    def _meet_nobody(self, item: Item) -> None:
        self._poisoned.discard(item.execution_id)
        if item.message is None:
            item.settle(False)
        elif item.answer is not None:
            self._replies.append((item.message, False, item.answer))

    async def _write_replies(self) -> None:
        """Answer messages of other nodes; those that cannot be answered now are received again."""
        written, self._replies = self._replies, []
        replies = [(message, reply_to(message, accepted)) for message, accepted, _ in written]
        try:
            await self._ownership.commit(
                [Commit(message.shard, message.execution_id, replies=[reply]) for message, reply in replies]
            )
        except (StoreError, StoreUnavailable) as error:
            for _, _, answer in written:
                _fail(answer, error)
        for _, accepted, answer in written:
            if not answer.done():
                answer.set_result(accepted)

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
            await self._write(written)
        self._finish_all([turn for turn in turns if not turn.is_written])

    def _encode(self, turn: Turn) -> bool:
        try:
            turn.encode()
        except Exception as error:
            log.exception("execution %s cannot be encoded", turn.live.id.hex())
            self._set_apart(turn, error)
            return False
        return True

    async def _write(self, turns: list[Turn]) -> None:
        """Write the turns and answer; each is dealt with, one way or another, when this returns."""
        try:
            lost = await self._ownership.commit([turn.encode() for turn in turns])
        except CommitRefused as error:
            await self._bisect(turns, error)
            return
        except StaleOwner as error:
            await self._write_without(turns, error)
            return
        except Exception as error:
            strange = not isinstance(error, StoreError | StoreUnavailable)
            log.error("the store refused a commit: %s", error, exc_info=strange)
            if isinstance(error, StoreBroken):
                self.broken.set()
            self.counters["store_errors"] += 1
            for turn in turns:
                self._drop(turn, StoreUnavailable(str(error)))
            return
        self.counters["groups"] += 1
        self.counters["commits"] += len(turns)
        if lost:
            turns = self._refuse_losers(turns, lost)
        if not self._ownership.is_current:
            await self._ownership.until_known()  # the commit took so long that others may have taken over since
        self._finish_all(turns)

    def _refuse_losers(self, turns: list[Turn], lost: dict[int, bytes]) -> list[Turn]:
        """Tell those whose name was taken; answers the others."""
        for place, holder in lost.items():
            for item, _ in turns[place].items:
                item.refuse(NameTaken(holder))
        return [turn for place, turn in enumerate(turns) if place not in lost]

    async def _write_without(self, turns: list[Turn], error: StaleOwner) -> None:
        """Some shards have another owner: nothing of these turns happened, the others are written."""
        for turn in turns:
            if turn.shard in error.shards:
                self._drop(turn, Moved())
        left = [turn for turn in turns if turn.shard not in error.shards]
        if left:
            await self._write(left)

    async def _bisect(self, turns: list[Turn], error: CommitRefused) -> None:
        """Find the one execution whose data the store does not take; the others commit."""
        self.counters["bisected"] += 1
        if len(turns) == 1:
            log.error("execution %s cannot be stored: %s", turns[0].live.id.hex(), error)
            self._set_apart(turns[0], error)
            return
        middle = len(turns) // 2
        await self._write(turns[:middle])
        await self._write(turns[middle:])

    def _set_apart(self, turn: Turn, error: Exception) -> None:
        """Fail an execution that holds what cannot be stored; a start is simply refused."""
        self._drop(turn, StoreUnavailable(f"this execution cannot be stored: {error}"))
        if turn.start_name is None and turn.reopen is None:
            self._poison(turn.live.id, "The execution holds data that cannot be stored.")

    def _finish_all(self, turns: list[Turn]) -> None:
        for turn in turns:
            try:
                self._finish(turn)
            except Exception:
                log.exception("execution %s was committed, but what follows failed", turn.live.id.hex())

    def _finish(self, turn: Turn) -> None:
        """The turn is durable: answer, set the timer, hand the commands out."""
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
        else:
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

    def _drop(self, turn: Turn, error: Exception) -> None:
        """Forget the live execution: nothing of this turn happened."""
        self.residents.drop(turn.live.id)
        for item, _ in turn.items:
            self._give_back(item, error)

    def _give_back(self, item: Item, error: Exception) -> None:
        """A caller hears that nothing happened; an event of our own is tried again later, and ever later."""
        if item.answer is not None:
            item.refuse(error)
        elif not self._stopping:
            delay_s = _RETRY_S * 2 ** min(item.tries, _RETRY_DOUBLINGS_MAX)
            item.tries += 1
            self._later[item] = asyncio.get_running_loop().call_later(delay_s, self.put, item)

    def try_again(self) -> None:
        """What failed may work now: try at once, however long it was to wait."""
        for item, alarm in list(self._later.items()):
            alarm.cancel()
            self.put(item)

    def _rescue(self, group: list[Item], error: Exception) -> None:
        """The last resort: whatever this group met, its rows are the truth and the loop goes on."""
        log.error("a group of %d events failed", len(group), exc_info=error)
        for item in group:
            self.residents.drop(item.execution_id)
            self._give_back(item, StoreUnavailable("the server met an internal error"))


def _fail(answer: "asyncio.Future[bool]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(StoreUnavailable(str(error)))
