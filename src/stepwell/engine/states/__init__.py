"""One file per state type: what a branch does on entering a state, and how it takes the state's results.

`ACTS` enters a state; it answers with the branch that goes on, or None when it waits or has ended. `RESUMES` goes on
after a timer: the end of a Wait, or of a back-off before a retry.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from stepwell.asl.machine import State, StateMachine
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

PLAIN_ACTS: Final[dict[str, Act]] = {
    "Pass": pass_.step_over,
    "Choice": choice.step_over,
    "Succeed": succeed.step_over,
}
"""For states of these types that leave their data alone; most do."""

_IS_PLAIN: Final[dict[str, Callable[[Any], bool]]] = {
    "Pass": pass_.is_plain,
    "Choice": choice.is_plain,
    "Succeed": succeed.is_plain,
}


@lru_cache(maxsize=1_024)
def acts_of(machine: StateMachine) -> tuple[Act, ...]:
    """For each state, by its number, what a branch does on entering it: the quickest that the state's fields allow."""
    acts = {state.number: _act_of(state) for state in machine.states.values()}
    return tuple(acts[number] for number in range(len(acts)))


def _act_of(state: State) -> Act:
    judge = _IS_PLAIN.get(state.type)
    return PLAIN_ACTS[state.type] if judge is not None and judge(state) else ACTS[state.type]


RESUMES: Final[dict[str, Callable[[Any, Branch], Branch | None]]] = {
    "Wait": wait.resume,
    "Task": task.schedule,
    "Parallel": parallel.fork,
    "Map": map_.fork,
}

__all__ = ["ACTS", "RESUMES", "acts_of", "task"]
