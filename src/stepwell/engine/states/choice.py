"""Choice: the first rule that holds says where to go."""

from typing import TYPE_CHECKING, Final

from stepwell.asl.machine import State
from stepwell.asl.states.choice import Choice
from stepwell.engine.branch import Branch
from stepwell.engine.dataflow import NO_VARIABLES, StateError, select_input, select_output
from stepwell.engine.failure import RUNTIME
from stepwell.engine.history import CODES
from stepwell.query.failures import QueryError
from stepwell.query.scope import Scope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["ChoiceStateEntered"]
_EXITED: Final = CODES["ChoiceStateExited"]
_NO_MATCH: Final = "Failed to transition out of the state. The state does not point to a next state."


def enter(run: "Execution", branch: Branch, state: Choice) -> Branch | None:
    """Enter, choose, and leave with what InputPath and OutputPath let through."""
    run.enter(branch, _ENTERED)
    context = run.context_of(branch)
    given = select_input(state, branch.input, context, run)
    target = _choose(run, state, Scope(given.value, context, NO_VARIABLES, run.dice))
    return run.leave(branch, select_output(state, given, context, run), target)


def is_plain(state: Choice) -> bool:
    """Whether the input goes through untouched."""
    return state.input_path is None and state.output_path is None


def step_over(run: "Execution", branch: Branch, state: Choice) -> Branch | None:
    """A plain Choice, entered and left at once. If it fails it has been entered, and not left."""
    branch.entered_ms = run.at_ms
    try:
        target = _choose(run, state, Scope(branch.input.value, run.context_of(branch), NO_VARIABLES, run.dice))
    except QueryError:
        run.enter(branch, _ENTERED)
        raise
    return run.step_over(branch, _ENTERED, _EXITED, target)


def _choose(run: "Execution", state: Choice, scope: Scope) -> State:
    """The first rule that holds. No rule and no Default is States.Runtime, not States.NoChoiceMatched. (Recorded.)"""
    target = state.default
    for rule in state.rules:
        if rule.test(scope):
            target = rule.next
            break
    if scope.budget is not None:
        run.charge(scope.budget.spent)
    if target is None:
        raise StateError(RUNTIME, _NO_MATCH)
    return target
