"""What the engine asks of the world. Commands leave only after the commit that records them."""

from msgspec import Struct

from stepwell.asl.resource import Resource
from stepwell.payload import Payload
from stepwell.query.jsonata import Jsonata


class RunTask(Struct, frozen=True):
    """Call a service: once per attempt, never again unless the service can tell a repetition."""

    branch: int
    attempt: int
    state_name: str
    resource: Resource
    parameters: Payload
    timeout_s: int | None
    credentials_role_arn: str | None


class WatchTask(Struct, frozen=True):
    """A `.sync` job was submitted: wait for its end."""

    branch: int
    attempt: int
    state_name: str
    resource: Resource
    parameters: Payload
    submitted: Payload


class ScheduleActivity(Struct, frozen=True):
    """Put a task into an activity's queue."""

    branch: int
    attempt: int
    activity_arn: str
    input: Payload


class CancelTask(Struct, frozen=True):
    """Nobody waits for this attempt any more: give it up, and stop its job where that is possible."""

    branch: int
    attempt: int
    resource: Resource
    parameters: Payload | None
    submitted: Payload | None
    taken: bool


class Question(Struct, frozen=True):
    """One expression to evaluate: the path of its place in the state, and all that the answer depends on."""

    place: str
    expression: Jsonata
    document: str
    now_ms: int
    seed: int
    shadows: frozenset[str]


class EvaluateExpressions(Struct, frozen=True):
    """Work expressions out that may take long, beside the event loop. Asked again, the answers are the same."""

    branch: int
    number: int
    questions: tuple[Question, ...]


Command = RunTask | WatchTask | ScheduleActivity | CancelTask | EvaluateExpressions
