"""The picture of an execution after any of its events: what each state did, what is under way, what failed.

One pure function, `apply`, takes the picture on by one event. The console has the same one in TypeScript
(`console/src/execution/reducer.ts`); both are held to one table of recorded histories. Live status, replay, table and
timeline come from it and from nothing else. What a visit waits for in the present, and until when, is not in a history:
`runtime` adds that to a picture of now.
"""

from collections.abc import Callable, Iterable
from copy import copy
from typing import Final

from msgspec.structs import replace

from stepwell.engine.model import FailureModel, Iterations, Model, Outcome, Phase, StateModel, VisitModel
from stepwell.engine.places import HistoryEvent, Path

_WAITING: Final = frozenset(("retry", "timer", "token", "worker"))
_WORST_FIRST: Final[tuple[Outcome, ...]] = ("failed", "timedOut", "aborted", "caught", "succeeded")


def apply(model: Model, event: HistoryEvent) -> None:
    """Take the picture on by the event that follows its last one."""
    model.last = event.id
    model.at_ms = event.at_ms
    kind = event.type
    if kind.startswith("Execution"):
        _of_execution(model, event)
    elif kind.endswith("StateEntered"):
        _entered(model, event)
    elif kind.endswith("StateExited"):
        _close(model, event.visit, "caught" if event.caught else "succeeded", event.at_ms)
    elif kind.startswith("MapIteration"):
        _of_iteration(model, event)
    elif event.visit in model.visits:
        _of_visit(model, event, model.visits[event.visit])


def fork(model: Model) -> Model:
    """A picture that may be taken on while the given one stays as it is."""
    states = {
        name: replace(state, next=state.next.copy(), iterations=copy(state.iterations))
        for name, state in model.states.items()
    }
    return replace(model, states=states, visits={number: copy(visit) for number, visit in model.visits.items()})


# The execution as a whole


def _of_execution(model: Model, event: HistoryEvent) -> None:
    if event.type == "ExecutionStarted":
        model.started_ms = event.at_ms
    elif event.type == "ExecutionRedriven":
        _redriven(model, event)
    else:
        _ended(model, event)


def _ended(model: Model, event: HistoryEvent) -> None:
    model.stopped_ms = event.at_ms
    if event.type == "ExecutionSucceeded":
        model.status = "SUCCEEDED"
    elif event.type == "ExecutionFailed":
        model.status = "FAILED"
        _failed(model, event)
    else:
        timed_out = event.type == "ExecutionTimedOut"
        model.status = "TIMED_OUT" if timed_out else "ABORTED"
        error, cause = _why(event)
        model.failure = FailureModel(error, cause, None, (), event.id)
        _close_all(model, lambda visit: "timedOut" if timed_out else "aborted", event.at_ms, model.visits)


def _failed(model: Model, event: HistoryEvent) -> None:
    """The visits from the failing one outwards failed; what else was under way is aborted."""
    error, cause = _why(event)
    inner = event.visit or _open_fail(model)
    chain = _chain(model, inner)
    while inner in model.visits and model.visits[inner].blame:
        inner = model.visits[inner].blame
    blamed = model.visits.get(inner)
    state, path = (None, ()) if blamed is None else (blamed.state, blamed.path)
    model.failure = FailureModel(error, cause, state, path, event.id)
    for name in {state, *(model.visits[number].state for number in chain)}:
        if name is not None and model.states[name].error is None:
            model.states[name].error, model.states[name].cause = error, cause
    for number in list(model.visits):
        outcome = _outcome_of(model.visits[number]) if number in chain else "aborted"
        _close(model, number, outcome, event.at_ms)


def _open_fail(model: Model) -> int:
    """A Fail state that fails once more after a redrive: the event points at ExecutionRedriven, not at its visit."""
    return next((number for number, visit in model.visits.items() if visit.type == "Fail" and not visit.outcome), 0)


def _chain(model: Model, number: int) -> set[int]:
    found = set()
    while number in model.visits:
        found.add(number)
        number = model.visits[number].within
    return found


def _redriven(model: Model, event: HistoryEvent) -> None:
    """What ended badly goes on."""
    model.status = "RUNNING"
    model.stopped_ms = model.failure = None
    model.redrives = event.details["redriveCount"]
    for visit in model.visits.values():
        if visit.outcome is None:
            continue
        state = model.states[visit.state]
        _count(state, visit.outcome, -1)
        visit.outcome = visit.error = visit.cause = visit.until_ms = None
        visit.timed_out, visit.blame, visit.attempt = False, 0, 0
        visit.phase = _first_phase(visit.type)
        if visit.type in ("Map", "Parallel"):
            visit.phase = "branches"
        if state.iterations is not None:
            state.iterations.failed = state.iterations.aborted = 0
        state.running += 1
        state.waiting += visit.phase in _WAITING
        state.outcome = state.exited_ms = None
        _settle(state)


# Visits


def _entered(model: Model, event: HistoryEvent) -> None:
    name, kind = event.details["name"], event.type.removesuffix("StateEntered")
    state = model.states.get(name)
    if state is None:
        state = model.states[name] = StateModel(kind)
    if event.came_from is not None:
        following = model.states[event.came_from].next
        following[name] = following.get(name, 0) + 1
    if state.running == 0:
        state.outcome = None
    phase = _first_phase(kind)
    state.entered += 1
    state.running += 1
    state.waiting += phase in _WAITING
    state.visit, state.entered_ms, state.exited_ms = event.id, event.at_ms, None
    _settle(state)
    model.visits[event.id] = VisitModel(name, kind, event.path, event.within, event.at_ms, phase)
    if kind == "Fail":
        _close(model, event.id, "failed", event.at_ms)


def _first_phase(kind: str) -> Phase:
    return "timer" if kind == "Wait" else "running"


def _close(model: Model, number: int, outcome: Outcome, at_ms: int) -> None:
    """End a visit, unless it has ended. One that ended well is forgotten; a bad end is remembered for a redrive."""
    visit = model.visits.get(number)
    if visit is None or visit.outcome is not None:
        return
    state = model.states[visit.state]
    state.running -= 1
    state.waiting -= visit.phase in _WAITING
    _count(state, outcome, 1)
    if state.visit == number:
        state.exited_ms = at_ms
    if state.outcome is None or _WORST_FIRST.index(outcome) < _WORST_FIRST.index(state.outcome):
        state.outcome = outcome
    _settle(state)
    if outcome in ("succeeded", "caught"):
        _forget_below(model, number)
        del model.visits[number]
        return
    visit.outcome = outcome
    around = model.visits.get(visit.within)
    if outcome != "aborted" and around is not None and around.outcome is None and not around.blame:
        around.blame = number
        turn(model, around, "retry")


def _forget_below(model: Model, number: int) -> None:
    """What ended badly inside a visit is over for good: it was left, or tries again."""
    if model.visits[number].type in ("Map", "Parallel"):
        for inner in [inner for inner in model.visits if inner != number and number in _chain(model, inner)]:
            del model.visits[inner]


def _close_all(model: Model, outcome_of: Callable[[VisitModel], Outcome], at_ms: int, which: Iterable[int]) -> None:
    for number in sorted(which, reverse=True):  # inner ones first
        _close(model, number, outcome_of(model.visits[number]), at_ms)


def _outcome_of(visit: VisitModel) -> Outcome:
    return "timedOut" if visit.timed_out else "failed"


def _aborted_or_failed(visit: VisitModel) -> Outcome:
    return "aborted" if visit.error is None and not visit.blame and not visit.timed_out else _outcome_of(visit)


def _count(state: StateModel, outcome: Outcome, by: int) -> None:
    if outcome == "timedOut":
        state.timed_out += by
    else:
        setattr(state, outcome, getattr(state, outcome) + by)


def turn(model: Model, visit: VisitModel, phase: Phase) -> None:
    """Let a visit be in a phase."""
    state = model.states[visit.state]
    state.waiting += (phase in _WAITING) - (visit.phase in _WAITING)
    visit.phase, visit.until_ms = phase, None
    _settle(state)


def _settle(state: StateModel) -> None:
    if state.running:
        state.status = "waiting" if state.waiting == state.running else "running"
    elif state.outcome is not None:
        state.status = state.outcome


# Events inside a visit


def _of_visit(model: Model, event: HistoryEvent, visit: VisitModel) -> None:
    kind = event.type
    if kind.endswith("StateAborted"):
        _close_below(model, event.visit, event.at_ms)
        _close(model, event.visit, _aborted_or_failed(visit), event.at_ms)
    elif kind.endswith("Scheduled") or kind in ("ParallelStateStarted", "MapStateStarted"):
        _began(model, event, visit)
    elif kind == "ActivityStarted":
        turn(model, visit, "task")
    elif kind == "TaskSubmitted":
        token = str(event.details.get("resource", "")).endswith(".waitForTaskToken")
        turn(model, visit, "token" if token else "task")
    elif kind.startswith("MapRun") and kind.endswith(("Started", "Redriven")):
        _iterations(model, visit).map_run_arn = event.details["mapRunArn"]
    elif kind in ("ParallelStateFailed", "MapStateFailed"):
        _close_below(model, event.visit, event.at_ms)
        _met_failure(model, visit, *_blamed(model, visit))
    elif kind.endswith(("Failed", "TimedOut")):
        visit.timed_out = kind.endswith("TimedOut")
        _met_failure(model, visit, *_why(event))


def _began(model: Model, event: HistoryEvent, visit: VisitModel) -> None:
    """An attempt begins: the first, or a retry."""
    visit.attempt += 1
    if visit.attempt > 1:
        model.states[visit.state].retries += 1
    visit.error = visit.cause = None
    visit.timed_out, visit.blame = False, 0
    _forget_below(model, event.visit)
    if event.type == "MapStateStarted":
        model.states[visit.state].iterations = Iterations(event.details["length"])
    if event.type == "ActivityScheduled":
        turn(model, visit, "worker")
    else:
        turn(model, visit, "branches" if event.type.endswith("StateStarted") else "task")


def _met_failure(model: Model, visit: VisitModel, error: str | None, cause: str | None) -> None:
    """The attempt failed. What comes next, a retry, a catcher or the end, says more; until then a retry is awaited."""
    state = model.states[visit.state]
    visit.error, visit.cause = state.error, state.cause = error, cause
    turn(model, visit, "retry")


def _blamed(model: Model, visit: VisitModel) -> tuple[str | None, str | None]:
    inner = model.visits.get(visit.blame)
    return (visit.error, visit.cause) if inner is None else (inner.error, inner.cause)


def _why(event: HistoryEvent) -> tuple[str | None, str | None]:
    return event.details.get("error"), event.details.get("cause")


def _close_below(model: Model, number: int, at_ms: int) -> None:
    if model.visits[number].type in ("Map", "Parallel"):
        inner = [one for one in model.visits if one != number and number in _chain(model, one)]
        _close_all(model, _aborted_or_failed, at_ms, inner)


# Iterations


def _iterations(model: Model, visit: VisitModel) -> Iterations:
    state = model.states[visit.state]
    if state.iterations is None:
        state.iterations = Iterations()
    return state.iterations


def _of_iteration(model: Model, event: HistoryEvent) -> None:
    visit = model.visits.get(event.visit)
    if visit is None:
        return
    counts = _iterations(model, visit)
    if event.type == "MapIterationStarted":
        counts.started += 1
    elif event.type == "MapIterationSucceeded":
        counts.succeeded += 1
    else:
        failed = event.type == "MapIterationFailed"
        counts.failed += failed
        counts.aborted += not failed
        inner = [one for one, found in model.visits.items() if _is_inside(found.path, event.path)]
        _close_all(model, _outcome_of if failed else _aborted_or_failed, event.at_ms, inner)


def _is_inside(path: Path, outer: Path) -> bool:
    return path[: len(outer)] == outer


def start(events: Iterable[HistoryEvent] = ()) -> Model:
    """The picture before the first event, or after these."""
    model = Model()
    for event in events:
        apply(model, event)
    return model
