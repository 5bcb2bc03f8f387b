"""Hands activity tasks to the workers that ask for them: tasks of this node's executions, and of other nodes'.

A task is a row until a commit of its owner records that a worker took it; only then the worker gets it. Of another
node's tasks this one reads the rows, while workers wait here in vain, and asks the owner: of several nodes that ask for
the same task one is told yes, and the others look further.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from msgspec import Struct

from stepwell.engine.events import ActivityTaken, Event
from stepwell.limits import Limits
from stepwell.payload import Payload
from stepwell.runtime.activities import ActivityQueues
from stepwell.runtime.identity import TaskRef, TokenKeys
from stepwell.runtime.messages import Answer
from stepwell.runtime.outage import Outage
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.pace import Pace
from stepwell.runtime.refusals import Moved
from stepwell.runtime.turns import Live
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import ActivityRow, ActivityTaskRow

_ACTIVITIES_A_LOOK: Final = 8
_TASKS_A_LOOK: Final = 16
_BUSY_S: Final = 0.01

LiveOf = Callable[[bytes], Awaitable[Live | None]]
Asked = asyncio.Future[bool] | asyncio.Future[Answer]
"""Whether a task was taken, of this node's executions; what its owner says, of others."""

Ask = Callable[[bytes, Event], Asked]


class ActivityTask(Struct, frozen=True):
    """What a worker gets."""

    token: str
    input: str


class HandingOut:
    """The way of activity tasks to workers."""

    def __init__(self, activities: ActivityQueues, limits: Limits, ask: Ask, live_of: LiveOf) -> None:
        self._activities = activities
        self._limits = limits
        self._ask = ask
        self._live_of = live_of

    async def poll(self, activity: ActivityRow, worker_name: str | None, tokens: TokenKeys) -> ActivityTask | None:
        """The next task of an activity, or None after a minute. Raises TooManyPollers, StoreUnavailable."""
        ends = asyncio.get_running_loop().time() + self._limits.activity_poll_s
        with self._activities.polling(activity.id, worker_name or "") as worker:
            while True:
                left_s = ends - asyncio.get_running_loop().time()
                row = await self._activities.take(activity.id, left_s)
                if row is None:
                    return None
                given = await self._hand_out(row, worker_name)
                if given is not None:
                    worker.tasks += 1
                    ref = TaskRef(row.shard, row.execution_id, row.branch, row.attempt)
                    return ActivityTask(tokens.make(ref, activity.account, activity.region), given.text)

    async def _hand_out(self, row: ActivityTaskRow, worker_name: str | None) -> Payload | None:
        """Record that a worker took the task; None when the task is not open any more, or another's."""
        if not self._activities.is_started(row):
            taken = await self._take(row, worker_name)
            if not taken.accepted:
                return None
            if taken.parameters is not None:
                return Payload(taken.parameters)
        try:
            return await self._parameters_of(row)
        except BaseException:
            self._activities.give_back(row, started=True)
            raise

    async def _take(self, row: ActivityTaskRow, worker_name: str | None) -> Answer:
        """Decide that the task is taken. When the worker goes away meanwhile, the next one gets it."""
        answer = self._ask(row.execution_id, ActivityTaken(row.branch, row.attempt, worker_name))
        try:
            return _answer(await asyncio.shield(answer))
        except asyncio.CancelledError:
            answer.add_done_callback(partial(self._offer_again, row))
            raise
        except Moved:
            return Answer(False)
        except BaseException:
            self._activities.give_back(row)
            raise

    def _offer_again(self, row: ActivityTaskRow, answer: Asked) -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._activities.give_back(row)
        elif _answer(answer.result()).accepted:
            self._activities.give_back(row, started=True)

    async def _parameters_of(self, row: ActivityTaskRow) -> Payload | None:
        """What a taken task is to work on; None when it has ended since."""
        live = await self._live_of(row.execution_id)
        branch = None if live is None else live.execution.branches.get(row.branch)
        if branch is None or branch.attempt is None or branch.attempt.number != row.attempt:
            return None
        return branch.attempt.parameters


def _answer(found: bool | Answer) -> Answer:
    return found if isinstance(found, Answer) else Answer(found)


class ForeignTasks:
    """Looks for tasks of other nodes while workers wait here."""

    def __init__(self, store: Store, activities: ActivityQueues, ownership: Ownership) -> None:
        self._store = store
        self._activities = activities
        self._ownership = ownership
        self.pace = Pace(_BUSY_S)
        self._place = 0
        self._task: asyncio.Task[None] | None = None
        self._outage = Outage("looking for activity tasks of other nodes")

    def run(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._look_for_ever(), name="foreign-tasks")

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _look_for_ever(self) -> None:
        while True:
            try:
                await self._look()
                self._outage.over()
            except StoreError as error:
                self._outage.met(error)
            await asyncio.sleep(self.pace.pause_s())

    async def _look(self) -> None:
        """Some activities in turn: however many there are, a look costs the same."""
        wanted = self._activities.wanted()
        if not wanted:
            return
        start = self._place % len(wanted)
        chosen = [*wanted[start:], *wanted[:start]][:_ACTIVITIES_A_LOOK]
        self._place += len(chosen)
        foreign = [shard for shard in range(self._ownership.shards) if not self._ownership.holds(shard)]
        for activity_id in chosen:
            for row in await self._store.find_activity_tasks(activity_id, foreign, _TASKS_A_LOOK):
                if not self._ownership.holds(row.shard) and self._activities.offer(row):
                    self.pace.note()
