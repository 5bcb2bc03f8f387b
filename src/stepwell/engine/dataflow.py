"""How data moves through a JSONPath state: InputPath, Parameters, the work, ResultSelector, Assign, ResultPath,
OutputPath.

A payload that nobody looks into is handed on as it is, text and all. (States Language: "Input and Output Processing";
ResultPath writes into the raw input, not into what InputPath selected.)
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.machine import State
from stepwell.asl.template import DISCARD, Template
from stepwell.engine.branch import Branch
from stepwell.engine.failure import DATA_LIMIT_EXCEEDED
from stepwell.engine.trouble import StateError
from stepwell.engine.variables import Assignment, assign
from stepwell.payload import Payload
from stepwell.query.intrinsics import Expression
from stepwell.query.jsonpath import Path
from stepwell.query.scope import Scope
from stepwell.query.weight import weigh

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_FEW_PARTS: Final = 16
"""So many parts of an input can be printed whatever they are, and need not be weighed first."""
Context = Callable[[], dict[str, Any]]


class View:
    """What a state's paths may look at besides their data: the context object, the variables, the dice of the turn.

    The context is the branch's own, with a task's `token` while it is prepared, unless another one is given.
    """

    __slots__ = ("_context", "_token", "branch", "run")

    def __init__(
        self, run: "Execution", branch: Branch, token: str | None = None, context: Context | None = None
    ) -> None:
        self.run = run
        self.branch = branch
        self._token = token
        self._context = context

    def scope(self, value: Any) -> Scope:
        """The same, with its data."""
        context = self._context or self.run.context_of(self.branch, self._token)
        return Scope(value, context, self.branch.variables, self.run.dice)


def from_outside(payload: Payload) -> Payload:
    """A payload as this execution's own. What was noted about its blob is not true here: it may come from a turn that
    was never committed, and be handed in again."""
    payload.blob = None
    return payload


def read(expression: Expression | Path, value: Any, view: View) -> Any:
    """What a path or intrinsic selects from `value`. Raises QueryError."""
    scope = view.scope(value)
    found = expression.read(scope)
    return _settle(view.run, scope, found, len(expression.paths))


def fill(template: Template, value: Any, view: View) -> Payload:
    """A payload template's answer over `value`. Raises QueryError."""
    return Payload.of(evaluate(template, value, view))


def evaluate(template: Template, value: Any, view: View) -> Any:
    """The same, as a bare value."""
    scope = view.scope(value)
    made = template.evaluate(scope)
    return _settle(view.run, scope, made, len(template.paths))


def assigned(state: Any, value: Payload, view: View) -> Assignment | None:
    """What the Assign of a state, rule or catcher will set; its `$` is `value`. Raises QueryError."""
    if state.assign is None:
        return None
    return assign(view.run, view.branch, evaluate(state.assign, value.value, view))


def _settle(run: "Execution", scope: Scope, made: Any, parts: int) -> Any:
    """Take costly work off the turn, and refuse a value of many large parts, which share memory until it is printed."""
    if scope.budget is not None:
        run.charge(scope.budget.spent)
    if parts > _FEW_PARTS and weigh(made, run.limits.query_steps_max) > run.limits.query_steps_max:
        raise StateError(DATA_LIMIT_EXCEEDED, "The value is too large")
    return made


def select_input(state: State, raw: Payload, view: View) -> Payload:
    """The effective input: what InputPath leaves of the raw input."""
    if state.input_path is None:
        return raw
    return Payload.of(read(state.input_path, raw.value, view))


def place_result(result_path: Any, raw: Payload, result: Payload) -> Payload:
    """ResultPath: replace (default), drop (null), or write into the raw input."""
    if result_path is None:
        return result
    if result_path is DISCARD:
        return raw
    return Payload.of(result_path.write(raw.value, result.value))


def leave_with_result(run: "Execution", branch: Branch, result: Payload) -> Branch | None:
    """Leave a JSONPath state that did some work: ResultSelector, Assign, ResultPath, OutputPath. Raises QueryError."""
    state: Any = branch.state
    if state.result_selector is None and state.assign is None and state.output_path is None:
        return run.leave(branch, place_result(state.result_path, branch.input, result), state.next)
    view = run.view_of(branch)
    if state.result_selector is not None:
        result = fill(state.result_selector, result.value, view)
    assignment = assigned(state, result, view)
    output = place_result(state.result_path, branch.input, result)
    return run.leave(branch, select_output(state, output, view), state.next, assignment)


def select_output(state: State, output: Payload, view: View) -> Payload:
    """What OutputPath leaves."""
    if state.output_path is None:
        return output
    return Payload.of(read(state.output_path, output.value, view))
