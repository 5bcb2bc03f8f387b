"""Fail: end this line of progress with an error of the author's."""

from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.states.fail import Fail
from stepwell.engine.branch import Branch
from stepwell.engine.dataflow import StateError, read
from stepwell.engine.failure import RUNTIME, Failure
from stepwell.engine.history import CODES
from stepwell.engine.retry import failure_names

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["FailStateEntered"]


def enter(run: "Execution", branch: Branch, state: Fail) -> Branch | None:
    """There is no FailStateExited: what is around fails, pointing at FailStateEntered. (Recorded.)"""
    run.enter(branch, _ENTERED)
    error = _text(run, branch, "ErrorPath", state.error, state.error_path)
    cause = _text(run, branch, "CausePath", state.cause, state.cause_path)
    return run.fail(branch, Failure(error, cause), failure_names(error))


def _text(run: "Execution", branch: Branch, field: str, literal: str | None, path: Any) -> str | None:
    if path is None:
        return literal
    value = read(path, branch.input.value, run.context_of(branch), run)
    if not isinstance(value, str):
        cause = f"The {field} parameter does not reference a string value: {path.text}"
        raise StateError(RUNTIME, cause)
    return value
