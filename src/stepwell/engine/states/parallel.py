"""Parallel: all arms at once, each with the same input."""

from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.states.parallel import Parallel
from stepwell.engine import composite
from stepwell.engine.branch import Branch, Stage
from stepwell.engine.dataflow import fill, select_input
from stepwell.engine.evaluation import take_step
from stepwell.engine.history import CODES
from stepwell.payload import Payload
from stepwell.query.jsonata import JsonataScope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["ParallelStateEntered"]


def enter(run: "Execution", branch: Branch, state: Parallel) -> Branch | None:
    """Enter and fork."""
    run.enter(branch, _ENTERED)
    return fork(run, branch)


def fork(run: "Execution", branch: Branch) -> Branch | None:
    """Start all arms, the first time or again for a retry."""
    state: Any = branch.state
    if state.is_jsonata:
        if state.arguments is None:
            return composite.fork_parallel(run, branch, branch.input)
        return take_step(run, branch, Stage.BEGIN, fork_evaluated)
    view = run.view_of(branch)
    given = select_input(state, branch.input, view)
    if state.parameters is not None:
        given = fill(state.parameters, given.value, view)
    return composite.fork_parallel(run, branch, given)


def fork_evaluated(
    run: "Execution", branch: Branch, scope: JsonataScope, _place: int, _given: Payload | None
) -> Branch | None:
    """The step of starting the arms with Arguments."""
    state: Any = branch.state
    return composite.fork_parallel(run, branch, state.arguments.payload(scope))
