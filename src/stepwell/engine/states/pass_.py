"""Pass: hand the input on, or a fixed or assembled result."""

from typing import TYPE_CHECKING, Final

from stepwell.asl.states.pass_ import Pass
from stepwell.engine.branch import Branch
from stepwell.engine.dataflow import fill, place_result, select_input, select_output
from stepwell.engine.history import CODES
from stepwell.payload import Payload

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["PassStateEntered"]


def enter(run: "Execution", branch: Branch, state: Pass) -> Branch | None:
    """Result wins over Parameters as the result; without either it is the effective input. (Recorded.)"""
    run.enter(branch, _ENTERED)
    raw = branch.input
    context = run.context_of(branch)
    result = select_input(state, raw, context, run.dice)
    if state.parameters is not None:
        result = fill(state.parameters, result.value, context, run.dice)
    if state.result is not None:
        result = Payload(state.result.text, state.result.value)  # the definition's payload is all executions'
    output = place_result(state.result_path, raw, result)
    return run.leave(branch, select_output(state, output, context, run.dice), state.next)
