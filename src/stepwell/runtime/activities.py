"""The queues of activity tasks, and the workers that wait at them.

The rows in the store are the truth; the queues here are their index, filled at a recovery and kept up by commits. A
task that nobody waits for any more may still stand in a queue: the engine refuses it when it is taken, and the next one
is tried. (AWS: GetActivityTask; at most 1,000 pollers an activity.)
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct, field

from stepwell.limits import Limits
from stepwell.runtime.clock import Clock
from stepwell.runtime.turns import TaskKey
from stepwell.store.protocol import Store
from stepwell.store.records import ActivityRow, ActivityTaskRow

WORKERS_MAX = 100
"""Of whom something is known, of each activity."""

_SEQUENCES_PER_MS = 1_024


class TooManyPollers(Exception):
    """An activity has as many waiting workers as it may have."""


class _Queue(Struct, eq=False):
    tasks: deque[ActivityTaskRow]
    pollers: "deque[asyncio.Future[ActivityTaskRow | None]]"
    workers: "OrderedDict[str, Worker]" = field(default_factory=OrderedDict)


class Worker(Struct, eq=False):
    """One that has asked for tasks: when it was seen last, how often it asks now, how many tasks it got."""

    seen_ms: int
    polls: int = 0
    tasks: int = 0


class ActivityQueues:
    """All activities of this server."""

    def __init__(self, store: Store, clock: Clock, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._queues: dict[bytes, _Queue] = {}
        self._keys: dict[TaskKey, tuple[bytes, int]] = {}
        self._started: set[TaskKey] = set()
        self._known: dict[str, ActivityRow] = {}
        self._sequence = 0
        self._closing = False

    # Which activities there are

    def knows(self, arn: str) -> bool:
        """Whether an activity of this ARN exists, as far as `learn` has looked."""
        return arn in self._known

    def row_of(self, arn: str) -> ActivityRow | None:
        """The activity of this ARN."""
        return self._known.get(arn)

    def learn(self, arn: str, row: ActivityRow | None) -> None:
        """Note that an activity was created, found, deleted or not found."""
        if row is None:
            self._known.pop(arn, None)
        else:
            self._known[arn] = row

    # Tasks

    def next_sequence(self) -> int:
        """Orders the tasks of all activities by when they were scheduled."""
        self._sequence = max(self._sequence + 1, self._clock.now_ms() * _SEQUENCES_PER_MS)
        return self._sequence

    def load(self, rows: list[ActivityTaskRow]) -> None:
        """Take waiting tasks from their rows, at a recovery."""
        for row in rows:
            self._sequence = max(self._sequence, row.sequence)
            self.put(row)

    def put(self, row: ActivityTaskRow) -> None:
        """A task became durable: hand it to the worker that waits longest, or keep it."""
        self._keys[_key(row)] = (row.activity_id, row.sequence)
        if not self._hand_over(row):
            self._queue(row.activity_id).tasks.append(row)

    def _hand_over(self, row: ActivityTaskRow) -> bool:
        pollers = self._queue(row.activity_id).pollers
        while pollers:
            poller = pollers.popleft()
            if not poller.done():
                poller.set_result(row)
                return True
        return False

    def key_of(self, task: TaskKey) -> tuple[bytes, int] | None:
        """The key of a waiting task's row; None if it is not waiting."""
        return self._keys.get(task)

    def forget(self, task: TaskKey) -> None:
        """The task is taken, or nobody waits for it any more."""
        self._keys.pop(task, None)

    def forget_moved(self, goes: Callable[[bytes], bool]) -> None:
        """Tasks of these executions are another node's; so they leave the queues here."""
        for task in [task for task in self._keys if goes(task[0])]:
            del self._keys[task]
        for queue in self._queues.values():
            queue.tasks = deque(row for row in queue.tasks if self._is_waiting(row))

    def offer(self, row: ActivityTaskRow) -> bool:
        """Let a waiting worker try to get the task of another node; False when none waits."""
        return self._hand_over(row)

    def wanted(self) -> list[bytes]:
        """The activities at which workers wait in vain."""
        return [id for id, queue in self._queues.items() if any(not poller.done() for poller in queue.pollers)]

    def forget_activity(self, activity_id: bytes) -> None:
        """The activity was deleted, and its waiting tasks' rows with it; workers that wait get nothing."""
        queue = self._queues.pop(activity_id, None)
        if queue is None:
            return
        for poller in queue.pollers:
            _give_up(poller)
        for row in queue.tasks:
            self._keys.pop(_key(row), None)
            self._started.discard(_key(row))

    async def take(self, activity_id: bytes, wait_s: float) -> ActivityTaskRow | None:
        """The next waiting task, or None after `wait_s` or at shutdown. Raises TooManyPollers."""
        if self._closing:
            return None
        queue = self._queue(activity_id)
        while queue.tasks:
            row = queue.tasks.popleft()
            if self._is_waiting(row):
                return row
        if wait_s <= 0:
            return None
        if len(queue.pollers) >= self._limits.activity_pollers_max:
            raise TooManyPollers
        poller: asyncio.Future[ActivityTaskRow | None] = asyncio.get_running_loop().create_future()
        queue.pollers.append(poller)
        alarm = asyncio.get_running_loop().call_later(wait_s, _give_up, poller)
        try:
            return await poller
        except asyncio.CancelledError:
            self._give_back(poller)
            raise
        finally:
            alarm.cancel()
            if poller in queue.pollers:
                queue.pollers.remove(poller)

    def give_back(self, row: ActivityTaskRow, *, started: bool = False) -> None:
        """A worker went away before it got its task: the task is the next one again.

        `started`: that the task was taken is on record already, so whoever gets it next need not take it again.
        """
        if started:
            self._started.add(_key(row))
        if self._is_waiting(row) and not self._hand_over(row):
            self._queue(row.activity_id).tasks.appendleft(row)

    def is_started(self, row: ActivityTaskRow) -> bool:
        """Whether this task, just got from `take`, was given back as started. Asked once."""
        started = _key(row) in self._started
        self._started.discard(_key(row))
        return started

    def close(self) -> None:
        """Answer all waiting workers with nothing."""
        self._closing = True
        for queue in self._queues.values():
            for poller in queue.pollers:
                _give_up(poller)

    def pollers_of(self, activity_id: bytes) -> int:
        """How many workers wait at an activity."""
        return len(self._queue(activity_id).pollers)

    # Who asks

    @contextmanager
    def polling(self, activity_id: bytes, name: str) -> Iterator[Worker]:
        """Note that a worker of this name asks an activity, for as long as it waits."""
        workers = self._queue(activity_id).workers
        worker = workers.setdefault(name, Worker(0))
        workers.move_to_end(name)
        if len(workers) > WORKERS_MAX:
            workers.popitem(last=False)
        worker.polls += 1
        worker.seen_ms = self._clock.now_ms()
        try:
            yield worker
        finally:
            worker.polls -= 1
            worker.seen_ms = self._clock.now_ms()

    def workers_of(self, activity_id: bytes) -> Mapping[str, Worker]:
        """The workers that asked an activity last, by name."""
        queue = self._queues.get(activity_id)
        return {} if queue is None else queue.workers

    def waiting_of(self, activity_id: bytes) -> int:
        """How many tasks of an activity no worker has taken."""
        queue = self._queues.get(activity_id)
        return 0 if queue is None else sum(map(self._is_waiting, queue.tasks))

    def waiting_since_ms(self, activity_id: bytes) -> int | None:
        """When the task that waits longest was scheduled; None if none waits."""
        queue = self._queues.get(activity_id)
        tasks = () if queue is None else queue.tasks
        return next((row.sequence // _SEQUENCES_PER_MS for row in tasks if self._is_waiting(row)), None)

    def _give_back(self, poller: "asyncio.Future[ActivityTaskRow | None]") -> None:
        if poller.done() and not poller.cancelled():
            row = poller.result()
            if row is not None:
                self.give_back(row)

    def _is_waiting(self, row: ActivityTaskRow) -> bool:
        key = _key(row)
        return key in self._keys or key in self._started

    def _queue(self, activity_id: bytes) -> _Queue:
        queue = self._queues.get(activity_id)
        if queue is None:
            queue = self._queues[activity_id] = _Queue(deque(), deque())
        return queue


def _key(row: ActivityTaskRow) -> TaskKey:
    return row.execution_id, row.branch, row.attempt


def _give_up(poller: "asyncio.Future[ActivityTaskRow | None]") -> None:
    if not poller.done():
        poller.set_result(None)
