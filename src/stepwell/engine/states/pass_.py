"""Pass: hand the input on, or a fixed or assembled result."""

from typing import TYPE_CHECKING, Final

from stepwell.asl.states.pass_ import Pass
from stepwell.asl.template import DISCARD
from stepwell.engine.branch import Branch
from stepwell.engine.dataflow import assigned, fill, place_result, select_input, select_output
from stepwell.engine.history import CODES
from stepwell.engine.leaving import leave_with
from stepwell.payload import Payload

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["PassStateEntered"]
_EXITED: Final = CODES["PassStateExited"]


def enter(run: "Execution", branch: Branch, state: Pass) -> Branch | None:
    """Result wins over Parameters as the result; without either it is the effective input. (Recorded.)"""
    run.enter(branch, _ENTERED)
    raw = branch.input
    view = run.view_of(branch)
    result = select_input(state, raw, view)
    if state.parameters is not None:
        result = fill(state.parameters, result.value, view)
    if state.result is not None:
        result = Payload(state.result.text, state.result.value)  # the definition's payload is all executions'
    assignment = assigned(state, result, view)
    output = place_result(state.result_path, raw, result)
    return run.leave(branch, select_output(state, output, view), state.next, assignment)


def enter_jsonata(run: "Execution", branch: Branch, _state: Pass) -> Branch | None:
    """Enter, and leave by Assign and Output."""
    run.enter(branch, _ENTERED)
    return leave_with(run, branch)


def is_plain(state: Pass) -> bool:
    """Whether the input goes through untouched."""
    moved = (state.input_path, state.parameters, state.result, state.output_path, state.assign, state.output)
    return all(field is None for field in moved) and (state.result_path is None or state.result_path is DISCARD)


def step_over(run: "Execution", branch: Branch, state: Pass) -> Branch | None:
    """A plain Pass, entered and left at once."""
    return run.step_over(branch, _ENTERED, _EXITED, state.next)
