"""How an execution ends: well, by a failure, by StopExecution, by its time, its length, or the end of its machine.

Every way out passes `_close`, which empties the tree: an ended execution takes no event and wakes at no time. Tasks
that nobody waits for any more are given up with a command each, before the event that ends the execution is written.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from stepwell.engine.branch import TASK_WAITS, Branch, Wait
from stepwell.engine.commands import CancelTask, StopMapRun
from stepwell.engine.events import MachineDeleted, Poisoned, StopRequested
from stepwell.engine.failure import RUNTIME, TIMEOUT, Failure
from stepwell.engine.history import CODES
from stepwell.payload import Payload

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_SUCCEEDED: Final = CODES["ExecutionSucceeded"]
_FAILED: Final = CODES["ExecutionFailed"]
_TIMED_OUT: Final = CODES["ExecutionTimedOut"]
_ABORTED: Final = CODES["ExecutionAborted"]
_RUN_ABORTED: Final = CODES["MapRunAborted"]


def end_succeeded(run: "Execution", previous: int, output: Payload) -> None:
    """The root branch reached its end."""
    run.recorder.add_last((_SUCCEEDED, previous, run.recorder.refer(output)))
    run.output = output
    _close(run, "SUCCEEDED")


def end_failed(run: "Execution", previous: int, failure: Failure) -> None:
    """The execution fails; `previous` is the event that says why."""
    _give_up_tasks(run)
    run.recorder.add_last((_FAILED, previous, failure.error, failure.cause))
    run.failure = failure
    _close(run, "FAILED")


def end_full(run: "Execution") -> None:
    """The history is full: its last event is this failure. (Recorded.)"""
    cause = f"The execution reached the maximum number of history events ({run.limits.history_events_max})."
    end_failed(run, run.recorder.next_id - 1, Failure(RUNTIME, cause))


def end_timed_out(run: "Execution", deadline_ms: int) -> None:
    """Its machine's time, or that of any execution, is up; it stops exactly then, whenever we notice. (Recorded.)"""
    _give_up_tasks(run)
    run.recorder.add_last((_TIMED_OUT, 0, TIMEOUT))
    _close(run, "TIMED_OUT")
    run.stopped_ms = deadline_ms


def end_if_doomed(run: "Execution", branch: Branch) -> bool:
    """Whether the execution ended here, where it would have gone on, because its machine is gone. (Recorded.)"""
    if run.doomed:
        cause = f"State machine {run.facts.machine_name} has been deleted"
        end_failed(run, branch.previous, Failure(RUNTIME, cause))
    return run.doomed


def give_up_task(run: "Execution", branch: Branch) -> None:
    """Nobody waits for this branch's attempt any more."""
    if branch.wait in TASK_WAITS and branch.attempt is not None:
        run.commands.append(
            CancelTask(
                branch.id,
                branch.attempt.number,
                branch.state.resource,  # type: ignore[attr-defined]  # only Task states have attempts
                branch.attempt.parameters,
                branch.attempt.submitted,
                taken=branch.wait is not Wait.QUEUE,
                credentials_role_arn=branch.attempt.credentials_role_arn,
            )
        )


def give_up_map_run(run: "Execution", branch: Branch, previous: int) -> None:
    """Nobody waits for this branch's Map Run any more. The event is left out where history has no room for it."""
    if branch.wait is Wait.MAP_RUN and branch.attempt is not None:
        run.commands.append(StopMapRun(branch.id, branch.attempt.number))
        if run.recorder.next_id < run.recorder.events_max:
            run.recorder.add((_RUN_ABORTED, previous))


def _give_up_tasks(run: "Execution") -> None:
    for branch in run.branches.values():
        give_up_task(run, branch)
        give_up_map_run(run, branch, branch.previous)


def _close(run: "Execution", status: str) -> None:
    run.status = status
    run.stopped_ms = run.at_ms
    if status != "SUCCEEDED":
        _gather_remains(run)
    run.ready.clear()
    run.timers.clear()
    run.branches.clear()


def _gather_remains(run: "Execution") -> None:
    """Put the tree together again as a redrive will want it: with the branches that the failure dropped."""
    for branch in run.ready:
        branch.entered_id = 0  # it has not entered its state
    for branch, fork, variables in run.remains or ():
        branch.fork = fork
        for child, held in variables:
            child.variables = held


# Events that end an execution from outside


def stop(run: "Execution", event: StopRequested) -> bool:
    """StopExecution: no catcher runs, and no state is said to be aborted. (Recorded.)"""
    _give_up_tasks(run)
    run.recorder.add_last((_ABORTED, 0, event.error, event.cause))
    run.failure = Failure(event.error, event.cause)
    _close(run, "ABORTED")
    return True


def doom(run: "Execution", _event: MachineDeleted) -> bool:
    """The machine is being deleted: what would move a branch ends the execution instead, now or when it comes."""
    if run.doomed:
        return False
    run.doomed = True
    if run.ready:
        end_if_doomed(run, run.ready[0])
    return True


def poison(run: "Execution", event: Poisoned) -> bool:
    """The execution cannot go on."""
    end_failed(run, run.recorder.next_id - 1, Failure(RUNTIME, event.cause))
    run.remains = None  # what it holds may be the very thing that cannot be stored
    return True


HANDLERS: Final[dict[type, Callable[[Any, Any], bool]]] = {StopRequested: stop, MachineDeleted: doom, Poisoned: poison}
