"""One state by itself, as TestState runs it: entered, worked, and left; where it would go on, it stops.

Here lives what is different from a state inside its execution: the context object may be given, work may be mocked,
and Retry is answered instead of waited for. What a state does is the same code as always. A tested Map begins as a
distributed one does, wherever its iterations would run: all that is known of its work then stands in one plan.
"""

from random import Random
from typing import Any, Final

from msgspec import Struct, field

from stepwell.asl.machine import State, StateMachine
from stepwell.asl.timestamp import print_timestamp
from stepwell.engine import composite
from stepwell.engine.branch import Branch, Stage, Wait
from stepwell.engine.commands import Command, MapPlan, RunTask, ScheduleActivity, StartMapRun, WatchTask
from stepwell.engine.dataflow import Context, leave_with_result
from stepwell.engine.ending import end_failed, end_succeeded
from stepwell.engine.evaluation import Step, take_step, typed, unusable
from stepwell.engine.events import ActivityTaken, Event, MapRunEnded, TaskFailed, TaskSucceeded
from stepwell.engine.execution import Decision, Execution, Facts, too_large
from stepwell.engine.failure import DATA_LIMIT_EXCEEDED, Failure
from stepwell.engine.history import CODES
from stepwell.engine.leaving import leave_with
from stepwell.engine.map_items import select_items
from stepwell.engine.retry import back_off_ms, failure_names, find_handler
from stepwell.engine.states import acts_of, map_distributed
from stepwell.engine.trouble import Unusable
from stepwell.engine.variables import Assignment, Variables, set_variables
from stepwell.limits import Limits
from stepwell.payload import Payload
from stepwell.query.failures import QueryError
from stepwell.query.jsonata import JsonataScope

_MAP_ENTERED: Final = CODES["MapStateEntered"]
Outcome = Payload | Failure


class Setup(Struct):
    """What a test gives besides definition and input.

    `mock` is what the state's work comes to. `used` are retries already made by the matching retrier.
    """

    state_name: str
    mock: Outcome | None = None
    context: dict[str, Any] | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    used: int = 0


class TestedExecution(Execution):
    """An execution of one state. After it: `status`, `output`, `failure`, and where it would have gone."""

    __test__ = False  # no test of ours, whatever a test runner thinks of its name

    def __init__(self, machine: StateMachine, state: State, facts: Facts, limits: Limits, setup: Setup) -> None:
        super().__init__(machine, facts, limits)
        self.setup = setup
        self.next_state: State | None = None
        self.caught: int | None = None
        self.retrier: int | None = None
        self.back_off_s: int | None = None
        self.parameters: Payload | None = None
        self.plan: MapPlan | None = None  # of a Map
        self.result: Payload | None = None
        self.problem: Failure | None = None
        self.root.state = state
        if setup.variables:
            self.root.variables = Variables({name: Payload.of(one) for name, one in setup.variables.items()}, None)
            self.variable_bytes = self.root.variables.bytes
        self._mocked = False
        self._acts = tuple(
            _enter_map if number == state.number and state.type == "Map" else act
            for number, act in enumerate(acts_of(machine))
        )

    # What is seen from outside

    def decide(self, event: Event, at_ms: int, dice: Random) -> Decision:
        """As any execution, and remembering what its work was given and gave."""
        if isinstance(event, TaskSucceeded | MapRunEnded):
            self.result = event.output
        decision = super().decide(event, at_ms, dice)
        for command in decision.commands:
            if isinstance(command, RunTask):
                self.parameters = command.parameters
            elif isinstance(command, ScheduleActivity):
                self.parameters = command.input
            elif isinstance(command, StartMapRun):
                self.plan = command.plan
        return decision

    def answer(self, command: Command) -> list[Event] | None:
        """What a mock makes of a task's command; None where the world is to be asked."""
        if self.setup.mock is None or not isinstance(command, RunTask | ScheduleActivity | WatchTask):
            return None
        events: list[Event] = []
        branch, attempt = command.branch, command.attempt
        if isinstance(command, ScheduleActivity):
            events.append(ActivityTaken(branch, attempt, None))
        outcome = self.setup.mock
        if isinstance(outcome, Payload):
            return [*events, TaskSucceeded(branch, attempt, outcome)]
        return [*events, TaskFailed(branch, attempt, outcome.error, outcome.cause)]

    # What is different

    def _work(self) -> None:
        super()._work()
        if self.status == "RUNNING" and self.root.wait is Wait.BRANCHES and not self._mocked:
            self._mocked = True
            self.put_ready(self.guard(self.root, _take_mock))
            super()._work()

    def put_ready(self, branch: Branch | None) -> None:
        """Inner branches never run: their work is mocked."""
        if branch is not None and branch.parent is None:
            super().put_ready(branch)

    def begin_of(self, state: State) -> Step:
        """A Map begins as a distributed one does."""
        return _begin_evaluated if state.type == "Map" else super().begin_of(state)

    def context_of(self, branch: Branch, token: str | None = None) -> Context:
        """The context object that was given, with nothing merged in; or one made for the test (order recorded)."""
        given = self.setup.context
        return (lambda: given) if given is not None else lambda: self._context(branch, token)

    def _context(self, branch: Branch, token: str | None) -> dict[str, Any]:
        facts = self.facts
        entered = print_timestamp(branch.entered_ms)
        made: dict[str, Any] = {
            "Execution": {
                "Id": facts.arn,
                "Input": facts.input.value,
                "Name": facts.name,
                "RoleArn": facts.role_arn or None,
                "StartTime": print_timestamp(facts.started_ms),
            },
            "StateMachine": {"Id": facts.machine_arn, "Name": facts.machine_name},
            "State": {"Name": self.setup.state_name, "EnteredTime": entered, "RetryCount": self.setup.used},
        }
        if token is not None:
            made["Task"] = {"Token": token}
        return made

    def cause_of(self, branch: Branch, error: QueryError) -> str:
        """The bare cause (recorded: TestState does not say where in a history the state was entered)."""
        if error.error == DATA_LIMIT_EXCEEDED and not isinstance(error, Unusable):
            return too_large(branch.state.name)
        return error.cause

    def leave(
        self,
        branch: Branch,
        output: Payload,
        next_state: State | None,
        assigned: Assignment | None = None,
        *,
        caught: bool = False,
    ) -> Branch | None:
        """The state is done: remember where it would go."""
        if output is not branch.input:
            self.check_size(output, branch.state.name)
        if assigned is not None:
            set_variables(self, branch, assigned)
        self.next_state = next_state
        end_succeeded(self, branch.previous, output)
        return None

    def step_over(self, branch: Branch, entered: int, exited: int, next_state: State | None) -> Branch | None:
        """The same for states that leave their data alone."""
        self.enter(branch, entered)
        return self.leave(branch, branch.input, next_state)

    def fail(self, branch: Branch, failure: Failure, names: tuple[str | None, ...]) -> Branch | None:
        """Retry is answered, not waited for; one that is used up hands over to Catch, which is taken. (Recorded.)"""
        self.problem = failure
        state: Any = branch.state
        found = find_handler(getattr(state, "retry", ()), names)
        if found is not None:
            self.retrier, retrier = found
            if self.setup.used < retrier.max_attempts:
                self.back_off_s = back_off_ms(retrier, self.setup.used, self.dice) // 1000
                end_failed(self, branch.previous, failure)
                return None
        handler = find_handler(getattr(state, "catch", ()), names)
        if handler is None:
            end_failed(self, branch.previous, failure)
            return None
        self.caught = handler[0]
        branch.fork = None
        caught = composite.catch(self, branch, failure, names)
        return None if caught is None else caught[0]


def _enter_map(run: Any, branch: Branch, state: Any) -> Branch | None:
    run.enter(branch, _MAP_ENTERED)
    if state.is_jsonata:
        return take_step(run, branch, Stage.BEGIN, _begin_evaluated)
    if not state.is_distributed:
        select_items(run, branch)  # of an array only
    return map_distributed.begin(run, branch)


def _begin_evaluated(
    run: Any, branch: Branch, scope: JsonataScope, _place: int, _given: Payload | None
) -> Branch | None:
    state: Any = branch.state
    if not state.is_distributed:  # then only an array will do
        if state.items is not None:
            typed(state.items, scope, "array")
        elif not isinstance(branch.input.value, list):
            raise unusable(f"Map state input must be an array but was: {branch.input.text}", None)
    return map_distributed.begin_evaluated(run, branch, scope)


def _take_mock(run: Any, branch: Branch) -> Branch | None:
    """A Parallel has begun its arms: instead of their work, take what the mock says."""
    outcome: Outcome = run.setup.mock
    branch.fork = None
    run.branches = {0: branch}
    run.wait_for(branch, Wait.NOTHING)
    if isinstance(outcome, Failure):
        failed: Branch | None = run.fail(branch, outcome, failure_names(outcome.error))
        return failed
    run.result = outcome
    return leave_with(run, branch, outcome) if branch.state.is_jsonata else leave_with_result(run, branch, outcome)
