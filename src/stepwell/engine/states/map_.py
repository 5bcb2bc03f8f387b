"""Map: one iteration per item of an array; what a distributed Map does is in a file of its own."""

from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.states.map import Map
from stepwell.engine import composite
from stepwell.engine.branch import Branch, Stage
from stepwell.engine.evaluation import number_in, take_step, typed, unusable
from stepwell.engine.history import CODES
from stepwell.engine.map_items import effective_input, select_concurrency, select_items
from stepwell.engine.states import map_distributed
from stepwell.payload import Payload
from stepwell.query.jsonata import JsonataScope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["MapStateEntered"]


def enter(run: "Execution", branch: Branch, state: Map) -> Branch | None:
    """Enter and fork. What comes to a distributed Map is printed anew, blanks gone (recorded from July 2024 on)."""
    if state.is_distributed:
        branch.input = Payload.of(branch.input.value)
    run.enter(branch, _ENTERED)
    return fork(run, branch)


def fork(run: "Execution", branch: Branch) -> Branch | None:
    """Start the first iterations, the first time or again for a retry."""
    state: Any = branch.state
    if state.is_jsonata:
        return take_step(run, branch, Stage.BEGIN, fork_evaluated)
    if state.is_distributed:
        return map_distributed.begin(run, branch)
    concurrency = select_concurrency(run, branch, effective_input(run, branch))
    return composite.fork_map(run, branch, select_items(run, branch), concurrency)


def fork_evaluated(
    run: "Execution", branch: Branch, scope: JsonataScope, _place: int, _given: Payload | None
) -> Branch | None:
    """The step of starting a JSONata Map. Its Items are an array, as on AWS for a Map in this execution. (Recorded.)"""
    state: Any = branch.state
    if state.is_distributed:
        return map_distributed.begin_evaluated(run, branch, scope)
    kept = None
    if state.items is None:
        items = branch.input.value
        if not isinstance(items, list):
            raise unusable(f"Map state input must be an array but was: {branch.input.text}", None)
    else:
        items = typed(state.items, scope, "array")
        kept = Payload.of(items)
    for tolerance in (state.evaluated_failure_count, state.evaluated_failure_percentage):
        if tolerance is not None:  # checked, and without effect on iterations in this execution (recorded)
            typed(tolerance, scope, "number")
    return composite.fork_map(run, branch, items, _concurrency(run, state, scope), kept)


def _concurrency(run: "Execution", state: Any, scope: JsonataScope) -> int:
    most = run.limits.map_concurrency_max
    asked = state.max_concurrency
    if state.evaluated_max_concurrency is not None:
        asked = number_in(state.evaluated_max_concurrency, scope)
        if asked < 0:
            raise unusable(f"The MaxConcurrency field cannot be negative: {asked}", state.evaluated_max_concurrency)
    return min(asked, most) if asked else most
