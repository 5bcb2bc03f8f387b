"""Map in DISTRIBUTED mode: to the parent it is one wait, from the start or redrive of a Map Run to its end.

Here lives what the run is told, and what its end does to the state. What happens in a run never lives here: that is
`engine.map_run`'s to know. (Sequences of events and texts: recorded.)
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from stepwell.arn import map_run_arn, parse_arn
from stepwell.asl.evaluated import Evaluated
from stepwell.engine.branch import Attempt, Branch, LastRun, Wait
from stepwell.engine.child_ids import new_run_id, uuid_of
from stepwell.engine.commands import MapPlan, RedriveMapRun, StartMapRun
from stepwell.engine.dataflow import View, fill, from_outside, leave_with_result, read, select_input
from stepwell.engine.ending import end_failed, end_if_doomed
from stepwell.engine.evaluation import number_in, typed, unusable
from stepwell.engine.events import MapRunEnded
from stepwell.engine.failure import (
    DATA_LIMIT_EXCEEDED,
    ITEM_READER_FAILED,
    RESULT_WRITER_FAILED,
    RUNTIME,
    TOO_MANY_FAILURES,
    Failure,
)
from stepwell.engine.history import CODES
from stepwell.engine.leaving import leave_with
from stepwell.engine.map_items import check_concurrency, refers_to, whole_at
from stepwell.engine.retry import failure_names
from stepwell.engine.trouble import StateError
from stepwell.payload import Payload
from stepwell.query.jsonata import JsonataScope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_STATE_STARTED: Final = CODES["MapStateStarted"]
_STATE_SUCCEEDED: Final = CODES["MapStateSucceeded"]
_RUN_STARTED: Final = CODES["MapRunStarted"]
_RUN_REDRIVEN: Final = CODES["MapRunRedriven"]
_RUN_SUCCEEDED: Final = CODES["MapRunSucceeded"]
_RUN_FAILED: Final = CODES["MapRunFailed"]
_PERCENTAGE_RANGE: Final = "ToleratedFailurePercentage must be between 0 and 100."
_COUNT_RANGE: Final = "ToleratedFailureCount cannot be negative."
_GONE_ON_WITH: Final = frozenset((TOO_MANY_FAILURES, ITEM_READER_FAILED, RESULT_WRITER_FAILED))
"""Failures of a run that a redrive goes on with; after any other it begins another run over all items (AWS)."""


# Starting a run


def begin(run: "Execution", branch: Branch) -> Branch | None:
    """Start a run of a JSONPath state, the first time or again for a retry."""
    state: Any = branch.state
    view = run.view_of(branch)
    given = select_input(state, branch.input, view)
    asked = _Asked(given, view)
    concurrency = asked.whole(state.max_concurrency, state.max_concurrency_path, "MaxConcurrencyPath") or 0
    check_concurrency(concurrency)
    items = None if state.item_reader is not None else _items_at(state, given, view)
    _record_started(run, branch, items)
    reader, max_items = _reader(state.item_reader, asked)
    batcher, writer = state.item_batcher, state.result_writer
    count = asked.whole(state.tolerated_failure_count, state.tolerated_failure_count_path, "ToleratedFailureCountPath")
    plan = MapPlan(
        max_concurrency=concurrency,
        items=items,
        reader=reader,
        max_items=max_items,
        tolerated_count=_checked_count(count),
        tolerated_percentage=_checked_percentage(
            asked.number(state.tolerated_failure_percentage, state.tolerated_failure_percentage_path)
        ),
        batch_items=0 if batcher is None else asked.bound(batcher.max_items, batcher.max_items_path, _BATCH_ITEMS),
        batch_bytes=0 if batcher is None else asked.bound(batcher.max_bytes, batcher.max_bytes_path, _BATCH_BYTES),
        batch_input=None if batcher is None else asked.filled(batcher.batch_input),
        writer=None if writer is None else asked.filled(writer.parameters),
        **_selected(run, branch, given),
    )
    return _start(run, branch, plan)


_BATCH_ITEMS: Final = "MaxItemsPerBatch"
_BATCH_BYTES: Final = "MaxInputBytesPerBatch"


class _Asked:
    """The answers of a JSONPath state's fields."""

    def __init__(self, given: Payload, view: View) -> None:
        self.given = given
        self.view = view

    def whole(self, literal: int | None, path: Any, field: str) -> int | None:
        """A whole number."""
        return literal if path is None else whole_at(path, self.given, self.view, field)

    def number(self, literal: float | None, path: Any) -> float | None:
        """The tolerated percentage, read likewise."""
        if path is None:
            return literal
        value = read(path, self.given.value, self.view)
        if isinstance(value, str) and path.variable is not None:
            try:
                return float(value)
            except ValueError:
                pass
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refers_to("ToleratedFailurePercentagePath", value, "float", path)
        return float(value)

    def bound(self, literal: int, path: Any, field: str) -> int:
        """A bound of batches; the text of a bad one follows MaxItems'."""
        value = self.whole(literal, path, f"{field}Path") or 0
        if path is not None and value <= 0:
            raise StateError(RUNTIME, _not_positive(field))
        return value

    def filled(self, template: Any) -> Payload | None:
        """A template's answer."""
        return None if template is None else fill(template, self.given.value, self.view)


def _not_positive(field: str) -> str:
    return f"field {field} must be positive"


def _items_at(state: Any, given: Payload, view: View) -> Payload:
    """ItemsPath over the effective input: an array, or an object whose members are the items (AWS)."""
    items = given if state.items_path is None else Payload.of(read(state.items_path, given.value, view))
    if isinstance(items.value, list | dict):
        return items
    if state.items_path is None:
        raise StateError(RUNTIME, f"Map state input must be an array but was: {given.text}")
    raise StateError(RUNTIME, f'Reference path "{state.items_path.text}" must point to array.', prefixed=False)


def _reader(reader: Any, asked: _Asked) -> tuple[Payload | None, int]:
    if reader is None:
        return None, 0
    config = reader.config
    max_items = 0 if config is None else asked.whole(config.max_items, config.max_items_path, "MaxItemsPath")
    return asked.filled(reader.parameters), max_items or 0


def _checked_count(count: int | None) -> int | None:
    if count is not None and count < 0:
        raise StateError(RUNTIME, _COUNT_RANGE)
    return count


def _checked_percentage(percentage: float | None) -> float | None:
    if percentage is not None and not 0 <= percentage <= 100:
        raise StateError(RUNTIME, _PERCENTAGE_RANGE)
    return percentage


def _selected(run: "Execution", branch: Branch, given: Payload) -> dict[str, Any]:
    """What an ItemSelector will look at, once for all items."""
    state: Any = branch.state
    if state.item_selector is None:
        return {}
    names = run.machine.variable_reads.get(state.name, ())
    variables = {name: Payload.of(branch.variables[name]) for name in names if name in branch.variables}
    return {"given": given, "context": Payload.of(run.context_of(branch)()), "variables": variables}


def begin_evaluated(run: "Execution", branch: Branch, scope: JsonataScope) -> Branch | None:
    """The step of starting a run of a JSONata state."""
    state: Any = branch.state
    concurrency = _number(state.evaluated_max_concurrency, state.max_concurrency, scope)
    if concurrency < 0:
        raise unusable(f"The MaxConcurrency field cannot be negative: {concurrency}", state.evaluated_max_concurrency)
    reader, batcher, writer = state.item_reader, state.item_batcher, state.result_writer
    items = None if reader is not None else _items_of(state, branch, scope)
    config = None if reader is None else reader.config
    max_items = 0 if config is None else _number(config.evaluated_max_items, config.max_items, scope)
    values: dict[str, Any] = {
        "items": items,
        "reader": None if reader is None else _payload(reader.arguments, scope),
        "max_items": max_items,
        **_batch_bounds(batcher, scope),
        "batch_input": None if batcher is None else _payload(batcher.batch_input, scope),
        "writer": None if writer is None else _payload(writer.arguments, scope),
    }
    count, percentage = state.tolerated_failure_count, state.tolerated_failure_percentage
    if state.evaluated_failure_count is not None:
        count = number_in(state.evaluated_failure_count, scope)
    if state.evaluated_failure_percentage is not None:
        percentage = typed(state.evaluated_failure_percentage, scope, "number")
    if count is not None and count < 0:
        raise unusable(_COUNT_RANGE, state.evaluated_failure_count)
    if percentage is not None and not 0 <= percentage <= 100:
        raise unusable(_PERCENTAGE_RANGE, state.evaluated_failure_percentage)
    _record_started(run, branch, items)
    return _start(
        run,
        branch,
        MapPlan(
            max_concurrency=concurrency,
            tolerated_count=count,
            tolerated_percentage=None if percentage is None else float(percentage),
            **values,
            **_selected(run, branch, branch.input),
        ),
    )


def _number(field: Evaluated | None, literal: int, scope: JsonataScope) -> int:
    return literal if field is None else number_in(field, scope)


def _batch_bounds(batcher: Any, scope: JsonataScope) -> dict[str, int]:
    if batcher is None:
        return {}
    return {
        "batch_items": _bound(batcher.evaluated_max_items, batcher.max_items, _BATCH_ITEMS, scope),
        "batch_bytes": _bound(batcher.evaluated_max_bytes, batcher.max_bytes, _BATCH_BYTES, scope),
    }


def _bound(field: Evaluated | None, literal: int, name: str, scope: JsonataScope) -> int:
    value = _number(field, literal, scope)
    if field is not None and value <= 0:
        raise unusable(_not_positive(name), field)
    return value


def _payload(field: Evaluated | None, scope: JsonataScope) -> Payload | None:
    return None if field is None else field.payload(scope)


def _items_of(state: Any, branch: Branch, scope: JsonataScope) -> Payload:
    items = branch.input if state.items is None else state.items.payload(scope)
    if isinstance(items.value, list | dict):
        return items
    if state.items is None:
        raise unusable(f"Map state input must be an array but was: {branch.input.text}", None)
    return Payload.of(typed(state.items, scope, "array"))


def _record_started(run: "Execution", branch: Branch, items: Payload | None) -> None:
    """MapStateStarted tells the number of items in state data, and 0 for those that are still to be read (recorded)."""
    length = 0 if items is None else len(items.value)
    branch.previous = run.recorder.add((_STATE_STARTED, branch.previous, length, branch.entered_id))


def _start(run: "Execution", branch: Branch, plan: MapPlan) -> Branch | None:
    run_id = new_run_id(run.at_ms, run.dice, run.facts.shard)
    branch.last_run = LastRun(run_id, branch.entered_id)
    branch.previous = run.recorder.add((_RUN_STARTED, branch.previous, _arn(run, branch, run_id)))
    attempt = _await_end(run, branch)
    run.commands.append(StartMapRun(branch.id, attempt, run_id, branch.state.name, plan))
    return None


def _arn(run: "Execution", branch: Branch, run_id: bytes) -> str:
    state: Any = branch.state
    machine = parse_arn(run.facts.machine_arn)
    return map_run_arn(machine.region, machine.account, machine.name, state.label, uuid_of(run_id))


def _await_end(run: "Execution", branch: Branch) -> int:
    """Let the branch wait for the end of its run; answers the number of this attempt."""
    attempt = branch.attempt = Attempt(run.next_attempt, Payload("null"))
    run.next_attempt += 1
    run.wait_for(branch, Wait.MAP_RUN)
    return attempt.number


def has_run_to_redrive(branch: Branch) -> bool:
    """Whether this visit of a distributed Map has begun a run that a redrive goes on with."""
    return branch.last_run is not None and branch.last_run.entered_id == branch.entered_id


def redrive(run: "Execution", branch: Branch) -> Branch | None:
    """Go on with the run of this visit. As after every redrive, the next event points at the Entered event."""
    last = branch.last_run
    assert last is not None
    most = run.limits.map_run_redrives_max
    if last.redrives >= most:
        raise StateError(RUNTIME, f"A Map Run can be redriven {most} times.")
    again = branch.last_run = last._replace(redrives=last.redrives + 1)
    record = (_RUN_REDRIVEN, branch.entered_id, _arn(run, branch, again.id), again.redrives)
    branch.previous = run.recorder.add(record)
    attempt = _await_end(run, branch)
    run.commands.append(RedriveMapRun(branch.id, attempt, again.id, again.redrives))
    return None


# The end of a run


def ended(run: "Execution", event: MapRunEnded) -> bool:
    """Take a run's output or failure; False when this run is not waited for."""
    branch = run.branches.get(event.branch)
    if branch is None or branch.wait is not Wait.MAP_RUN or branch.attempt is None:
        return False
    if branch.attempt.number != event.attempt:
        return False
    run.touched.add(branch.id)
    run.wait_for(branch, Wait.NOTHING)
    branch.attempt = None
    if not end_if_doomed(run, branch):
        if event.output is not None:
            run.put_ready(run.guard(branch, _succeed, from_outside(event.output)))
        else:
            run.put_ready(run.guard(branch, _fail, Failure(event.error, event.cause)))
    return True


def _succeed(run: "Execution", branch: Branch, output: Payload) -> Branch | None:
    """MapStateExited points at MapRunStarted, unlike every other join (recorded since November 2024)."""
    branch.last_run = None
    succeeded = run.recorder.add((_RUN_SUCCEEDED, branch.previous))
    run.recorder.add((_STATE_SUCCEEDED, succeeded, branch.entered_id))
    if branch.state.is_jsonata:
        return leave_with(run, branch, output)
    return leave_with_result(run, branch, output)


def _fail(run: "Execution", branch: Branch, failure: Failure) -> Branch | None:
    """Too large an output is terminal, as at every join (AWS)."""
    if failure.error not in _GONE_ON_WITH:
        branch.last_run = None
    branch.previous = run.recorder.add((_RUN_FAILED, branch.previous, failure.error, failure.cause))
    if failure.error == DATA_LIMIT_EXCEEDED:
        end_failed(run, branch.previous, failure)
        return None
    return run.fail(branch, failure, failure_names(failure.error))


HANDLERS: Final[dict[type, Callable[[Any, Any], bool]]] = {MapRunEnded: ended}
