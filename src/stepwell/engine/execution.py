"""What happens next in one execution.

What belongs here: the tree of branches, the work list, and the rules of entering, leaving, failing and ending. What
never comes in: a clock, dice of its own, IO, threads, logging, rows. If a function here wants to know what time it is,
it lacks a parameter.

How it works. `decide` is handed one event with its time and dice, changes the tree in place and answers with a
`Decision`: records of history events, commands for the world, and which branches changed. Branches that can go on stand
in a work list; each runs until it waits for something outside, so one decision takes many transitions and nothing
recurses. A turn has a budget: what is left over is done in the next turn (`Decision.more`), so that no execution keeps
the others waiting. A commit that fails throws the live tree away; it is loaded again from its rows.

Failures of a workflow are values that meet Retry and Catch here; `QueryError` from the layers below becomes one in
`_run`, `guard` and nowhere else; so does a value that a field cannot use.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, Final

from msgspec import Struct, field

from stepwell.asl.machine import State, StateMachine
from stepwell.engine import answers, composite, ending, evaluation, map_items, redrive, timing
from stepwell.engine.branch import OUTWARD_WAITS, Branch, Remains, Wait
from stepwell.engine.commands import Command
from stepwell.engine.context import context_object
from stepwell.engine.dataflow import Context, View
from stepwell.engine.events import Event, Resumed, Started, TimePassed
from stepwell.engine.failure import DATA_LIMIT_EXCEEDED, RUNTIME, Failure
from stepwell.engine.history import CODES, HistoryFull, Record, Recorder
from stepwell.engine.retry import failure_names
from stepwell.engine.states import BEGINS, acts_of, map_distributed, task
from stepwell.engine.trouble import StateError, Unusable
from stepwell.engine.variables import Assignment, set_variables
from stepwell.limits import Limits
from stepwell.payload import JsonError, Payload
from stepwell.query.failures import QueryError

_EXITED: Final = {
    kind: CODES[f"{kind}StateExited"] for kind in ("Pass", "Choice", "Wait", "Succeed", "Task", "Parallel", "Map")
}
_STARTED: Final = CODES["ExecutionStarted"]
_NO_DICE: Final = Random(0)  # between turns items may be looked up again, by paths, which throw none
_STEPS_PER_TRANSITION: Final = 2_000
"""Steps of a query that take no more time than a transition may."""


class Facts(Struct, frozen=True):
    """What is fixed about an execution when it starts. Times in milliseconds.

    `machine_arn` and `machine_name` are unqualified. `token_of` makes the task token of (branch, attempt);
    `activity_exists` says whether an activity ARN is known. `shard` is a part of the ids that are made for it.
    """

    arn: str
    name: str
    machine_arn: str
    machine_name: str
    role_arn: str
    region: str
    input: Payload
    started_ms: int
    token_of: Callable[[int, int], str]
    activity_exists: Callable[[str], bool]
    shard: int = 0
    version_arn: str | None = None  # those by which the execution was started
    alias_arn: str | None = None
    time_s_max: int | None = None  # of an Express execution, whatever its machine's TimeoutSeconds says


class Decision(Struct):
    """What one event changed.

    `accepted` is False when the event met nobody (a task that is closed); then nothing changed. `worth_a_commit` is
    False for a heartbeat that need not be written yet. `more`: hand in `Resumed` for the rest of the work.
    """

    at_ms: int
    accepted: bool = True
    worth_a_commit: bool = True
    more: bool = False
    first_event_id: int = 0
    records: list[Record] = field(default_factory=list)
    blobs: list[tuple[int, str]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)


class Execution:
    """One execution, live. Its attributes are what a snapshot holds."""

    def __init__(self, machine: StateMachine, facts: Facts, limits: Limits) -> None:
        self.machine = machine
        self.facts = facts
        self.limits = limits
        self.status = "RUNNING"
        self.output: Payload | None = None
        self.failure: Failure | None = None
        self.stopped_ms: int | None = None
        self.doomed = False  # its state machine is being deleted
        self.redrives = 0
        self.redriven_ms: int | None = None
        self.remains: list[Remains] | None = []  # what the failure that is being carried outwards has dropped
        self.resuming: Branch | None = None  # it goes on in a state that it has entered
        self.at_ms = facts.started_ms
        self.next_branch = 1
        self.next_attempt = 1
        self.calls = 0  # branches that wait for a call, job or evaluation, which a recovery must look after
        self.variable_bytes = 0  # of all scopes together
        self.root = Branch(0, None, 0, machine.flow.start, facts.input)
        self.branches: dict[int, Branch] = {0: self.root}
        self.ready: deque[Branch] = deque()
        self.recorder = Recorder(limits.history_events_max, limits.blob_bytes_min)
        self.dice = _NO_DICE  # of the turn
        self.commands: list[Command] = []
        self.touched: set[int] = set()
        self._budget = 0
        self._heartbeat_only = False
        self.timers = timing.Timers()
        self._acts = acts_of(machine)
        self._safe_characters = limits.payload_bytes_max // 4

    # The one entrance

    def decide(self, event: Event, at_ms: int, dice: Random) -> Decision:
        """Take one event at its time. Deterministic: equal trees, events, times and dice give equal decisions."""
        if self.status != "RUNNING":
            return Decision(at_ms, accepted=False, worth_a_commit=False)
        before_ms = self.at_ms
        self._begin_turn(at_ms, dice)
        first_event_id = self.recorder.next_id
        try:
            accepted = _HANDLERS[type(event)](self, event)
            if accepted:
                self._work()
        except HistoryFull:
            accepted = True
            ending.end_full(self)
        if not accepted:
            self.at_ms = before_ms
        records = self.recorder.records
        return Decision(
            self.at_ms,
            accepted=accepted,
            worth_a_commit=accepted and (bool(records) or not self._heartbeat_only),
            more=bool(self.ready),
            first_event_id=first_event_id,
            records=records,
            blobs=self.recorder.blobs,
            commands=self.commands,
            touched=self.touched,
        )

    def _begin_turn(self, at_ms: int, dice: Random) -> None:
        self.at_ms = max(at_ms, self.at_ms)  # event times never go back within an execution
        self.dice = dice
        self.commands = []
        self.touched = set()
        self.recorder.begin_turn()
        self._budget = self.limits.transitions_per_turn_max
        self._heartbeat_only = False

    def _work(self) -> None:
        bytes_max = self.limits.record_bytes_per_turn_max
        while self.ready and self._budget > 0 and self.recorder.bytes < bytes_max:
            self._run(self.ready.popleft(), bytes_max)

    def _run(self, start: Branch, bytes_max: int) -> None:
        """Let one branch run until it waits, ends, or the turn's budget is spent."""
        acts, recorder = self._acts, self.recorder
        branch: Branch | None = start
        at: Branch | None = None
        while branch is not None:
            if self._budget <= 0 or recorder.bytes >= bytes_max:
                self.ready.appendleft(branch)
                return
            self._budget -= 1
            if branch is not at:
                self.touched.add(branch.id)
                at = branch
            try:
                branch = acts[at.state.number](self, at, at.state)
            except QueryError as error:
                branch = self.fail_by(at, error)
            except JsonError as error:  # a value that has grown beyond what JSON text may be
                branch = self.fail_by(at, QueryError(RUNTIME, str(error)))

    def guard(self, branch: Branch, step: Callable[..., Branch | None], *arguments: Any) -> Branch | None:
        """Take one step of a branch; what it raises becomes the branch's failure."""
        self.touched.add(branch.id)
        try:
            return step(self, branch, *arguments)
        except QueryError as error:
            return self.fail_by(branch, error)
        except JsonError as error:
            return self.fail_by(branch, QueryError(RUNTIME, str(error)))

    def charge(self, steps: int) -> None:
        """Take costly expressions off the turn's budget, so that no execution keeps the others waiting."""
        self._budget -= steps // _STEPS_PER_TRANSITION

    def put_ready(self, branch: Branch | None) -> None:
        """Let a branch go on when its turn comes."""
        if branch is not None:
            self.ready.append(branch)

    # Entering and leaving a state

    def enter(self, branch: Branch, code: int) -> None:
        """Record ...StateEntered, unless the branch goes on in its state after a redrive."""
        if branch is self.resuming:
            self.resuming = None
            return
        branch.entered_ms = self.at_ms
        branch.arrived_from = branch.previous
        recorder = self.recorder
        event_id = recorder.add((code, branch.previous, branch.state.name, recorder.refer(branch.input)))
        branch.previous = branch.entered_id = event_id

    def leave(
        self,
        branch: Branch,
        output: Payload,
        next_state: State | None,
        assigned: Assignment | None = None,
        *,
        caught: bool = False,
    ) -> Branch | None:
        """Set variables, record ...StateExited and go to the next state, or end the branch."""
        state = branch.state
        if output is not branch.input:
            self.check_size(output, state.name)
        recorder = self.recorder
        record: Record = (_EXITED[state.type], branch.previous, state.name, recorder.refer(output))
        if assigned is not None:
            record = (*record, set_variables(self, branch, assigned))
        if caught:
            record = (*record, None, True) if assigned is None else (*record, True)
        branch.previous = recorder.add(record)
        branch.retries = None
        if next_state is None:
            return self.end_branch(branch, output)
        branch.state = next_state
        branch.input = output
        return branch

    def step_over(self, branch: Branch, entered: int, exited: int, next_state: State | None) -> Branch | None:
        """Enter a state and leave it with its input untouched: `enter` and `leave` in one, for the hot path."""
        recorder = self.recorder
        event_id = recorder.next_id
        if event_id + 1 >= recorder.events_max:  # no room for both: let the one that fits in, and the other fail
            self.enter(branch, entered)
            return self.leave(branch, branch.input, next_state)
        name = branch.state.name
        given = branch.input
        reference = None if given is recorder.last else recorder.refer(given)
        record = (entered, branch.previous, name, reference)
        recorder.records += (record, (exited, event_id, name, None))
        recorder.next_id = event_id + 2
        branch.entered_ms = self.at_ms
        branch.entered_id = event_id
        branch.previous = event_id + 1
        if next_state is None:
            return self.end_branch(branch, branch.input)
        branch.state = next_state
        return branch

    def check_size(self, payload: Payload, source: str) -> None:
        """AWS's payload limit, in bytes of UTF-8, on what a state or task gives."""
        if len(payload.text) > self._safe_characters and payload.size_bytes > self.limits.payload_bytes_max:
            raise StateError(DATA_LIMIT_EXCEEDED, too_large(source), prefixed=False)

    def wait_for(self, branch: Branch, wait: Wait, due_ms: int | None = None) -> None:
        """Let a branch wait, until `due_ms` at most. Every change of `branch.wait` passes here: calls are counted."""
        self.calls += (wait in OUTWARD_WAITS) - (branch.wait in OUTWARD_WAITS)
        branch.wait = wait
        if due_ms is None:
            branch.due_ms = None
        elif due_ms != branch.due_ms:
            self.timers.set(due_ms, branch)

    def context_of(self, branch: Branch, token: str | None = None) -> Context:
        """The context object as a function, since few expressions look at it."""
        return partial(context_object, self, branch, token)

    def view_of(self, branch: Branch, token: str | None = None) -> View:
        """What the paths of a branch's state may look at."""
        return View(self, branch, token)

    def items_of(self, branch: Branch) -> list[Any]:
        """The items of a Map branch, recomputed once when it was loaded from a snapshot."""
        return map_items.items_of(self, branch)

    def begin_of(self, state: State) -> evaluation.Step:
        """The step by which a JSONata state begins."""
        return BEGINS[state.type]

    # Failing

    def fail_by(self, branch: Branch, error: QueryError) -> Branch | None:
        """Fail a branch by what an expression, path or rule raised."""
        cause = self.cause_of(branch, error)
        evaluation.record_failed(self, branch, error, cause)
        if error.error in (RUNTIME, DATA_LIMIT_EXCEEDED):  # of a state's own making: nothing catches these
            ending.end_failed(self, branch.previous, Failure(error.error, cause))
            return None
        return self.fail(branch, Failure(error.error, cause), failure_names(error.error))

    def cause_of(self, branch: Branch, error: QueryError) -> str:
        """The cause as history shows it: most begin with the state's name."""
        if error.error == DATA_LIMIT_EXCEEDED and not isinstance(error, Unusable):
            return too_large(branch.state.name)
        return f"{prefix(branch)}{error.cause}" if getattr(error, "prefixed", True) else error.cause

    def fail(self, branch: Branch, failure: Failure, names: tuple[str | None, ...]) -> Branch | None:
        """A state failed; `branch.previous` is the failing event. Retry, Catch, or the failure of what is around."""
        if failure.error == RUNTIME:
            ending.end_failed(self, branch.previous, failure)
            return None
        return composite.fail(self, branch, failure, names)

    def end_branch(self, branch: Branch, output: Payload) -> Branch | None:
        """A line of progress reached its end: the execution's, or one arm or iteration."""
        if branch.parent is not None:
            return composite.end_child(self, branch, output)
        ending.end_succeeded(self, branch.previous, output)
        return None

    # Time

    @property
    def deadline_ms(self) -> int | None:
        """When the machine's TimeoutSeconds, or its type's limit, ends the execution."""
        timeout_s, most_s = self.machine.timeout_s, self.facts.time_s_max
        if most_s is not None:
            timeout_s = most_s if timeout_s is None else min(timeout_s, most_s)
        begun_ms = self.redriven_ms or self.facts.started_ms
        return None if timeout_s is None else begun_ms + timeout_s * 1000

    @property
    def due_ms(self) -> int | None:
        """The earliest timer of the execution, or None."""
        first_ms, deadline_ms = self.timers.first_ms(), self.deadline_ms
        if first_ms is None or deadline_ms is None:
            return deadline_ms if first_ms is None else first_ms
        return min(first_ms, deadline_ms)

    # Events of the execution as a whole

    def start(self, _event: Event) -> bool:
        """ExecutionStarted, once."""
        recorder = self.recorder
        if recorder.next_id > 1:
            return False
        facts = self.facts
        record: Record = (_STARTED, 0, recorder.refer(facts.input), facts.role_arn)
        recorder.add(record if facts.version_arn is None else (*record, facts.version_arn, facts.alias_arn))
        self.ready.append(self.root)
        return True

    def resume(self, _event: Event) -> bool:
        """Work that was left over goes on."""
        return bool(self.ready)

    def note_heartbeat(self, worth_a_commit: bool) -> None:
        """This turn is a heartbeat; it is written only now and then."""
        self._heartbeat_only = not worth_a_commit


def prefix(branch: Branch) -> str:
    """How AWS introduces the cause of a state's own failure. (Recorded.)"""
    return (
        f"An error occurred while executing the state '{branch.state.name}' "
        f"(entered at the event id #{branch.entered_id}). "
    )


def too_large(source: str) -> str:
    """The cause of States.DataLimitExceeded. (Recorded.)"""
    return (
        f"The state/task '{source}' returned a result with a size exceeding the maximum number of bytes service limit."
    )


_HANDLERS: Final[dict[type, Callable[[Execution, Any], bool]]] = {
    Started: Execution.start,
    Resumed: Execution.resume,
    TimePassed: timing.pass_time,
    **ending.HANDLERS,
    **task.HANDLERS,
    **answers.HANDLERS,
    **redrive.HANDLERS,
    **map_distributed.HANDLERS,
}
