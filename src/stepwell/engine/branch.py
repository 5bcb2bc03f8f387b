"""One line of progress in an execution: the root, a Parallel arm, or a Map iteration.

A branch stands in one state and waits for at most one thing. A branch whose state has inner branches keeps them in a
`Fork`. Nothing here decides; this is the state that decisions change and that snapshots hold.
"""

from enum import IntEnum
from typing import Any, NamedTuple

from msgspec import Struct, field

from stepwell.asl.machine import State
from stepwell.engine.variables import NO_VARIABLES, Variables
from stepwell.payload import Payload


class Wait(IntEnum):
    """What a branch waits for. The numbers are stored in snapshots: never renumber."""

    NOTHING = 0  # it can go on
    TIME = 1  # a Wait state's end
    CALL = 2  # a service call in flight
    JOB = 3  # the end of a submitted `.sync` job
    TOKEN = 4  # SendTaskSuccess or SendTaskFailure
    QUEUE = 5  # an activity worker to take the task
    WORKER = 6  # an activity worker to answer
    RETRY = 7  # the end of a back-off
    BRANCHES = 8  # its inner branches
    END = 9  # nothing any more: it has its output
    EVALUATION = 10  # expressions that are worked out beside the event loop
    MAP_RUN = 11  # the end of a distributed Map's run


TASK_WAITS = frozenset((Wait.CALL, Wait.JOB, Wait.TOKEN, Wait.QUEUE, Wait.WORKER))
OUTWARD_WAITS = frozenset((Wait.CALL, Wait.JOB, Wait.EVALUATION))


class Stage(IntEnum):
    """The step of a JSONata state whose expressions are evaluated. Stored in snapshots: never renumber."""

    BEGIN = 0  # what the state needs to begin: Arguments, Items, Seconds, conditions
    LEAVE = 1  # its Assign and Output
    RULE = 2  # those of a Choice's rule, or of the Choice itself when no rule holds
    CATCH = 3  # those of a catcher
    ITEM = 4  # a Map's ItemSelector, on behalf of the iteration that is to begin


class Evaluation(Struct, eq=False):
    """A step that waits for its expressions, and all that is needed to evaluate them again after a crash.

    `number` is unique in the execution, among attempts too. `place` tells which rule, catcher or attempt it is about.
    `given` is the result or error output that the step is about.
    """

    number: int
    stage: Stage
    place: int
    seed: int
    at_ms: int
    given: Payload | None


class Attempt(Struct, eq=False):
    """One attempt at a Task: what was asked, and its clocks in milliseconds."""

    number: int
    parameters: Payload
    deadline_ms: int | None = None
    heartbeat_ms: int | None = None  # length of one heartbeat period
    timeout_ms: int | None = None  # length allowed, for activities whose clock starts when a worker takes the task
    submitted: Payload | None = None
    beat_ms: int = 0  # when the last heartbeat came
    saved_beat_ms: int = 0  # the last one that was written
    credentials_role_arn: str | None = None  # of the task's Credentials


class LastRun(NamedTuple):
    """The Map Run that a visit of a distributed Map began last, and that a redrive goes on with.

    `entered_id` is the visit's Entered event: in a later visit the run means nothing.
    """

    id: bytes
    entered_id: int
    redrives: int = 0


class Fork(Struct, eq=False):
    """The inner branches of a Parallel or Map state."""

    width: int
    concurrency: int
    next_index: int = 0
    finished: int = 0
    children: dict[int, "Branch"] = field(default_factory=dict)
    items: list[Any] | None = None  # a Map's items; recomputed from the branch's input when loaded from a snapshot
    kept: Payload | None = None  # the same where they cannot be recomputed: an expression gave them


class Branch(Struct, eq=False):
    """`previous` is the id of the last event on this line, which the next event points back at.

    `arrived_from` is what the Entered event of its state points at. `variables` are those that it can read.
    """

    id: int
    parent: "Branch | None"
    index: int
    state: State
    input: Payload
    previous: int = 0
    entered_id: int = 0
    entered_ms: int = 0
    wait: Wait = Wait.NOTHING
    due_ms: int | None = None
    attempt: Attempt | None = None
    retries: dict[int, int] | None = None  # retrier's place -> times used in this visit of the state
    fork: Fork | None = None
    output: Payload | None = None
    arrived_from: int = 0
    variables: Variables = NO_VARIABLES
    evaluation: Evaluation | None = None
    last_run: LastRun | None = None

    @property
    def retry_count(self) -> int:
        """`State.RetryCount` of the context object: retries of this visit, of all retriers."""
        return sum(self.retries.values()) if self.retries else 0


class Remains(NamedTuple):
    """The inner branches of a state that a failure has dropped, as a redrive wants them back."""

    branch: Branch
    fork: Fork
    variables: list[tuple[Branch, Variables]]
