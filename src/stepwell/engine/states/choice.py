"""Choice: the first rule that holds says where to go."""

from typing import TYPE_CHECKING, Final

from stepwell.asl.states.choice import Choice
from stepwell.engine.branch import Branch
from stepwell.engine.dataflow import NO_VARIABLES, StateError, select_input, select_output
from stepwell.engine.failure import RUNTIME
from stepwell.engine.history import CODES
from stepwell.query.scope import Scope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["ChoiceStateEntered"]
_NO_MATCH: Final = "Failed to transition out of the state. The state does not point to a next state."


def enter(run: "Execution", branch: Branch, state: Choice) -> Branch | None:
    """No rule and no Default is States.Runtime, not States.NoChoiceMatched. (Recorded.)"""
    run.enter(branch, _ENTERED)
    context = run.context_of(branch)
    given = select_input(state, branch.input, context, run.dice)
    scope = Scope(given.value, context, NO_VARIABLES, run.dice)
    target = state.default
    for rule in state.rules:
        if rule.test(scope):
            target = rule.next
            break
    if target is None:
        raise StateError(RUNTIME, _NO_MATCH)
    return run.leave(branch, select_output(state, given, context, run.dice), target)
