"""Redrive: an execution that failed, timed out or was stopped goes on where it did. (Sequences of events: recorded.)

What has succeeded stays: states that were left, branches and iterations that ended well. A state that did not end well
begins its work anew with its original input and without a second ...Entered event; its next event points at the first.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from stepwell.engine.branch import Branch, Fork, Stage, Wait
from stepwell.engine.composite import begin_iteration, start_iteration
from stepwell.engine.evaluation import take_step
from stepwell.engine.events import Redriven
from stepwell.engine.history import CODES
from stepwell.engine.states import map_distributed
from stepwell.engine.states.acts import ACTS, JSONATA_ACTS

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_REDRIVEN: Final = CODES["ExecutionRedriven"]


def redrive(run: "Execution", event: Redriven) -> bool:
    """Go on. False when this redrive has happened already."""
    if run.redrives >= event.count:
        return False
    run.redrives = event.count
    run.redriven_ms = run.at_ms
    run.doomed = False
    redriven_id = run.recorder.add((_REDRIVEN, run.recorder.next_id - 1, event.count))
    run.touched.update(run.branches)  # the end took all pages away
    open_branches = [branch for branch in run.branches.values() if branch.output is None]
    for branch in open_branches:
        branch.attempt = branch.retries = branch.evaluation = None
        run.wait_for(branch, Wait.NOTHING if branch.fork is None else Wait.BRANCHES)
    for branch in open_branches:
        if run.branches.get(branch.id) is branch:  # else what went on before it has failed, and ended it
            _go_on(run, branch, redriven_id)
    return True


def _go_on(run: "Execution", branch: Branch, redriven_id: int) -> None:
    state: Any = branch.state
    if branch.fork is not None:
        _begin_missing(run, branch)
    elif branch.entered_id:
        branch.previous = redriven_id if state.type == "Fail" else branch.entered_id
        step = map_distributed.redrive if map_distributed.has_run_to_redrive(branch) else _begin_work
        run.put_ready(run.guard(branch, step))
    elif _lacks_input(branch):
        run.put_ready(run.guard(branch, _select_item))
    else:
        run.put_ready(branch)


def _begin_work(run: "Execution", branch: Branch) -> Branch | None:
    """What the branch's state does, from after its Entered event."""
    run.resuming = branch
    state = branch.state
    return (JSONATA_ACTS if state.is_jsonata else ACTS)[state.type](run, branch, state)


def _begin_missing(run: "Execution", branch: Branch) -> None:
    """Begin the iterations of a Map that could not begin, since their ItemSelector had failed; then fill its slots."""
    fork = branch.fork
    assert fork is not None
    for index in range(fork.next_index):
        if index not in fork.children and _still_runs(run, branch, fork):
            following, fork.next_index = fork.next_index, index
            run.put_ready(run.guard(branch, _start_iteration))
            fork.next_index = following
    if branch.state.type == "Map":
        while _still_runs(run, branch, fork) and _has_free_slot(fork):
            run.put_ready(run.guard(branch, _start_iteration))


def _still_runs(run: "Execution", branch: Branch, fork: Fork) -> bool:
    """Not so when an iteration that could not begin has failed the Map."""
    return run.status == "RUNNING" and branch.fork is fork


def _has_free_slot(fork: Fork) -> bool:
    return fork.next_index < fork.width and len(fork.children) - fork.finished < fork.concurrency


def _start_iteration(run: "Execution", branch: Branch) -> Branch | None:
    start_iteration(run, branch, branch.entered_id)
    return None


def _lacks_input(branch: Branch) -> bool:
    """Whether an iteration waits for the ItemSelector of a JSONata Map: it has no input of its own yet."""
    parent = branch.parent
    if parent is None or parent.state.type != "Map":
        return False
    outer: Any = parent.state
    return outer.is_jsonata and outer.item_selector is not None and branch.state is outer.processor.start


def _select_item(run: "Execution", branch: Branch) -> Branch | None:
    return take_step(run, branch, Stage.ITEM, begin_iteration)


HANDLERS: Final[dict[type, Callable[[Any, Any], bool]]] = {Redriven: redrive}
