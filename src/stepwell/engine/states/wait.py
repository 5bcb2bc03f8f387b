"""Wait: stand still until a time, holding no worker. (Texts recorded.)"""

from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.states.wait import Wait as WaitState
from stepwell.asl.timestamp import parse_timestamp_ms
from stepwell.engine.branch import Branch, Stage, Wait
from stepwell.engine.dataflow import assigned, read, select_input, select_output
from stepwell.engine.evaluation import number_in, take_step, typed, unusable
from stepwell.engine.failure import RUNTIME
from stepwell.engine.history import CODES
from stepwell.engine.leaving import leave_with
from stepwell.engine.trouble import StateError
from stepwell.payload import Payload
from stepwell.query.failures import PathNotFound
from stepwell.query.jsonata import JsonataScope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["WaitStateEntered"]


def enter(run: "Execution", branch: Branch, state: WaitState) -> Branch | None:
    """A time that has passed lets the branch go on at once. A bad InputPath fails here, not when the wait is over."""
    run.enter(branch, _ENTERED)
    given = select_input(state, branch.input, run.view_of(branch))
    due_ms = _due_ms(run, branch, state, given)
    if due_ms <= run.at_ms:
        return resume(run, branch)
    run.wait_for(branch, Wait.TIME, due_ms)
    return None


def resume(run: "Execution", branch: Branch) -> Branch | None:
    """The time has come."""
    state = branch.state
    if state.is_jsonata:
        return leave_with(run, branch)
    view = run.view_of(branch)
    output = select_input(state, branch.input, view)
    assignment = assigned(state, output, view)
    return run.leave(branch, select_output(state, output, view), state.next, assignment)


def enter_jsonata(run: "Execution", branch: Branch, _state: WaitState) -> Branch | None:
    """Enter and find out how long to wait."""
    run.enter(branch, _ENTERED)
    return take_step(run, branch, Stage.BEGIN, wait_evaluated)


def wait_evaluated(
    run: "Execution", branch: Branch, scope: JsonataScope, _place: int, _given: Payload | None
) -> Branch | None:
    """The step of beginning to wait."""
    due_ms = _evaluated_due_ms(run, branch.state, scope)
    if due_ms <= run.at_ms:
        return resume(run, branch)
    run.wait_for(branch, Wait.TIME, due_ms)
    return None


def _evaluated_due_ms(run: "Execution", state: Any, scope: JsonataScope) -> int:
    """Seconds count from when the expressions were asked for: the wait is no longer for the time they took."""
    if state.evaluated_seconds is not None:
        field = state.evaluated_seconds
        seconds = number_in(field, scope)
        if seconds < 0:
            raise unusable(f"The Seconds field cannot be negative: {seconds}", field)
        due_ms: int = scope.now_ms + seconds * 1000
    elif state.evaluated_timestamp is not None:
        field = state.evaluated_timestamp
        text = typed(field, scope, "string")
        found = parse_timestamp_ms(text)
        if found is None:
            at = "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string"
            raise unusable(f"{at}: {text}", field)
        due_ms = found
    else:
        literal: int = run.at_ms + state.seconds * 1000 if state.seconds is not None else state.timestamp_ms
        return literal
    if due_ms - run.at_ms > run.limits.wait_s_max * 1000:
        raise unusable("Wait state delay is too long.", field)
    return due_ms


def _due_ms(run: "Execution", branch: Branch, state: WaitState, given: Payload) -> int:
    if state.seconds is not None:
        return run.at_ms + state.seconds * 1000
    if state.timestamp_ms is not None:
        return state.timestamp_ms
    if state.seconds_path is not None:
        return run.at_ms + _seconds(run, branch, state, given) * 1000
    return _timestamp_ms(run, branch, state, given)


def _seconds(run: "Execution", branch: Branch, state: WaitState, given: Payload) -> int:
    path = state.seconds_path
    assert path is not None
    at = "The SecondsPath parameter"
    value = _referenced(run, branch, "SecondsPath", path, given)
    seconds = whole_number(value)
    shown = value if isinstance(value, str) else Payload.of(value).text
    if seconds is None:
        raise StateError(RUNTIME, f"{at} cannot be parsed as a long value: {path.text} == {shown}")
    if seconds < 0:
        raise StateError(RUNTIME, f"{at} references a negative value: {path.text} == {shown}")
    if seconds > run.limits.wait_s_max:
        raise StateError(RUNTIME, "Wait state delay is too long.")
    return seconds


def _referenced(run: "Execution", branch: Branch, field: str, path: Any, given: Payload) -> Any:
    try:
        return read(path, given.value, run.view_of(branch))
    except PathNotFound:
        raise StateError(RUNTIME, f"The {field} parameter does not reference an input value: {path.text}") from None


def whole_number(value: object) -> int | None:
    """An integer, also when written as text ("1" waits one second; recorded). Anything else is None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        digits = value.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 18:
            return int(value)
    return None


def _timestamp_ms(run: "Execution", branch: Branch, state: WaitState, given: Payload) -> int:
    path = state.timestamp_path
    assert path is not None
    value = _referenced(run, branch, "TimestampPath", path, given)
    due_ms = parse_timestamp_ms(value) if isinstance(value, str) else None
    if due_ms is None:
        shown = value if isinstance(value, str) else Payload.of(value).text
        cause = (
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
            f"{path.text} == {shown}"
        )
        raise StateError(RUNTIME, cause)
    if due_ms - run.at_ms > run.limits.wait_s_max * 1000:
        raise StateError(RUNTIME, "Wait state delay is too long.")
    return due_ms
