"""How JSONata states leave: Assign and Output, side by side, against the same data and the variables at entry.

Here lives the way out by success and by a Choice's rule. The way out by a catcher is with the failures, in `composite`.
"""

from typing import TYPE_CHECKING, Any

from stepwell.asl.machine import State
from stepwell.engine.branch import Branch, Stage
from stepwell.engine.evaluation import rule_of, take_step
from stepwell.engine.variables import assign
from stepwell.payload import Payload
from stepwell.query.jsonata import JsonataScope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution


def leave_with(run: "Execution", branch: Branch, result: Payload | None = None) -> Branch | None:
    """Leave with a result (of Task, Parallel, Map), or with none; Output's default is the result, else the input."""
    state = branch.state
    if state.assign is None and state.output is None:
        return run.leave(branch, branch.input if result is None else result, state.next)
    return take_step(run, branch, Stage.LEAVE, leave, given=result)


def leave(run: "Execution", branch: Branch, scope: JsonataScope, _place: int, result: Payload | None) -> Branch | None:
    """The step of leaving."""
    state = branch.state
    return depart(run, branch, scope, state, branch.input if result is None else result, state.next)


def leave_by_rule(
    run: "Execution", branch: Branch, scope: JsonataScope, place: int, _given: Payload | None
) -> Branch | None:
    """The step of leaving a Choice by one of its rules, or by Default (`place` -1)."""
    state: Any = branch.state
    target = state.default if place < 0 else state.rules[place].next
    return depart(run, branch, scope, rule_of(state, place), branch.input, target)


def depart(
    run: "Execution",
    branch: Branch,
    scope: JsonataScope,
    way: Any,
    default: Payload,
    target: State | None,
    *,
    caught: bool = False,
) -> Branch | None:
    """Evaluate the Assign and Output of a way out (state, rule or catcher) and take it. Raises QueryError."""
    assigned = None
    if way.assign is not None:
        assigned = assign(run, branch, way.assign.read(scope), way.assign.field)
    output = default if way.output is None else way.output.payload(scope)
    return run.leave(branch, output, target, assigned, caught=caught)
