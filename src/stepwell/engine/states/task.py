"""Task: one attempt after another at a piece of work outside. (Sequences of events: recorded.)

Four families write different events: Lambda by its ARN, activities, and services (request-response, `.sync`,
`.waitForTaskToken`). An answer names its branch and attempt; one that no longer stands is refused.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from stepwell.asl.evaluated import Evaluated
from stepwell.asl.resource import Resource
from stepwell.asl.states.task import Task
from stepwell.engine.branch import TASK_WAITS, Attempt, Branch, Stage, Wait
from stepwell.engine.commands import RunTask, ScheduleActivity, WatchTask
from stepwell.engine.dataflow import View, fill, from_outside, leave_with_result, read, select_input
from stepwell.engine.ending import end_if_doomed, give_up_task
from stepwell.engine.evaluation import number_in, take_step, unusable
from stepwell.engine.events import ActivityTaken, HeartbeatReceived, TaskFailed, TaskSubmitted, TaskSucceeded
from stepwell.engine.failure import DATA_LIMIT_EXCEEDED, RUNTIME, TIMEOUT, Failure
from stepwell.engine.history import CODES
from stepwell.engine.leaving import leave_with
from stepwell.engine.retry import failure_names
from stepwell.engine.states.wait import whole_number
from stepwell.engine.trouble import StateError
from stepwell.payload import Payload
from stepwell.query.jsonata import JsonataScope

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_ENTERED: Final = CODES["TaskStateEntered"]
_PREFIX: Final = {"lambda": "LambdaFunction", "activity": "Activity", "service": "Task"}
_CODES: Final = {
    kind: {name.removeprefix(prefix): code for name, code in CODES.items() if name.startswith(prefix)}
    for kind, prefix in _PREFIX.items()
}
_STAGES: Final = {  # AWS has these; any other failure is written as plain ...Failed
    ("lambda", "schedule"): "ScheduleFailed",
    ("lambda", "start"): "StartFailed",
    ("activity", "schedule"): "ScheduleFailed",
    ("service", "start"): "StartFailed",
    ("service", "submit"): "SubmitFailed",
}
_SYNC_PATTERNS: Final = ("sync", "sync:2")


def enter(run: "Execution", branch: Branch, state: Task) -> Branch | None:
    """Enter and make the first attempt."""
    run.enter(branch, _ENTERED)
    return schedule(run, branch)


# Attempts


def schedule(run: "Execution", branch: Branch) -> Branch | None:
    """Make an attempt, the first or a retry: everything is evaluated anew, and a token task gets a new token."""
    state: Any = branch.state
    resource: Resource = state.resource
    number = run.next_attempt
    run.next_attempt += 1
    if state.is_jsonata:
        return take_step(run, branch, Stage.BEGIN, schedule_evaluated, number)
    token = run.facts.token_of(branch.id, number) if resource.has_token else None
    view = run.view_of(branch, token)
    given = select_input(state, branch.input, view)
    timeout_s = _seconds(run, given, view, state.timeout_s, state.timeout_path, "TimeoutSecondsPath")
    heartbeat_s = _seconds(run, given, view, state.heartbeat_s, state.heartbeat_path, "HeartbeatSecondsPath")
    role_arn = None
    if state.credentials is not None:
        role_arn = _role_arn(fill(state.credentials, given.value, run.view_of(branch)).value)
    if state.parameters is not None:
        given = fill(state.parameters, given.value, view)
    return _begin_attempt(run, branch, number, given, timeout_s, heartbeat_s, role_arn)


def schedule_evaluated(
    run: "Execution", branch: Branch, scope: JsonataScope, number: int, _given: Payload | None
) -> Branch | None:
    """The step of making an attempt of a JSONata Task."""
    state: Any = branch.state
    timeout_s = _evaluated_seconds(run, state.timeout_s, state.evaluated_timeout, scope)
    heartbeat_s = _evaluated_seconds(run, state.heartbeat_s, state.evaluated_heartbeat, scope)
    role_arn = None
    if state.credentials is not None:
        role_arn = _role_arn(state.credentials.read(scope))
    given = branch.input if state.arguments is None else state.arguments.payload(scope)
    return _begin_attempt(run, branch, number, given, timeout_s, heartbeat_s, role_arn)


def _begin_attempt(
    run: "Execution",
    branch: Branch,
    number: int,
    given: Payload,
    timeout_s: int | None,
    heartbeat_s: int | None,
    role_arn: str | None,
) -> Branch | None:
    state: Any = branch.state
    resource: Resource = state.resource
    attempt = branch.attempt = Attempt(
        number,
        given if state.added_parameters is None else _with_added(state.added_parameters, given),
        timeout_ms=None if timeout_s is None else timeout_s * 1000,
        heartbeat_ms=None if heartbeat_s is None else heartbeat_s * 1000,
        credentials_role_arn=role_arn,
    )
    if resource.kind == "activity":
        _schedule_activity(run, branch, attempt, resource, timeout_s, heartbeat_s)
    else:
        _schedule_call(run, branch, attempt, resource, timeout_s, heartbeat_s)
    return None


def _with_added(added: Mapping[str, Any], given: Payload) -> Payload:
    """The parameters with what AWS adds to them. (Recorded.)"""
    return Payload.of({**given.value, **added}) if isinstance(given.value, dict) else given


def _schedule_activity(
    run: "Execution",
    branch: Branch,
    attempt: Attempt,
    resource: Resource,
    timeout_s: int | None,
    heartbeat_s: int | None,
) -> None:
    arn = resource.arn
    if not run.facts.activity_exists(arn):
        raise StateError(RUNTIME, f"The activity {arn} does not exist.")
    record = (CODES["ActivityScheduled"], branch.previous, arn, run.recorder.refer(attempt.parameters))
    branch.previous = run.recorder.add((*record, timeout_s, heartbeat_s))
    run.commands.append(ScheduleActivity(branch.id, attempt.number, arn, attempt.parameters))
    due_ms = None
    if attempt.timeout_ms is not None:
        due_ms = run.at_ms + attempt.timeout_ms + run.limits.activity_start_grace_ms
    run.wait_for(branch, Wait.QUEUE, due_ms)


def _schedule_call(
    run: "Execution",
    branch: Branch,
    attempt: Attempt,
    resource: Resource,
    timeout_s: int | None,
    heartbeat_s: int | None,
) -> None:
    role_arn = attempt.credentials_role_arn
    reference = run.recorder.refer(attempt.parameters)
    credentials = None if role_arn is None else {"roleArn": role_arn}
    record: tuple[Any, ...]
    if resource.kind == "lambda":
        record = (resource.arn, reference, timeout_s, credentials)
    else:
        record = (*_names(resource), run.facts.region, reference, timeout_s, heartbeat_s, credentials)
    codes = _CODES[resource.kind]
    scheduled_id = run.recorder.add((codes["Scheduled"], branch.previous, *record))
    branch.previous = run.recorder.add((codes["Started"], scheduled_id, *_names(resource)))
    what = (branch.id, attempt.number, branch.state.name, resource, attempt.parameters)
    run.commands.append(RunTask(*what, timeout_s, role_arn, branch.entered_id))
    attempt.beat_ms = attempt.saved_beat_ms = run.at_ms
    if attempt.timeout_ms is not None:
        attempt.deadline_ms = run.at_ms + attempt.timeout_ms
    run.wait_for(branch, Wait.CALL, _due_ms(run, attempt))


def _role_arn(filled: Any) -> str:
    role_arn = filled.get("RoleArn") if isinstance(filled, dict) else None
    if not isinstance(role_arn, str):
        raise StateError(RUNTIME, "The Credentials field does not give a RoleArn")
    return role_arn


def _seconds(run: "Execution", given: Payload, view: View, literal: int | None, path: Any, field: str) -> int | None:
    """A time-out in whole seconds, from the definition or by path; the form of the texts follows SecondsPath."""
    if path is None:
        return literal
    value = read(path, given.value, view)
    seconds = whole_number(value)
    shown = value if isinstance(value, str) else Payload.of(value).text
    if seconds is None:
        raise StateError(RUNTIME, f"The {field} parameter cannot be parsed as a long value: {path.text} == {shown}")
    if seconds <= 0:
        raise StateError(RUNTIME, f"The {field} parameter references a negative value: {path.text} == {shown}")
    return min(seconds, run.limits.wait_s_max)


def _evaluated_seconds(
    run: "Execution", literal: int | None, field: Evaluated | None, scope: JsonataScope
) -> int | None:
    if field is None:
        return literal
    seconds = number_in(field, scope)
    if seconds <= 0:
        raise unusable(f"The {field.field} field must be positive: {seconds}", field)
    return min(seconds, run.limits.wait_s_max)


def _due_ms(run: "Execution", attempt: Attempt) -> int | None:
    """The nearer of the attempt's deadline and its next missed heartbeat."""
    if attempt.heartbeat_ms is None:
        return attempt.deadline_ms
    beat_ms = attempt.beat_ms + attempt.heartbeat_ms
    return beat_ms if attempt.deadline_ms is None else min(attempt.deadline_ms, beat_ms)


# Records


def _names(resource: Resource) -> tuple[str, ...]:
    return (resource.resource_type, resource.resource) if resource.kind == "service" else ()


def _record(run: "Execution", branch: Branch, resource: Resource, what: str, *details: Any) -> None:
    branch.previous = run.recorder.add((_CODES[resource.kind][what], branch.previous, *details))


def record_timeout(run: "Execution", branch: Branch) -> None:
    """...TimedOut; a missed heartbeat is written as States.Timeout too. (Recorded.)"""
    state: Any = branch.state
    _record(run, branch, state.resource, "TimedOut", *_names(state.resource), TIMEOUT)


def time_out(run: "Execution", branch: Branch) -> Branch | None:
    """An attempt's time is up: by its deadline, or because heartbeats stopped."""
    attempt = branch.attempt
    assert attempt is not None
    missed_beat = _missed_beat(branch, attempt)
    give_up_task(run, branch)
    run.wait_for(branch, Wait.NOTHING)
    branch.attempt = None
    names = failure_names(TIMEOUT, heartbeat=missed_beat)
    return run.fail(branch, Failure(TIMEOUT, None), names)


def _missed_beat(branch: Branch, attempt: Attempt) -> bool:
    """Whether heartbeats stopped before the deadline came, however late we notice; a queued task owes none."""
    if attempt.heartbeat_ms is None or branch.wait is Wait.QUEUE:
        return False
    return attempt.deadline_ms is None or attempt.beat_ms + attempt.heartbeat_ms < attempt.deadline_ms


# Answers


def _open_branch(run: "Execution", event: Any) -> Branch | None:
    """The branch that waits for exactly this attempt."""
    branch = run.branches.get(event.branch)
    if branch is None or branch.attempt is None or branch.wait not in TASK_WAITS:
        return None
    return branch if branch.attempt.number == event.attempt else None


def succeed(run: "Execution", event: TaskSucceeded) -> bool:
    """Take a task's result. Nobody can answer an activity task that nobody has taken."""
    branch = _open_branch(run, event)
    if branch is None or branch.wait is Wait.QUEUE:
        return False
    if not end_if_doomed(run, branch):
        run.wait_for(branch, Wait.NOTHING)
        run.put_ready(run.guard(branch, _take_result, from_outside(event.output)))
    return True


def _take_result(run: "Execution", branch: Branch, output: Payload) -> Branch | None:
    state: Any = branch.state
    resource: Resource = state.resource
    try:
        run.check_size(output, resource.arn if resource.kind == "lambda" else resource.resource_type or resource.arn)
    except StateError as error:  # of a task it is an ordinary failure, which may be caught (recorded)
        return _fail_attempt(run, branch, Failure(DATA_LIMIT_EXCEEDED, error.cause), "run")
    _record(run, branch, resource, "Succeeded", *_names(resource), run.recorder.refer(output))
    branch.attempt = None
    return leave_with(run, branch, output) if state.is_jsonata else leave_with_result(run, branch, output)


def fail(run: "Execution", event: TaskFailed) -> bool:
    """Take a task's failure."""
    branch = _open_branch(run, event)
    if branch is None or (branch.wait is Wait.QUEUE and event.stage == "run"):
        return False
    if not end_if_doomed(run, branch):
        run.wait_for(branch, Wait.NOTHING)
        failure = Failure(event.error, event.cause)
        run.put_ready(run.guard(branch, _fail_attempt, failure, event.stage))
    return True


def _fail_attempt(run: "Execution", branch: Branch, failure: Failure, stage: str) -> Branch | None:
    state: Any = branch.state
    resource: Resource = state.resource
    if stage == "parameters" and failure.cause is not None:
        failure = Failure(failure.error, run.cause_of(branch, StateError(RUNTIME, failure.cause)))
    what = _STAGES.get((resource.kind, stage), "Failed")
    _record(run, branch, resource, what, *_names(resource), failure.error, failure.cause)
    branch.attempt = None
    return run.fail(branch, failure, failure_names(failure.error))


def submitted(run: "Execution", event: TaskSubmitted) -> bool:
    """The call of a `.sync` or token task has answered: from now on its end is awaited."""
    branch = _open_branch(run, event)
    if branch is None or branch.wait is not Wait.CALL:
        return False
    state: Any = branch.state
    resource: Resource = state.resource
    if not resource.pattern:
        return False
    attempt = branch.attempt
    assert attempt is not None
    attempt.submitted = from_outside(event.output)
    run.touched.add(branch.id)
    _record(run, branch, resource, "Submitted", *_names(resource), run.recorder.refer(event.output))
    if resource.pattern in _SYNC_PATTERNS:
        run.commands.append(
            WatchTask(
                branch.id,
                attempt.number,
                state.name,
                resource,
                attempt.parameters,
                event.output,
                attempt.credentials_role_arn,
            )
        )
        run.wait_for(branch, Wait.JOB, branch.due_ms)
    else:
        run.wait_for(branch, Wait.TOKEN, branch.due_ms)
    return True


def taken(run: "Execution", event: ActivityTaken) -> bool:
    """A worker took the task: ActivityStarted, and its clocks begin. (Recorded.)"""
    branch = _open_branch(run, event)
    if branch is None or branch.wait is not Wait.QUEUE:
        return False
    attempt = branch.attempt
    assert attempt is not None
    run.touched.add(branch.id)
    branch.previous = run.recorder.add((CODES["ActivityStarted"], branch.previous, event.worker_name))
    attempt.beat_ms = attempt.saved_beat_ms = run.at_ms
    if attempt.timeout_ms is not None:
        attempt.deadline_ms = run.at_ms + attempt.timeout_ms
    run.wait_for(branch, Wait.WORKER, _due_ms(run, attempt))
    return True


def beat(run: "Execution", event: HeartbeatReceived) -> bool:
    """A heartbeat moves only the heartbeat clock; it is written when a quarter of its period has gone unwritten."""
    branch = _open_branch(run, event)
    if branch is None or branch.wait is Wait.QUEUE:
        return False
    attempt = branch.attempt
    assert attempt is not None
    if attempt.heartbeat_ms is None:
        run.note_heartbeat(worth_a_commit=False)
        return True
    attempt.beat_ms = run.at_ms
    worth = run.at_ms - attempt.saved_beat_ms >= attempt.heartbeat_ms // 4
    if worth:
        attempt.saved_beat_ms = run.at_ms
        run.touched.add(branch.id)
    run.wait_for(branch, branch.wait, _due_ms(run, attempt))
    run.note_heartbeat(worth_a_commit=worth)
    return True


HANDLERS: Final[dict[type, Callable[[Any, Any], bool]]] = {
    ActivityTaken: taken,
    TaskSubmitted: submitted,
    TaskSucceeded: succeed,
    TaskFailed: fail,
    HeartbeatReceived: beat,
}
