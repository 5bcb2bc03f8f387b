"""Fail: end this line of progress with an error of the author's."""

from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.states.fail import Fail
from stepwell.engine.branch import Branch, Stage
from stepwell.engine.dataflow import read
from stepwell.engine.evaluation import take_step, typed
from stepwell.engine.failure import RUNTIME, Failure
from stepwell.engine.history import CODES
from stepwell.engine.retry import failure_names
from stepwell.engine.trouble import StateError
from stepwell.payload import Payload
from stepwell.query.jsonata import JsonataScope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["FailStateEntered"]


def enter(run: "Execution", branch: Branch, state: Fail) -> Branch | None:
    """There is no FailStateExited: what is around fails, pointing at FailStateEntered. (Recorded.)"""
    run.enter(branch, _ENTERED)
    error = _text(run, branch, "ErrorPath", state.error, state.error_path)
    cause = _text(run, branch, "CausePath", state.cause, state.cause_path)
    return run.fail(branch, Failure(error, cause), failure_names(error))


def enter_jsonata(run: "Execution", branch: Branch, _state: Fail) -> Branch | None:
    """Enter, and fail with what Error and Cause give."""
    run.enter(branch, _ENTERED)
    return take_step(run, branch, Stage.BEGIN, fail_evaluated)


def fail_evaluated(
    run: "Execution", branch: Branch, scope: JsonataScope, _place: int, _given: Payload | None
) -> Branch | None:
    """The step of failing."""
    state: Any = branch.state
    error, cause = state.error, state.cause
    if state.evaluated_error is not None:
        error = typed(state.evaluated_error, scope, "string")
    if state.evaluated_cause is not None:
        cause = typed(state.evaluated_cause, scope, "string")
    return run.fail(branch, Failure(error, cause), failure_names(error))


def _text(run: "Execution", branch: Branch, field: str, literal: str | None, path: Any) -> str | None:
    if path is None:
        return literal
    value = read(path, branch.input.value, run.view_of(branch))
    if not isinstance(value, str):
        cause = f"The {field} parameter does not reference a string value: {path.text}"
        raise StateError(RUNTIME, cause)
    return value
