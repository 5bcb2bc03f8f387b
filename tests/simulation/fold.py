"""What a finished history alone says: its grammar, and the end it folds to."""

from typing import Any

from stepwell.asl.machine import StateMachine

_TASK_ENDS = ("Succeeded", "Failed", "TimedOut", "SubmitFailed", "StartFailed", "ScheduleFailed")
_FAMILIES = ("Task", "LambdaFunction", "Activity")
_ENDED = {f"{family}{end}" for family in _FAMILIES for end in _TASK_ENDS}
_EXITED = {f"{kind}StateExited" for kind in ("Pass", "Choice", "Wait", "Succeed", "Task", "Parallel", "Map")}
_FAILING = (
    _ENDED | {"EvaluationFailed"} | {"FailStateEntered", "ParallelStateFailed", "MapStateFailed", "PassStateEntered"}
)

BEFORE: dict[str, set[str]] = {  # type -> types that may stand before it on its thread
    **{f"{kind}StateExited": {f"{kind}StateEntered"} for kind in ("Pass", "Choice", "Wait", "Succeed")},
    **{
        f"{kind}StateEntered": _EXITED | {"ParallelStateStarted", "MapIterationStarted"}
        for kind in ("Pass", "Choice", "Wait", "Succeed", "Fail", "Task", "Parallel", "Map")
    },
    "TaskScheduled": {"TaskStateEntered", "EvaluationFailed"} | _ENDED,
    "LambdaFunctionScheduled": {"TaskStateEntered", "EvaluationFailed"} | _ENDED,
    "ActivityScheduled": {"TaskStateEntered", "EvaluationFailed"} | _ENDED,
    "TaskStarted": {"TaskScheduled"},
    "LambdaFunctionStarted": {"LambdaFunctionScheduled"},
    "ActivityStarted": {"ActivityScheduled"},
    "TaskSubmitted": {"TaskStarted"},
    "TaskSucceeded": {"TaskStarted", "TaskSubmitted"},
    "LambdaFunctionSucceeded": {"LambdaFunctionStarted"},
    "ActivitySucceeded": {"ActivityStarted"},
    "TaskFailed": {"TaskStarted", "TaskSubmitted"},
    "LambdaFunctionFailed": {"LambdaFunctionStarted"},
    "ActivityFailed": {"ActivityStarted"},
    "TaskTimedOut": {"TaskStarted", "TaskSubmitted"},
    "LambdaFunctionTimedOut": {"LambdaFunctionStarted"},
    "ActivityTimedOut": {"ActivityStarted", "ActivityScheduled"},
    "TaskStateExited": _ENDED | {"EvaluationFailed"},
    "ParallelStateStarted": {"ParallelStateEntered"} | _FAILING | _EXITED,  # the last: its ResultPath failed
    "ParallelStateSucceeded": _EXITED,
    "ParallelStateExited": _EXITED | {"ParallelStateFailed"},
    "ParallelStateFailed": _FAILING | _EXITED | {"ParallelStateEntered"},
    "MapStateStarted": {"MapStateEntered", "MapStateStarted", "MapIterationSucceeded"} | _FAILING,
    "MapIterationStarted": {"MapStateStarted"} | _EXITED,
    "MapIterationSucceeded": _EXITED,
    "MapStateSucceeded": {"MapIterationSucceeded", "MapStateStarted"},
    "MapStateExited": {"MapIterationSucceeded", "MapStateStarted", "MapStateFailed"},
    "ExecutionSucceeded": _EXITED,
}


def check_history(events: list[dict[str, Any]], machine: StateMachine) -> None:
    """Ids, times, the order of types along each thread, and how often each task was tried."""
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert events[0]["type"] == "ExecutionStarted"
    for event in events[2:]:
        allowed = BEFORE.get(event["type"])
        if allowed is not None:
            before = events[event["previousEventId"] - 1]
            assert before["type"] in allowed, f"{before['type']} {before['id']} before {event['type']} {event['id']}"
            if event["type"].endswith("StateExited") and before["type"].endswith("StateEntered"):
                assert event["stateExitedEventDetails"]["name"] == before["stateEnteredEventDetails"]["name"]
    _check_iterations(events)
    _check_attempts(events, machine)


def _check_attempts(events: list[dict[str, Any]], machine: StateMachine) -> None:
    """In one visit a task is tried once, and again as often as its retriers allow together."""
    lines: dict[int, tuple[str, int]] = {}  # event id -> the task it belongs to, and its attempts up to here
    for event in events:
        kind, before = event["type"], lines.get(event["previousEventId"])
        if kind == "TaskStateEntered":
            lines[event["id"]] = event["stateEnteredEventDetails"]["name"], 0
        elif before is not None and kind.startswith(_FAMILIES) and not kind.startswith("TaskState"):
            name, tries = before
            tries += kind.endswith("Scheduled")
            lines[event["id"]] = name, tries
            retriers: Any = getattr(machine.states[name], "retry", ())
            assert tries <= 1 + sum(retrier.max_attempts for retrier in retriers), f"{name} was tried {tries} times"


def _check_iterations(events: list[dict[str, Any]]) -> None:
    """An iteration ends once, and not more of them end than began."""
    open_: dict[tuple[str, int], int] = {}
    for event in events:
        if event["type"].startswith("MapIteration"):
            details = event[f"mapIteration{event['type'].removeprefix('MapIteration')}EventDetails"]
            key = details["name"], details["index"]
            open_[key] = open_.get(key, 0) + (1 if event["type"] == "MapIterationStarted" else -1)
            assert open_[key] >= 0, f"iteration {key} ended more often than it began"


def fold(events: list[dict[str, Any]]) -> tuple[str, str | None, str | None, str | None]:
    """Status, output text, error and cause, as the history tells them."""
    last = events[-1]
    status, member = {
        "ExecutionSucceeded": ("SUCCEEDED", "executionSucceededEventDetails"),
        "ExecutionFailed": ("FAILED", "executionFailedEventDetails"),
        "ExecutionTimedOut": ("TIMED_OUT", "executionTimedOutEventDetails"),
        "ExecutionAborted": ("ABORTED", "executionAbortedEventDetails"),
    }[last["type"]]
    details = last[member]
    if status == "TIMED_OUT":  # described without its error (recorded)
        return status, None, None, None
    return status, details.get("output"), details.get("error"), details.get("cause")
