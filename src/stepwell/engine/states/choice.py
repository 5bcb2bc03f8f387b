"""Choice: the first rule that holds says where to go."""

from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.machine import State
from stepwell.asl.states.choice import Choice, Rule
from stepwell.engine.branch import Branch, Stage
from stepwell.engine.dataflow import assigned, select_input, select_output
from stepwell.engine.evaluation import rule_of, take_step, typed
from stepwell.engine.failure import RUNTIME
from stepwell.engine.history import CODES
from stepwell.engine.leaving import leave_by_rule
from stepwell.engine.trouble import StateError
from stepwell.payload import Payload
from stepwell.query.failures import QueryError
from stepwell.query.jsonata import JsonataScope
from stepwell.query.scope import Scope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["ChoiceStateEntered"]
_EXITED: Final = CODES["ChoiceStateExited"]
_NO_MATCH: Final = "Failed to transition out of the state. The state does not point to a next state."


def enter(run: "Execution", branch: Branch, state: Choice) -> Branch | None:
    """Enter, choose, and leave with what InputPath and OutputPath let through."""
    run.enter(branch, _ENTERED)
    view = run.view_of(branch)
    given = select_input(state, branch.input, view)
    rule, target = _choose(run, state, view.scope(given.value))
    assignment = assigned(state if rule is None else rule, given, view)
    return run.leave(branch, select_output(state, given, view), target, assignment)


def is_plain(state: Choice) -> bool:
    """Whether the input goes through untouched."""
    if state.is_jsonata or state.assign is not None or any(rule.assign is not None for rule in state.rules):
        return False
    return state.input_path is None and state.output_path is None


def step_over(run: "Execution", branch: Branch, state: Choice) -> Branch | None:
    """A plain Choice, entered and left at once. If it fails it has been entered, and not left."""
    branch.entered_ms = run.at_ms
    try:
        scope = Scope(branch.input.value, run.context_of(branch), branch.variables, run.dice)
        target = _choose(run, state, scope)[1]
    except QueryError:
        run.enter(branch, _ENTERED)
        raise
    return run.step_over(branch, _ENTERED, _EXITED, target)


def _choose(run: "Execution", state: Choice, scope: Scope) -> tuple[Rule | None, State]:
    """The first rule that holds, and where to go. Without a rule and Default it is States.Runtime, not
    States.NoChoiceMatched. (Recorded.)"""
    target, holds = state.default, None
    for rule in state.rules:
        if rule.test(scope):
            target, holds = rule.next, rule
            break
    if scope.budget is not None:
        run.charge(scope.budget.spent)
    if target is None:
        raise StateError(RUNTIME, _NO_MATCH)
    return holds, target


# JSONata


def enter_jsonata(run: "Execution", branch: Branch, _state: Choice) -> Branch | None:
    """Enter and look for the condition that holds."""
    run.enter(branch, _ENTERED)
    return take_step(run, branch, Stage.BEGIN, choose)


def choose(run: "Execution", branch: Branch, scope: JsonataScope, _place: int, _given: Payload | None) -> Branch | None:
    """The step of choosing. A rule's own Assign and Output go with it; the Choice's go with Default. (Measured.)"""
    state: Any = branch.state
    place = next((n for n, rule in enumerate(state.rules) if typed(rule.condition, scope, "boolean")), -1)
    way = rule_of(state, place)
    target = state.default if place < 0 else way.next
    if target is None:
        raise StateError(RUNTIME, _NO_MATCH)
    if way.assign is None and way.output is None:
        return run.leave(branch, branch.input, target)
    return take_step(run, branch, Stage.RULE, leave_by_rule, place)
