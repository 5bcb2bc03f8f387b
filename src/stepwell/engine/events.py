"""What the world tells the engine. Every event is frozen data; time and dice come beside it, into `decide`.

A task is named by its branch and attempt: `attempt` is unique in the execution, so a late answer to an earlier attempt
meets nobody and is refused.
"""

from dataclasses import dataclass

from stepwell.payload import Payload


@dataclass(frozen=True, slots=True)
class Started:
    """The execution begins."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Go on with work that the last turn's budget did not reach."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """It is now `at_ms`: everything due fires."""


@dataclass(frozen=True, slots=True)
class ActivityTaken:
    """A worker took an activity task."""

    branch: int
    attempt: int
    worker_name: str | None


@dataclass(frozen=True, slots=True)
class TaskSubmitted:
    """The call that begins a job, or that hands out a token, has answered."""

    branch: int
    attempt: int
    output: Payload


@dataclass(frozen=True, slots=True)
class TaskSucceeded:
    """A task attempt ended well."""

    branch: int
    attempt: int
    output: Payload


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """A task attempt failed. `stage` says how far it got: "run", or "schedule", "start", "submit" before that."""

    branch: int
    attempt: int
    error: str | None
    cause: str | None
    stage: str = "run"


@dataclass(frozen=True, slots=True)
class HeartbeatReceived:
    """A worker says that it is alive."""

    branch: int
    attempt: int


@dataclass(frozen=True, slots=True)
class StopRequested:
    """StopExecution."""

    error: str | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class MachineDeleted:
    """The state machine is being deleted: the execution fails at its next transition."""


@dataclass(frozen=True, slots=True)
class Poisoned:
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
    | StopRequested
    | MachineDeleted
    | Poisoned
)
