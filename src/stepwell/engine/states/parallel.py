"""Parallel: all arms at once, each with the same input."""

from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.states.parallel import Parallel
from stepwell.engine import composite
from stepwell.engine.branch import Branch
from stepwell.engine.dataflow import fill, select_input
from stepwell.engine.history import CODES

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
    context = run.context_of(branch)
    given = select_input(state, branch.input, context, run)
    if state.parameters is not None:
        given = fill(state.parameters, given.value, context, run)
    return composite.fork_parallel(run, branch, given)
