"""What TestState shows of a state's data on its way: the stages by type of state. (Which are there: recorded.)

The stages are worked out again after the state has run, with the engine's own functions. A stage that fails, and all
that come after it, are missing.
"""

from collections.abc import Callable
from typing import Any

from stepwell.engine.dataflow import View, fill, place_result, read, select_input
from stepwell.engine.map_items import select_concurrency
from stepwell.engine.tested import TestedExecution
from stepwell.integrations.base import HttpTrace
from stepwell.integrations.items.batching import ItemTooLarge
from stepwell.operations.tested_items import batched
from stepwell.payload import Payload, parse_json, print_json
from stepwell.query.failures import QueryError
from stepwell.query.jsonata import JsonataScope

Stages = dict[str, Any]


def inspect(run: TestedExecution, parameters: Payload | None) -> Stages:
    """The members of `inspectionData`."""
    state: Any = run.root.state
    stages: Stages = {"input": run.facts.input.text}
    steps = _JSONATA if state.is_jsonata else _JSONPATH
    stages_of = steps.get(state.type)
    if stages_of is not None:
        try:
            stages_of(run, state, stages, parameters)
        except QueryError:
            pass  # as far as it went
    if run.root.variables:
        stages["variables"] = print_json(dict(run.root.variables))
    details = {
        "catch_index": run.caught,
        "retry_index": run.retrier,
        "retry_backoff_interval_seconds": run.back_off_s,
    }
    if any(value is not None for value in details.values()):
        stages["error_details"] = details
    return stages


def inspect_http(trace: HttpTrace) -> Stages:
    """`request` and `response` of an HTTP task, as far as it got (the form of headers is that of AWS's examples)."""
    shown: Stages = {}
    if trace.request is None:
        return shown
    protocol = trace.request.url.partition(":")[0]
    shown["request"] = {
        "protocol": protocol,
        "method": trace.request.method,
        "url": trace.request.url,
        "headers": _header_text(trace.request.headers),
        "body": trace.request.body,
    }
    if trace.response is not None:
        shown["response"] = {
            "protocol": protocol,
            "status_code": str(trace.response.status),
            "status_message": trace.response.reason,
            "headers": _header_text(trace.response.headers),
            "body": trace.response.body,
        }
    return shown


def _header_text(headers: tuple[tuple[str, str], ...]) -> str:
    return f"[{', '.join(f'{name}: {value}' for name, value in headers)}]"


def _view(run: TestedExecution) -> View:
    return run.view_of(run.root)


def _after_input_path(run: TestedExecution, state: Any, stages: Stages, _parameters: Payload | None) -> None:
    stages["after_input_path"] = select_input(state, run.root.input, _view(run)).text


def _result(run: TestedExecution, state: Any, stages: Stages, result: Payload) -> None:
    """ResultSelector and ResultPath of a result."""
    if getattr(state, "result_selector", None) is not None:
        result = fill(state.result_selector, result.value, _view(run))
    stages["after_result_selector"] = result.text
    stages["after_result_path"] = place_result(state.result_path, run.root.input, result).text


def _pass(run: TestedExecution, state: Any, stages: Stages, _parameters: Payload | None) -> None:
    if state.result is not None:
        stages["result"] = state.result.text
        _result(run, state, stages, state.result)
        return
    given = select_input(state, run.root.input, _view(run))
    stages["after_input_path"] = given.text
    if state.parameters is not None:
        given = fill(state.parameters, given.value, _view(run))
    stages["after_parameters"] = given.text
    _result(run, state, stages, given)


def _task(run: TestedExecution, state: Any, stages: Stages, parameters: Payload | None) -> None:
    _after_input_path(run, state, stages, None)
    if parameters is not None:
        stages["after_parameters"] = parameters.text
    if run.result is not None and run.problem is None:
        stages["result"] = run.result.text
        _result(run, state, stages, run.result)


def _parallel(run: TestedExecution, state: Any, stages: Stages, _parameters: Payload | None) -> None:
    if run.result is not None:
        _result(run, state, stages, run.result)


def _map(run: TestedExecution, state: Any, stages: Stages, _parameters: Payload | None) -> None:
    given = select_input(state, run.root.input, _view(run))
    stages["after_input_path"] = given.text
    items = run.setup.items
    if items is None:
        items = given.value if state.items_path is None else read(state.items_path, given.value, _view(run))
        if not isinstance(items, list):
            return
        stages["after_items_path"] = _listed(items)
    elif run.setup.pointed:
        stages["after_items_pointer"] = print_json(items)
    if state.item_selector is not None:
        items = [_selected(run, state, given, n, item) for n, item in enumerate(items)]
        stages["after_item_selector"] = _listed(items)
    _batch(run, stages, items, given)
    asked = state.max_concurrency
    stages["max_concurrency"] = select_concurrency(run, run.root, given) if state.max_concurrency_path else asked
    for name in ("count", "percentage"):
        path = getattr(state, f"tolerated_failure_{name}_path")
        value = getattr(state, f"tolerated_failure_{name}") if path is None else read(path, given.value, _view(run))
        _tolerate(stages, name, value)
    if run.result is not None:
        _result(run, state, stages, run.result)


def _batch(run: TestedExecution, stages: Stages, items: list[Any], given: Payload) -> None:
    if run.setup.batcher is not None:
        try:
            stages["after_item_batcher"] = _listed(batched(run, items, given, lambda: _scope(run)))
        except ItemTooLarge:
            pass  # no batch takes it


def children_of(run: TestedExecution) -> int:
    """How many children a Map with an ItemBatcher has: batches. An item too large for any counts for itself."""
    stages: Stages = {}
    try:
        _STEPS_OF_MAP[run.root.state.is_jsonata](run, run.root.state, stages, None)
    except QueryError:
        pass  # as far as it went
    batches = stages.get("after_item_batcher")
    return len(run.items or ()) if batches is None else len(parse_json(batches))


def _selected(run: TestedExecution, state: Any, given: Payload, index: int, item: Any) -> Any:
    context = run.context_of(run.root)
    view = View(run, run.root, context=lambda: {**context(), "Map": {"Item": {"Index": index, "Value": item}}})
    return fill(state.item_selector, given.value, view).value


def _listed(items: list[Any]) -> str:
    """Recorded: a blank between items, none within them."""
    return f"[{', '.join(print_json(item) for item in items)}]"


def _tolerate(stages: Stages, name: str, value: Any) -> None:
    if value is not None:
        stages[f"tolerated_failure_{name}"] = float(value) if name == "percentage" else value


# JSONata


def _scope(run: TestedExecution) -> JsonataScope:
    context = run.context_of(run.root)
    return JsonataScope(run.root.input.value, context, run.root.variables, run.dice, run.at_ms)


def _selected_by_jsonata(run: TestedExecution, state: Any, index: int, item: Any) -> Any:
    context = {**run.context_of(run.root)(), "Map": {"Item": {"Index": index, "Value": item}}}
    scope = JsonataScope(run.root.input.value, lambda: context, run.root.variables, run.dice, run.at_ms)
    return state.item_selector.read(scope)


def _jsonata_task(run: TestedExecution, state: Any, stages: Stages, parameters: Payload | None) -> None:
    if parameters is not None:
        stages["after_arguments"] = parameters.text
    if run.result is not None and run.problem is None:
        stages["result"] = run.result.text


def _jsonata_map(run: TestedExecution, state: Any, stages: Stages, _parameters: Payload | None) -> None:
    """What a dear ItemSelector makes of all items is not shown: these are worked out on the event loop."""
    if run.setup.pointed:
        stages["after_items_pointer"] = print_json(run.setup.items)
    items = run.items
    if items is not None and state.item_selector is not None and not state.item_selector.dear:
        items = [_selected_by_jsonata(run, state, index, item) for index, item in enumerate(items)]
        stages["after_item_selector"] = _listed(items)
    if items is not None:
        _batch(run, stages, items, run.root.input)
    field = state.evaluated_max_concurrency
    stages["max_concurrency"] = state.max_concurrency if field is None else int(field.read(_scope(run)))
    tolerated = {"count": state.evaluated_failure_count, "percentage": state.evaluated_failure_percentage}
    for name, evaluated in tolerated.items():
        literal = getattr(state, f"tolerated_failure_{name}")
        _tolerate(stages, name, literal if evaluated is None else evaluated.read(_scope(run)))


def tolerance_of(run: TestedExecution) -> tuple[float | None, float | None]:
    """How many failures, and which share of them in percent, a tested Map bears. Raises QueryError."""
    stages: Stages = {}
    state: Any = run.root.state
    (_jsonata_map if state.is_jsonata else _map)(run, state, stages, None)
    return stages.get("tolerated_failure_count"), stages.get("tolerated_failure_percentage")


_Steps = Callable[[TestedExecution, Any, Stages, Payload | None], None]
_JSONPATH: dict[str, _Steps] = {
    "Pass": _pass,
    "Task": _task,
    "Parallel": _parallel,
    "Map": _map,
    **dict.fromkeys(("Choice", "Wait", "Succeed", "Fail"), _after_input_path),
}
_JSONATA: dict[str, _Steps] = {"Task": _jsonata_task, "Map": _jsonata_map}
_STEPS_OF_MAP: dict[bool, _Steps] = {False: _map, True: _jsonata_map}
