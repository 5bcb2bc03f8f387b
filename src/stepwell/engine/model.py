"""The picture of an execution: what each state did, what is under way, what failed. `reducer` takes it on by events."""

from typing import Any, Literal

from msgspec import Struct, field, to_builtins

from stepwell.engine.places import Path

Outcome = Literal["succeeded", "caught", "failed", "aborted", "timedOut"]
Status = Literal["running", "waiting", "succeeded", "caught", "failed", "aborted", "timedOut"]
Phase = Literal["running", "task", "branches", "retry", "timer", "token", "worker"]
MachineType = Literal["STANDARD", "EXPRESS"]
ExecutionStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]


class Iterations(Struct, rename="camel"):
    """The iterations of a Map's latest attempt; of a distributed one only the run is known here."""

    total: int = 0
    started: int = 0
    succeeded: int = 0
    failed: int = 0
    aborted: int = 0
    map_run_arn: str | None = None


class StateModel(Struct, rename="camel"):
    """What one state did. The counters count visits; `outcome` is the worst since it was last entered from rest."""

    type: str
    status: Status = "running"
    entered: int = 0
    running: int = 0
    waiting: int = 0
    succeeded: int = 0
    caught: int = 0
    failed: int = 0
    aborted: int = 0
    timed_out: int = 0
    retries: int = 0
    visit: int = 0
    entered_ms: int = 0
    exited_ms: int | None = None
    outcome: Outcome | None = None
    error: str | None = None
    cause: str | None = None
    next: dict[str, int] = field(default_factory=dict)
    iterations: Iterations | None = None


class VisitModel(Struct, rename="camel"):
    """A visit under way, or one that ended badly and would go on with a redrive.

    `blame` is the inner visit that failed, 0 for none.
    """

    state: str
    type: str
    path: Path
    within: int
    entered_ms: int
    phase: Phase
    attempt: int = 0
    until_ms: int | None = None
    error: str | None = None
    cause: str | None = None
    timed_out: bool = False
    outcome: Outcome | None = None
    blame: int = 0


class FailureModel(Struct, rename="camel"):
    """Why an execution ended badly, and where."""

    error: str | None
    cause: str | None
    state: str | None
    path: Path
    event_id: int


class Model(Struct, rename="camel"):
    """The picture after event `last`."""

    last: int = 0
    at_ms: int = 0
    status: ExecutionStatus = "RUNNING"
    started_ms: int = 0
    stopped_ms: int | None = None
    redrives: int = 0
    failure: FailureModel | None = None
    states: dict[str, StateModel] = field(default_factory=dict)
    visits: dict[int, VisitModel] = field(default_factory=dict)


def as_table(model: Model) -> dict[str, Any]:
    """The picture as JSON values, to be compared or written."""
    table: dict[str, Any] = to_builtins(model, str_keys=True)
    return table
