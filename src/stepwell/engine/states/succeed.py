"""Succeed: end this line of progress well."""

from typing import TYPE_CHECKING, Final

from stepwell.asl.states.succeed import Succeed
from stepwell.engine.branch import Branch
from stepwell.engine.dataflow import select_input, select_output
from stepwell.engine.history import CODES
from stepwell.engine.leaving import leave_with

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["SucceedStateEntered"]
_EXITED: Final = CODES["SucceedStateExited"]


def enter(run: "Execution", branch: Branch, state: Succeed) -> Branch | None:
    """The output is the input, after InputPath and OutputPath."""
    run.enter(branch, _ENTERED)
    view = run.view_of(branch)
    output = select_input(state, branch.input, view)
    return run.leave(branch, select_output(state, output, view), None)


def enter_jsonata(run: "Execution", branch: Branch, _state: Succeed) -> Branch | None:
    """The output is what Output says, else the input."""
    run.enter(branch, _ENTERED)
    return leave_with(run, branch)


def is_plain(state: Succeed) -> bool:
    """Whether the input goes through untouched."""
    return state.input_path is None and state.output_path is None and state.output is None


def step_over(run: "Execution", branch: Branch, state: Succeed) -> Branch | None:
    """A plain Succeed, entered and left at once."""
    return run.step_over(branch, _ENTERED, _EXITED, None)
