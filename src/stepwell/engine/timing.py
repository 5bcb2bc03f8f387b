"""What happens when time passes: ends of waits, back-offs and time-outs, and the machine's own time limit.

Events of one moment come first, their consequences after (four tasks that time out together show four ...TimedOut
events before the first failure takes effect; recorded).
"""

from typing import TYPE_CHECKING

from stepwell.engine.branch import TASK_WAITS, Branch, Wait
from stepwell.engine.events import Event
from stepwell.engine.states import RESUMES, task

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution


def pass_time(run: "Execution", _event: Event) -> bool:
    """Fire everything that is due at the turn's time."""
    deadline_ms = run.deadline_ms
    if deadline_ms is not None and deadline_ms <= run.at_ms:
        run.end_timed_out(deadline_ms)
        return True
    due = run.pop_due()
    failing = [branch for branch in due if branch.wait in TASK_WAITS]
    for branch in failing:
        task.record_timeout(run, branch)
    for branch in due:
        if run.status != "RUNNING":
            break
        if branch.wait is not Wait.END:
            _fire(run, branch)
    return bool(due)


def _fire(run: "Execution", branch: Branch) -> None:
    if run.end_if_doomed(branch):
        return
    if branch.wait in TASK_WAITS:
        run.put_ready(run.guard(branch, task.time_out))
        return
    run.wait_for(branch, Wait.NOTHING)
    run.put_ready(run.guard(branch, RESUMES[branch.state.type]))
