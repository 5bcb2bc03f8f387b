"""What the world tells the engine. Every event is frozen data; time and dice come beside it, into `decide`.

A task is named by its branch and attempt: `attempt` is unique in the execution, so a late answer to an earlier attempt
meets nobody and is refused.
"""

from msgspec import Struct

from stepwell.payload import Payload


class Started(Struct, frozen=True):
    """The execution begins."""


class Resumed(Struct, frozen=True):
    """Go on with work that the last turn's budget did not reach."""


class TimePassed(Struct, frozen=True):
    """It is now `at_ms`: everything due fires."""


class ActivityTaken(Struct, frozen=True):
    """A worker took an activity task."""

    branch: int
    attempt: int
    worker_name: str | None


class TaskSubmitted(Struct, frozen=True):
    """The call that begins a job, or that hands out a token, has answered."""

    branch: int
    attempt: int
    output: Payload


class TaskSucceeded(Struct, frozen=True):
    """A task attempt ended well."""

    branch: int
    attempt: int
    output: Payload


class TaskFailed(Struct, frozen=True):
    """A task attempt failed. `stage` says how far it got: "run", or "schedule", "start", "submit" before that;
    "parameters": nothing was called, since it could not be called so.
    """

    branch: int
    attempt: int
    error: str | None
    cause: str | None
    stage: str = "run"


class HeartbeatReceived(Struct, frozen=True):
    """A worker says that it is alive."""

    branch: int
    attempt: int


class Answer(Struct, frozen=True):
    """What came of one expression: the JSON text of its value, or the cause of its failure."""

    place: str
    text: str | None
    cause: str | None


class ExpressionsEvaluated(Struct, frozen=True):
    """Expressions were worked out."""

    branch: int
    number: int
    answers: tuple[Answer, ...]


class MapRunEnded(Struct, frozen=True):
    """A Map Run is over: its output, or why it failed."""

    branch: int
    attempt: int
    output: Payload | None
    error: str | None = None
    cause: str | None = None


class StopRequested(Struct, frozen=True):
    """StopExecution."""

    error: str | None
    cause: str | None


class Redriven(Struct, frozen=True):
    """RedriveExecution: an execution that ended badly goes on where it did. `count`: its how manyeth redrive."""

    count: int


class MachineDeleted(Struct, frozen=True):
    """The state machine is being deleted: the execution fails at its next transition."""


class Poisoned(Struct, frozen=True):
    """The execution cannot go on (our own fault, or data that no store takes): it fails with this cause."""

    cause: str


Event = (
    Started
    | Resumed
    | TimePassed
    | ActivityTaken
    | TaskSubmitted
    | TaskSucceeded
    | TaskFailed
    | HeartbeatReceived
    | ExpressionsEvaluated
    | MapRunEnded
    | StopRequested
    | Redriven
    | MachineDeleted
    | Poisoned
)
