"""When executions are due: a heap in memory, filled from the open rows, and one alarm of the event loop.

Each execution has at most one time here. Entries that a change has made stale are skipped when they come up, and swept
out when they are the majority.
"""

import asyncio
from collections.abc import Callable
from heapq import heapify, heappop, heappush

from stepwell.runtime.clock import Clock

_SWEEP_MIN = 1_024
_ALARM_S_MAX = 15.0  # the event loop's clock may stand still while a laptop sleeps; ours does not


class Timers:
    """Calls `fire` with the ids of executions whose time has come, never early."""

    def __init__(self, clock: Clock, fire: Callable[[list[bytes]], None], batch_max: int = 1_000) -> None:
        self._clock = clock
        self._fire = fire
        self._batch_max = batch_max
        self._heap: list[tuple[int, bytes]] = []
        self._due: dict[bytes, int] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ms = 0
        self._stopped = False

    def __len__(self) -> int:
        return len(self._due)

    def set(self, execution_id: bytes, due_ms: int | None) -> None:
        """Make this the execution's time, or forget it."""
        if due_ms is None:
            self._due.pop(execution_id, None)
            return
        if self._due.get(execution_id) == due_ms:
            return
        self._due[execution_id] = due_ms
        heappush(self._heap, (due_ms, execution_id))
        if len(self._heap) > _SWEEP_MIN and len(self._heap) > 2 * len(self._due):
            self._sweep()
        if self._alarm is None or due_ms < self._alarm_ms:
            self._set_alarm()

    def forget(self, goes: Callable[[bytes], bool]) -> None:
        """Forget the times of executions that another node drives."""
        for execution_id in [execution_id for execution_id in self._due if goes(execution_id)]:
            del self._due[execution_id]
        self._sweep()
        self._set_alarm()

    def load(self, rows: list[tuple[int, bytes]]) -> None:
        """Take many times at once, at a recovery."""
        for due_ms, execution_id in rows:
            self._due[execution_id] = due_ms
        self._heap.extend(rows)
        heapify(self._heap)
        self._set_alarm()

    def stop(self) -> None:
        """Fire nothing any more."""
        self._stopped = True
        self._silence()

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def pop_due(self) -> list[bytes]:
        """The executions that are due now, at most a batch of them."""
        now_ms = self._clock.now_ms()
        due: list[bytes] = []
        heap = self._heap
        while heap and heap[0][0] <= now_ms and len(due) < self._batch_max:
            due_ms, execution_id = heappop(heap)
            if self._due.get(execution_id) == due_ms:
                del self._due[execution_id]
                due.append(execution_id)
        return due

    def _sweep(self) -> None:
        self._heap = [(due_ms, execution_id) for execution_id, due_ms in self._due.items()]
        heapify(self._heap)

    def _set_alarm(self) -> None:
        heap = self._heap
        while heap and self._due.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        self._silence()
        if heap and not self._stopped:
            self._alarm_ms = heap[0][0]
            delay_s = min(max(0.0, (self._alarm_ms - self._clock.now_ms()) / 1000), _ALARM_S_MAX)
            self._alarm = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        due = self.pop_due()
        if due:
            self._fire(due)
        self._set_alarm()
