"""What TestState shows of a state's data on its way: the stages by type of state. (Which are there: recorded.)

The stages are worked out again after the state has run, with the engine's own functions; but for those of a Map's work,
which are kept from it. A stage that fails, and all that come after it, are missing.
"""

from collections.abc import Callable
from typing import Any

from stepwell.engine.dataflow import View, fill, place_result, read, select_input
from stepwell.engine.tested import TestedExecution
from stepwell.integrations.base import HttpTrace
from stepwell.operations.tested_items import MapWork
from stepwell.payload import Payload, print_json
from stepwell.query.failures import QueryError

Stages = dict[str, Any]


def inspect(run: TestedExecution, work: MapWork | None) -> Stages:
    """The members of `inspectionData`; `work` is that of a Map."""
    state: Any = run.root.state
    stages: Stages = {"input": run.facts.input.text}
    steps = _JSONATA if state.is_jsonata else _JSONPATH
    stages_of = steps.get(state.type)
    if stages_of is not None:
        try:
            stages_of(run, state, stages, work)
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


def _after_input_path(run: TestedExecution, state: Any, stages: Stages, _work: MapWork | None) -> None:
    stages["after_input_path"] = select_input(state, run.root.input, _view(run)).text


def _result(run: TestedExecution, state: Any, stages: Stages, result: Payload) -> None:
    """ResultSelector and ResultPath of a result."""
    if getattr(state, "result_selector", None) is not None:
        result = fill(state.result_selector, result.value, _view(run))
    stages["after_result_selector"] = result.text
    stages["after_result_path"] = place_result(state.result_path, run.root.input, result).text


def _pass(run: TestedExecution, state: Any, stages: Stages, _work: MapWork | None) -> None:
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


def _task(run: TestedExecution, state: Any, stages: Stages, _work: MapWork | None) -> None:
    _after_input_path(run, state, stages, None)
    if run.parameters is not None:
        stages["after_parameters"] = run.parameters.text
    if run.result is not None and run.problem is None:
        stages["result"] = run.result.text
        _result(run, state, stages, run.result)


def _parallel(run: TestedExecution, state: Any, stages: Stages, _work: MapWork | None) -> None:
    if run.result is not None:
        _result(run, state, stages, run.result)


def _map(run: TestedExecution, state: Any, stages: Stages, work: MapWork | None) -> None:
    given = select_input(state, run.root.input, _view(run))
    stages["after_input_path"] = given.text
    if state.item_reader is None:
        items = given.value if state.items_path is None else read(state.items_path, given.value, _view(run))
        if isinstance(items, list):
            stages["after_items_path"] = _listed(list(map(print_json, items)))
        elif isinstance(items, dict) and state.is_distributed:
            stages["after_items_path"] = print_json(items)
    _map_work(run, state, stages, work)
    if run.result is not None:
        _result(run, state, stages, run.result)


def _map_work(run: TestedExecution, state: Any, stages: Stages, work: MapWork | None) -> None:
    """What is the same in both query languages."""
    if work is None or run.plan is None:
        return
    if work.read is not None and state.item_reader.config is not None and state.item_reader.config.items_pointer:
        stages["after_items_pointer"] = print_json(work.read)
    if work.inputs is not None and state.item_selector is not None:
        stages["after_item_selector"] = _listed(work.inputs)
    if work.batches is not None:
        stages["after_item_batcher"] = _listed(list(map(print_json, work.batches)))
    stages["max_concurrency"] = run.plan.max_concurrency
    tolerated = {"count": run.plan.tolerated_count, "percentage": run.plan.tolerated_percentage}
    stages.update({f"tolerated_failure_{name}": value for name, value in tolerated.items() if value is not None})


def _listed(texts: list[str]) -> str:
    """Recorded: a blank between items, none within them."""
    return f"[{', '.join(texts)}]"


def _jsonata_task(run: TestedExecution, state: Any, stages: Stages, _work: MapWork | None) -> None:
    if run.parameters is not None:
        stages["after_arguments"] = run.parameters.text
    if run.result is not None and run.problem is None:
        stages["result"] = run.result.text


_Steps = Callable[[TestedExecution, Any, Stages, MapWork | None], None]
_JSONPATH: dict[str, _Steps] = {
    "Pass": _pass,
    "Task": _task,
    "Parallel": _parallel,
    "Map": _map,
    **dict.fromkeys(("Choice", "Wait", "Succeed", "Fail"), _after_input_path),
}
_JSONATA: dict[str, _Steps] = {"Task": _jsonata_task, "Map": _map_work}
