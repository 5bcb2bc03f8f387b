"""What waits to be decided: events as they came, executions with work left over, and what is tried again later.

A loop takes it in groups. Nothing here knows what an event means, nor what becomes of it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

from stepwell.engine.events import Resumed
from stepwell.runtime.turns import Item

_GROUP_MAX = 256
_RETRY_S = 0.2
_RETRY_DOUBLINGS_MAX = 7  # then every 25.6 s


class Backlog:
    """The queue of a shard loop. `put` is told of items whose time to be tried again has come."""

    def __init__(self, put: Callable[[Item], None]) -> None:
        self._put = put
        self._events: deque[Item] = deque()
        self._unfinished: dict[bytes, Item] = {}  # executions whose last turn left work over
        self._resuming = False
        self._later: dict[Item, asyncio.TimerHandle] = {}

    @property
    def events(self) -> int:
        """How many events wait for their first try."""
        return len(self._events)

    @property
    def size(self) -> int:
        """How much there is to decide now."""
        return len(self._events) + len(self._unfinished)

    @property
    def is_ready(self) -> bool:
        """Whether there is something to decide now."""
        return bool(self._events or self._unfinished)

    @property
    def failed(self) -> int:
        """How many items will be tried again."""
        return len(self._later)

    def file(self, item: Item) -> None:
        """An item to decide."""
        if isinstance(item.event, Resumed):
            self._unfinished.setdefault(item.execution_id, item)
        else:
            self._events.append(item)

    def next_group(self) -> list[Item]:
        """Events as they came; every other time executions that have work left over, if there are both."""
        self._resuming = bool(self._unfinished) and not (self._events and self._resuming)
        if self._resuming:
            chosen = list(islice(self._unfinished, _GROUP_MAX))
            return [self._unfinished.pop(execution_id) for execution_id in chosen]
        return [self._events.popleft() for _ in range(min(len(self._events), _GROUP_MAX))]

    def put_back(self, items: list[Item]) -> None:
        """Leave for the next group what the last one had no time for, in the same order."""
        if self._resuming:
            for item in items:
                self.file(item)
        else:
            self._events.extendleft(reversed(items))

    def try_later(self, item: Item) -> None:
        """Try an item again in a while, and in an ever longer one."""
        delay_s = _RETRY_S * 2 ** min(item.tries, _RETRY_DOUBLINGS_MAX)
        item.tries += 1
        self._later[item] = asyncio.get_running_loop().call_later(delay_s, self._try_again, item)

    def _try_again(self, item: Item) -> None:
        del self._later[item]
        self._put(item)

    def try_now(self) -> None:
        """What was to be tried again later may work now."""
        later, self._later = self._later, {}
        for item, alarm in later.items():
            alarm.cancel()
            self._put(item)

    def take_out(self, goes: Callable[[bytes], bool]) -> set[Item]:
        """Everything that waits of these executions, which waits no longer."""
        waiting = [*self._events, *self._unfinished.values(), *self._later]
        going = {item for item in waiting if goes(item.execution_id)}
        if going:
            self._events = deque(item for item in self._events if item not in going)
        for item in going:
            self._unfinished.pop(item.execution_id, None)
            alarm = self._later.pop(item, None)
            if alarm is not None:
                alarm.cancel()
        return going
