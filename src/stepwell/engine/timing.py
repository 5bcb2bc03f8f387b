"""What happens when time passes: ends of waits, back-offs and time-outs, and the machine's own time limit.

Events of one moment come first, their consequences after (four tasks that time out together show four ...TimedOut
events before the first failure takes effect; recorded).
"""

from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Final

from stepwell.engine.branch import TASK_WAITS, Branch, Wait
from stepwell.engine.ending import end_if_doomed, end_timed_out
from stepwell.engine.events import Event
from stepwell.engine.states import RESUMES, task

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_TIDY_MIN: Final = 64


class Timers:
    """The due times of an execution's branches, the earliest first; of one moment, in the order of the branches' ids.

    A branch whose time has changed leaves its old entry behind. Old entries go when they are met, or all at once when
    there may be as many of them as of current ones: heartbeats for a year leave no pile.
    """

    __slots__ = ("_heap", "_order", "_tidy_at")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, Branch]] = []
        self._order = count()
        self._tidy_at = _TIDY_MIN

    def __len__(self) -> int:
        return len(self._heap)

    def set(self, due_ms: int, branch: Branch) -> None:
        """Wake a branch at this time and at no other."""
        branch.due_ms = due_ms
        heappush(self._heap, (due_ms, branch.id, next(self._order), branch))
        if len(self._heap) > self._tidy_at:
            self._heap = [entry for entry in self._heap if entry[3].due_ms == entry[0]]
            heapify(self._heap)
            self._tidy_at = max(_TIDY_MIN, 2 * len(self._heap))

    def first_ms(self) -> int | None:
        """The earliest due time, or None."""
        heap = self._heap
        while heap and heap[0][3].due_ms != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, at_ms: int) -> list[Branch]:
        """The branches whose time has come; each is named once."""
        due: list[Branch] = []
        heap = self._heap
        while heap and heap[0][0] <= at_ms:
            due_ms, _, _, branch = heappop(heap)
            if branch.due_ms == due_ms:
                branch.due_ms = None
                due.append(branch)
        return due

    def clear(self) -> None:
        """Forget all times."""
        self._heap.clear()


def pass_time(run: "Execution", _event: Event) -> bool:
    """Fire everything that is due at the turn's time."""
    ends_ms = _ends_ms(run)
    if ends_ms <= run.at_ms:
        end_timed_out(run, ends_ms)
        return True
    due = run.timers.pop_due(run.at_ms)
    if not run.doomed:
        for branch in due:
            if branch.wait in TASK_WAITS:
                task.record_timeout(run, branch)
    for branch in due:
        if run.status != "RUNNING":
            break
        if branch.wait is not Wait.END:
            _fire(run, branch)
    return bool(due)


def _ends_ms(run: "Execution") -> int:
    """The deadline, or AWS's year, for which no timer is set (see `runtime.overdue`)."""
    year_ms = (run.redriven_ms or run.facts.started_ms) + run.limits.execution_s_max * 1000
    deadline_ms = run.deadline_ms
    return year_ms if deadline_ms is None else min(year_ms, deadline_ms)


def _fire(run: "Execution", branch: Branch) -> None:
    if end_if_doomed(run, branch):
        return
    if branch.wait in TASK_WAITS:
        run.put_ready(run.guard(branch, task.time_out))
        return
    run.wait_for(branch, Wait.NOTHING)
    run.put_ready(run.guard(branch, RESUMES[branch.state.type]))
