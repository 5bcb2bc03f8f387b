"""Forks and joins: the inner branches of Parallel and Map states, their ends, failures and retries.

Order of events, as recorded: a fork emits its start events in index order; each branch then runs, in index order, until
it waits or ends; a freed slot's iteration starts at once. Joins carry the id of the last inner event. An iteration's
result stays in its own branch until the join, and iterations that have not begun have no branch: a step inside a wide
Map touches nothing that grows with its width.
"""

from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.machine import State
from stepwell.engine.branch import Branch, Fork, Remains, Stage, Wait
from stepwell.engine.dataflow import assigned, leave_with_result, place_result
from stepwell.engine.ending import end_failed, give_up_map_run, give_up_task
from stepwell.engine.evaluation import record_failed, take_step
from stepwell.engine.failure import QUERY_EVALUATION_ERROR, Failure
from stepwell.engine.history import ABORTED, CODES
from stepwell.engine.leaving import depart, leave_with
from stepwell.engine.map_items import select_item
from stepwell.engine.retry import failure_names, find_handler, next_delay_ms
from stepwell.engine.variables import forget_variables
from stepwell.payload import Payload
from stepwell.query.failures import QueryError
from stepwell.query.jsonata import JsonataScope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_SPENT: Final = Payload("null")  # what an ended branch keeps instead of its input, which nobody reads any more
_PARALLEL_STARTED: Final = CODES["ParallelStateStarted"]
_MAP_STARTED: Final = CODES["MapStateStarted"]
_ITERATION_STARTED: Final = CODES["MapIterationStarted"]
_ITERATION_SUCCEEDED: Final = CODES["MapIterationSucceeded"]
_ITERATION_FAILED: Final = CODES["MapIterationFailed"]
_ITERATION_ABORTED: Final = CODES["MapIterationAborted"]
_SUCCEEDED: Final = {kind: CODES[f"{kind}StateSucceeded"] for kind in ("Parallel", "Map")}
_FAILED: Final = {kind: CODES[f"{kind}StateFailed"] for kind in ("Parallel", "Map")}


# Forks


def fork_parallel(run: "Execution", branch: Branch, branch_input: Payload) -> Branch | None:
    """Start all arms of a Parallel state."""
    state: Any = branch.state
    branch.previous = run.recorder.add((_PARALLEL_STARTED, branch.previous, branch.entered_id))
    fork = branch.fork = Fork(width=len(state.branches), concurrency=0)
    fork.next_index = fork.width
    run.wait_for(branch, Wait.BRANCHES)
    for index, flow in enumerate(state.branches):
        run.put_ready(_add_child(run, branch, fork, index, flow.start, branch_input))
    return None


def fork_map(
    run: "Execution", branch: Branch, items: list[Any], concurrency: int, kept: Payload | None = None
) -> Branch | None:
    """Start the first iterations of a Map state; an empty list joins at once. `kept` are items to be remembered."""
    branch.previous = run.recorder.add((_MAP_STARTED, branch.previous, len(items), branch.entered_id))
    branch.fork = Fork(width=len(items), concurrency=concurrency, items=items, kept=kept)
    if not items:
        return join(run, branch)
    run.wait_for(branch, Wait.BRANCHES)
    for _ in range(min(concurrency, len(items))):
        start_iteration(run, branch, branch.previous)
    return None


def start_iteration(run: "Execution", branch: Branch, previous: int) -> None:
    """Record MapIterationStarted and put the next iteration into the work list."""
    fork = branch.fork
    assert fork is not None
    state: Any = branch.state
    index = fork.next_index
    fork.next_index += 1
    event_id = run.recorder.add((_ITERATION_STARTED, previous, state.name, index))
    start: State = state.processor.start
    if state.is_jsonata and state.item_selector is not None:
        child = _add_child(run, branch, fork, index, start, _SPENT)
        child.previous = event_id
        run.put_ready(take_step(run, child, Stage.ITEM, begin_iteration))
        return
    child = _add_child(run, branch, fork, index, start, select_item(run, branch, index))
    child.previous = event_id
    run.put_ready(child)


def begin_iteration(
    run: "Execution", child: Branch, scope: JsonataScope, _place: int, _given: Payload | None
) -> Branch | None:
    """The step of an iteration that has its input from a JSONata ItemSelector. A failure is the Map's."""
    parent = child.parent
    assert parent is not None
    state: Any = parent.state
    try:
        child.input = state.item_selector.payload(scope)
    except QueryError:
        run.wait_for(child, Wait.END)  # it never began: there is nothing to abort
        raise
    return child


def _add_child(run: "Execution", parent: Branch, fork: Fork, index: int, start: State, given: Payload) -> Branch:
    child = Branch(run.next_branch, parent, index, start, given, previous=parent.previous, variables=parent.variables)
    run.next_branch += 1
    fork.children[index] = child
    run.branches[child.id] = child
    run.touched.add(child.id)
    return child


# Joins


def end_child(run: "Execution", child: Branch, output: Payload) -> Branch | None:
    """An arm or iteration ended well. The last one joins; a finished iteration hands its slot on."""
    parent = child.parent
    assert parent is not None and parent.fork is not None
    fork = parent.fork
    child.output = output
    child.input = _SPENT
    forget_variables(run, child)
    run.wait_for(child, Wait.END)
    run.touched.add(child.id)
    run.touched.add(parent.id)
    last_inner = child.previous
    is_map = parent.state.type == "Map"
    if is_map:
        child.previous = run.recorder.add((_ITERATION_SUCCEEDED, last_inner, parent.state.name, child.index))
    fork.finished += 1
    if fork.finished == fork.width:
        parent.previous = child.previous
        return run.guard(parent, join)
    if is_map and fork.next_index < fork.width:
        return run.guard(parent, _hand_on_slot, last_inner)
    return None


def _hand_on_slot(run: "Execution", parent: Branch, previous: int) -> Branch | None:
    start_iteration(run, parent, previous)
    return None


def join(run: "Execution", branch: Branch) -> Branch | None:
    """All inner branches ended: their outputs, in index order, are the state's result."""
    state: Any = branch.state
    fork = branch.fork
    assert fork is not None
    result = _joined_output(fork)
    _drop_children(run, branch, kept=False)
    run.wait_for(branch, Wait.NOTHING)
    run.recorder.add((_SUCCEEDED[state.type], branch.previous, branch.entered_id))
    run.check_size(result, state.name)
    return leave_with(run, branch, result) if state.is_jsonata else leave_with_result(run, branch, result)


def _joined_output(fork: Fork) -> Payload:
    """An array of the outputs' own texts: nothing is parsed or printed again."""
    texts: list[str] = []
    for index in range(fork.width):
        output = fork.children[index].output
        assert output is not None
        texts.append(output.text)
    return Payload("[" + ",".join(texts) + "]")


def _drop_children(run: "Execution", branch: Branch, *, kept: bool = True) -> None:
    """Forget all branches below this one; after a failure only until it is clear that nobody handles it."""
    fork = branch.fork
    assert fork is not None
    if kept and run.remains is not None:
        variables = [(child, child.variables) for child in fork.children.values()]
        run.remains.append(Remains(branch, fork, variables))
    for child in fork.children.values():
        if child.fork is not None:
            _drop_children(run, child, kept=kept)
        forget_variables(run, child)
        run.wait_for(child, Wait.END)
        del run.branches[child.id]
        run.touched.add(child.id)
    branch.fork = None


# Failures


def fail(run: "Execution", branch: Branch, failure: Failure, names: tuple[str | None, ...]) -> Branch | None:
    """Retry or catch a failure where it happened, or carry it outwards until somebody does."""
    run.remains = []
    while True:
        if branch.fork is not None:  # its own failure, while inner branches run: an iteration could not begin
            _abort_children(run, branch, None, branch.previous)
        if _retry(run, branch, names):
            run.remains = []
            return None
        if branch.state.type in _FAILED:
            code = _FAILED[branch.state.type]
            branch.previous = run.recorder.add((code, branch.previous, branch.entered_id))
        caught = catch(run, branch, failure, names)
        if caught is not None:
            run.remains = []
            return caught[0]
        parent = _fail_outward(run, branch, failure)
        if parent is None:
            return None
        branch, names = parent, _names_outside(parent, failure)


def _fail_outward(run: "Execution", branch: Branch, failure: Failure) -> Branch | None:
    """Nothing here took the failure: the state around it fails, or the execution."""
    parent = branch.parent
    if parent is None:
        end_failed(run, branch.previous, failure)
        return None
    failing_id = branch.previous
    _abort_children(run, parent, branch, failing_id)
    parent.previous = failing_id
    run.touched.add(parent.id)
    return parent


def _names_outside(parent: Branch, failure: Failure) -> tuple[str | None, ...]:
    return failure_names(failure.error, branch_failed=parent.state.type == "Parallel")


def _retry(run: "Execution", branch: Branch, names: tuple[str | None, ...]) -> bool:
    retriers = getattr(branch.state, "retry", ())
    delay_ms = next_delay_ms(branch, retriers, names, run.dice) if retriers else None
    if delay_ms is None:
        return False
    branch.attempt = None
    run.wait_for(branch, Wait.RETRY, run.at_ms + delay_ms)
    run.touched.add(branch.id)
    return True


def catch(
    run: "Execution", branch: Branch, failure: Failure, names: tuple[str | None, ...]
) -> tuple[Branch | None] | None:
    """A one-tuple of where to go on when a catcher took the failure, else None."""
    found = find_handler(getattr(branch.state, "catch", ()), names)
    if found is None:
        return None
    place, catcher = found
    branch.attempt = None
    run.wait_for(branch, Wait.NOTHING)
    output = error_output(failure)
    if not branch.state.is_jsonata:
        return (_leave_caught(run, branch, catcher, output),)
    return (take_step(run, branch, Stage.CATCH, leave_caught, place, output),)


def _leave_caught(run: "Execution", branch: Branch, catcher: Any, output: Payload) -> Branch | None:
    """Go where the catcher of a JSONPath state points."""
    try:
        assignment = assigned(catcher, output, run.view_of(branch))
        return run.leave(
            branch, place_result(catcher.result_path, branch.input, output), catcher.next, assignment, caught=True
        )
    except QueryError as error:
        return _fail_on_the_way_out(run, branch, error)


def leave_caught(
    run: "Execution", branch: Branch, scope: JsonataScope, place: int, output: Payload | None
) -> Branch | None:
    """The step of leaving by a catcher of a JSONata state."""
    state: Any = branch.state
    catcher = state.catch[place]
    try:
        return depart(run, branch, scope, catcher, output or branch.input, catcher.next, caught=True)
    except QueryError as error:
        return _fail_on_the_way_out(run, branch, error)


def _fail_on_the_way_out(run: "Execution", branch: Branch, error: QueryError) -> Branch | None:
    """A trouble with what a catcher does. Nothing in this state takes it: caught again it would never end."""
    cause = run.cause_of(branch, error)
    record_failed(run, branch, error, cause)
    failure = Failure(error.error, cause)
    if error.error != QUERY_EVALUATION_ERROR:
        end_failed(run, branch.previous, failure)
        return None
    parent = _fail_outward(run, branch, failure)
    return None if parent is None else fail(run, parent, failure, _names_outside(parent, failure))


def error_output(failure: Failure) -> Payload:
    """What a catcher hands on. A timeout has an empty cause; SendTaskFailure without fields gives nulls. (Recorded.)"""
    cause = failure.cause
    if cause is None and failure.error is not None:
        cause = ""
    return Payload.of({"Error": failure.error, "Cause": cause})


def _abort_children(run: "Execution", parent: Branch, failed: Branch | None, failing_id: int) -> None:
    """End all inner branches after one, or the state itself, has failed; every event points at the failing one."""
    fork = parent.fork
    assert fork is not None
    for index in sorted(fork.children):
        child = fork.children[index]
        if child is not failed:
            _abort(run, child, failing_id)
            continue
        if parent.state.type == "Map":
            run.recorder.add((_ITERATION_FAILED, failing_id, parent.state.name, index, parent.entered_id))
        if child.state.type == "Task":
            run.recorder.add((ABORTED["Task"], failing_id, child.entered_id))
    _drop_children(run, parent)


def _abort(run: "Execution", branch: Branch, failing_id: int) -> None:
    """End a branch from outside: its iteration, what runs below it, its own state, its task. (Order recorded.)"""
    if branch.wait is Wait.END:
        return
    parent = branch.parent
    assert parent is not None
    if parent.state.type == "Map":
        run.recorder.add((_ITERATION_ABORTED, failing_id, parent.state.name, branch.index, parent.entered_id))
    if branch.fork is not None:
        for index in sorted(branch.fork.children):
            _abort(run, branch.fork.children[index], failing_id)
    give_up_map_run(run, branch, failing_id)
    _record_aborted(run, branch, failing_id)
    if branch.wait is Wait.NOTHING and branch in run.ready:
        run.ready.remove(branch)
        branch.entered_id = 0  # it was about to enter: a redrive lets it
    give_up_task(run, branch)
    run.wait_for(branch, Wait.END)


def _record_aborted(run: "Execution", branch: Branch, failing_id: int) -> None:
    """...StateAborted of the state that a branch stands in, if it has entered it and its type has such an event."""
    code = ABORTED.get(branch.state.type)
    if code is not None and branch.entered_id and branch.wait is not Wait.NOTHING:
        run.recorder.add((code, failing_id, branch.entered_id))
