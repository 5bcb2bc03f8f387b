"""A Map state's items and what its iterations see of them."""

from typing import TYPE_CHECKING, Any

from stepwell.engine.branch import Branch
from stepwell.engine.dataflow import Context, View, fill, read, select_input
from stepwell.engine.failure import RUNTIME
from stepwell.engine.trouble import StateError
from stepwell.payload import Payload

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution


def effective_input(run: "Execution", branch: Branch) -> Payload:
    """What InputPath leaves of the Map state's input."""
    return select_input(branch.state, branch.input, run.view_of(branch))


def items_of(run: "Execution", branch: Branch) -> list[Any]:
    """A Map branch's items: kept while the execution is in memory, recomputed from its input after loading."""
    fork = branch.fork
    assert fork is not None
    if fork.items is None:
        fork.items = fork.kept.value if fork.kept is not None else select_items(run, branch)
    return fork.items


def select_items(run: "Execution", branch: Branch) -> list[Any]:
    """ItemsPath over the effective input; only an array will do for an inline Map. (Texts recorded.)"""
    state: Any = branch.state
    given = effective_input(run, branch)
    if state.items_path is None:
        if not isinstance(given.value, list):
            raise StateError(RUNTIME, f"Map state input must be an array but was: {given.text}")
        return given.value
    items = read(state.items_path, given.value, run.view_of(branch))
    if not isinstance(items, list):
        raise StateError(RUNTIME, f'Reference path "{state.items_path.text}" must point to array.', prefixed=False)
    return items


def select_concurrency(run: "Execution", branch: Branch, given: Payload) -> int:
    """How many iterations may run at once; AWS never runs more than 40."""
    state: Any = branch.state
    most = run.limits.map_concurrency_max
    asked = state.max_concurrency
    if state.max_concurrency_path is not None:
        asked = whole_at(state.max_concurrency_path, given, run.view_of(branch), "MaxConcurrencyPath")
        check_concurrency(asked)
    return min(asked, most) if asked else most


def whole_at(path: Any, given: Payload, view: View, field: str) -> int:
    """The whole number that a ...Path field finds; digits in a text will do where a variable gives them (recorded)."""
    value = read(path, given.value, view)
    if isinstance(value, str) and path.variable is not None and value.lstrip("-").isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise refers_to(field, value, "integer", path)
    return value


def refers_to(field: str, value: Any, kind: str, path: Any) -> StateError:
    """A ...Path field finds a value of another kind. (Text recorded.)"""
    shown = value if isinstance(value, str) else Payload.of(value).text
    return StateError(RUNTIME, f'The {field} field refers to value "{shown}" which is not a valid {kind}: {path.text}')


def check_concurrency(asked: int) -> None:
    """Refuse a negative MaxConcurrency."""
    if asked < 0:
        raise StateError(RUNTIME, f"Expected non-negative integer for MaxConcurrency, got {asked} instead.")


def select_item(run: "Execution", branch: Branch, index: int) -> Payload:
    """An iteration's input: its item, or what ItemSelector makes of it (`$` is the Map's effective input)."""
    state: Any = branch.state
    if state.item_selector is None:
        return Payload.of(items_of(run, branch)[index])
    view = View(run, branch, context=item_context(run, branch, index))
    return fill(state.item_selector, effective_input(run, branch).value, view)


def item_context(run: "Execution", branch: Branch, index: int) -> Context:
    """The context object as the ItemSelector of one iteration sees it."""
    context = run.context_of(branch)
    item = items_of(run, branch)[index]
    return lambda: {**context(), "Map": {"Item": {"Index": index, "Value": item}}}
