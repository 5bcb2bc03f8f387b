"""What the engine asks of the world. Commands leave only after the commit that records them."""

from msgspec import Struct, field

from stepwell.asl.resource import Resource
from stepwell.payload import Payload
from stepwell.query.jsonata import Jsonata


class RunTask(Struct, frozen=True):
    """Call a service: once per attempt, never again unless the service can tell a repetition.

    `entered_id` is the Entered event of the visit that the attempt belongs to.
    """

    branch: int
    attempt: int
    state_name: str
    resource: Resource
    parameters: Payload
    timeout_s: int | None
    credentials_role_arn: str | None
    entered_id: int


class WatchTask(Struct, frozen=True):
    """A `.sync` job was submitted: wait for its end."""

    branch: int
    attempt: int
    state_name: str
    resource: Resource
    parameters: Payload
    submitted: Payload
    credentials_role_arn: str | None = None


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
    credentials_role_arn: str | None = None


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


class MapPlan(Struct, frozen=True):
    """All that a Map Run needs to know and that is not in the definition, with every path and expression answered.

    `items` are those of state data; else a reader is asked, with `reader` as its parameters. `given`, `context` and
    `variables` are what an ItemSelector looks at; there are none without one. A tolerance of None is not set, and a
    bound of 0 is none.
    """

    max_concurrency: int
    items: Payload | None = None
    reader: Payload | None = None
    max_items: int = 0
    given: Payload | None = None
    context: Payload | None = None
    variables: dict[str, Payload] = field(default_factory=dict)
    batch_items: int = 0
    batch_bytes: int = 0
    batch_input: Payload | None = None
    tolerated_count: int | None = None
    tolerated_percentage: float | None = None
    writer: Payload | None = None


class StartMapRun(Struct, frozen=True):
    """Run the items of a distributed Map as child executions. `run_id` is the run's identity, and in its ARN."""

    branch: int
    attempt: int
    run_id: bytes
    state_name: str
    plan: MapPlan


class RedriveMapRun(Struct, frozen=True):
    """Let a Map Run that is over go on with the children that did not end well. `redrives`: its how manyeth time."""

    branch: int
    attempt: int
    run_id: bytes
    redrives: int


class StopMapRun(Struct, frozen=True):
    """Nobody waits for this run any more: end its children."""

    branch: int
    attempt: int


Command = (
    RunTask | WatchTask | ScheduleActivity | CancelTask | EvaluateExpressions | StartMapRun | RedriveMapRun | StopMapRun
)
