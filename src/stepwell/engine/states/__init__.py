"""One file per state type: what a branch does on entering a state, and how it takes the state's results.

`ACTS` enters a state; it answers with the branch that goes on, or None when it waits or has ended. `RESUMES` goes on
after a timer: the end of a Wait, or of a back-off before a retry.
"""

from collections.abc import Callable
from typing import Any, Final

from stepwell.engine.branch import Branch
from stepwell.engine.states import choice, fail, map_, parallel, pass_, succeed, task, wait

Act = Callable[[Any, Branch, Any], Branch | None]

ACTS: Final[dict[str, Act]] = {
    "Pass": pass_.enter,
    "Task": task.enter,
    "Choice": choice.enter,
    "Wait": wait.enter,
    "Succeed": succeed.enter,
    "Fail": fail.enter,
    "Parallel": parallel.enter,
    "Map": map_.enter,
}

RESUMES: Final[dict[str, Callable[[Any, Branch], Branch | None]]] = {
    "Wait": wait.resume,
    "Task": task.schedule,
    "Parallel": parallel.fork,
    "Map": map_.fork,
}

__all__ = ["ACTS", "RESUMES", "task"]
