"""What a branch does on entering a state, after a timer, and with answered expressions: by the state's type.

`ACTS` enters a state; it answers with the branch that goes on, or None when it waits or has ended. `RESUMES` goes on
after a timer: the end of a Wait, or of a back-off before a retry. What is done lives in the file of each type.
"""

from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from stepwell.asl.machine import State, StateMachine
from stepwell.engine.branch import Branch
from stepwell.engine.evaluation import Step
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

JSONATA_ACTS: Final[dict[str, Act]] = {
    **ACTS,
    "Pass": pass_.enter_jsonata,
    "Choice": choice.enter_jsonata,
    "Wait": wait.enter_jsonata,
    "Succeed": succeed.enter_jsonata,
    "Fail": fail.enter_jsonata,
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


_known: Final[WeakKeyDictionary[StateMachine, tuple[Act, ...]]] = WeakKeyDictionary()
"""Weak: a compiled machine can be large, and how long it is kept is decided elsewhere."""


def acts_of(machine: StateMachine) -> tuple[Act, ...]:
    """For each state, by its number, what a branch does on entering it: the quickest that the state's fields allow."""
    found = _known.get(machine)
    if found is None:
        acts = {state.number: _act_of(state) for state in machine.states.values()}
        found = _known[machine] = tuple(acts[number] for number in range(len(acts)))
    return found


def _act_of(state: State) -> Act:
    judge = _IS_PLAIN.get(state.type)
    if judge is not None and judge(state):
        return PLAIN_ACTS[state.type]
    return JSONATA_ACTS[state.type] if state.is_jsonata else ACTS[state.type]


RESUMES: Final[dict[str, Callable[[Any, Branch], Branch | None]]] = {
    "Wait": wait.resume,
    "Task": task.schedule,
    "Parallel": parallel.fork,
    "Map": map_.fork,
}

BEGINS: Final[dict[str, Step]] = {
    "Task": task.schedule_evaluated,
    "Choice": choice.choose,
    "Wait": wait.wait_evaluated,
    "Fail": fail.fail_evaluated,
    "Parallel": parallel.fork_evaluated,
    "Map": map_.fork_evaluated,
}
"""How JSONata states begin once their expressions have been evaluated."""
