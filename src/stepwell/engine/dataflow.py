"""How data moves through a state: InputPath, Parameters, the work, ResultSelector, ResultPath, OutputPath.

A payload that nobody looks into is handed on as it is, text and all. (States Language: "Input and Output Processing";
ResultPath writes into the raw input, not into what InputPath selected.)
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.machine import State
from stepwell.asl.template import DISCARD, Template
from stepwell.engine.failure import DATA_LIMIT_EXCEEDED
from stepwell.payload import Payload
from stepwell.query.failures import QueryError
from stepwell.query.intrinsics import Expression
from stepwell.query.jsonpath import Path
from stepwell.query.scope import Scope
from stepwell.query.weight import weigh

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_FEW_PARTS: Final = 16
"""So many parts of an input can be printed whatever they are, and need not be weighed first."""
NO_VARIABLES: Final[dict[str, Any]] = {}
Context = Callable[[], dict[str, Any]]


class StateError(QueryError):
    """A failure found by the engine itself. `prefixed`: AWS names the state in front of the cause."""

    def __init__(self, error: str, cause: str, *, prefixed: bool = True) -> None:
        super().__init__(error, cause)
        self.prefixed = prefixed


def from_outside(payload: Payload) -> Payload:
    """A payload as this execution's own. What was noted about its blob is not true here: it may come from a turn that
    was never committed, and be handed in again."""
    payload.blob = None
    return payload


def read(expression: Expression | Path, value: Any, context: Context, run: "Execution") -> Any:
    """What a path or intrinsic selects from `value`. Raises QueryError."""
    scope = Scope(value, context, NO_VARIABLES, run.dice)
    found = expression.read(scope)
    return _settle(run, scope, found, len(expression.paths))


def fill(template: Template, value: Any, context: Context, run: "Execution") -> Payload:
    """A payload template's answer over `value`. Raises QueryError."""
    scope = Scope(value, context, NO_VARIABLES, run.dice)
    made = template.evaluate(scope)
    return Payload.of(_settle(run, scope, made, len(template.paths)))


def _settle(run: "Execution", scope: Scope, made: Any, parts: int) -> Any:
    """Take costly work off the turn, and refuse a value of many large parts, which share memory until it is printed."""
    if scope.budget is not None:
        run.charge(scope.budget.spent)
    if parts > _FEW_PARTS and weigh(made, run.limits.query_steps_max) > run.limits.query_steps_max:
        raise StateError(DATA_LIMIT_EXCEEDED, "The value is too large")
    return made


def select_input(state: State, raw: Payload, context: Context, run: "Execution") -> Payload:
    """The effective input: what InputPath leaves of the raw input."""
    if state.input_path is None:
        return raw
    return Payload.of(read(state.input_path, raw.value, context, run))


def place_result(result_path: Any, raw: Payload, result: Payload) -> Payload:
    """ResultPath: replace (default), drop (null), or write into the raw input."""
    if result_path is None:
        return result
    if result_path is DISCARD:
        return raw
    return Payload.of(result_path.write(raw.value, result.value))


def select_output(state: State, output: Payload, context: Context, run: "Execution") -> Payload:
    """What OutputPath leaves."""
    if state.output_path is None:
        return output
    return Payload.of(read(state.output_path, output.value, context, run))
