"""Carries commands out: service calls, job watches, cancellations, evaluations; outcomes come back as events.

A call leaves only after the commit that records its attempt. After a crash `recover` decides on the calls that were in
flight: one that the service can recognise is made again under the same attempt id; a submitted job is watched again;
any other attempt fails with a cause that says so, and Retry, Catch or a redrive decide. (`rerun` makes it again.)
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from stepwell.asl.resource import Resource
from stepwell.engine.commands import (
    CancelTask,
    Command,
    EvaluateExpressions,
    RunTask,
    ScheduleActivity,
    StartMapRun,
    StopMapRun,
    WatchTask,
)
from stepwell.engine.events import Event, TaskFailed, TaskSubmitted, TaskSucceeded
from stepwell.engine.failure import TASK_FAILED, Failure, Unstartable
from stepwell.integrations.base import Call, Integration, Outcome, Registry, UnknownIntegration
from stepwell.integrations.outbound import Gate
from stepwell.payload import Payload
from stepwell.runtime.codec import own
from stepwell.runtime.evaluator import Evaluator
from stepwell.runtime.turns import Live

log = logging.getLogger("stepwell.runtime")

UNKNOWN_OUTCOME = (
    "The server stopped while this call was in flight, so its outcome is unknown. "
    "It was not made again, since the service could not have told a repetition from a new call."
)
Submit = Callable[[bytes, Event], None]
AttemptKey = tuple[bytes, int]  # execution, attempt
Goes = Callable[[bytes], bool]
_CANCEL_S = 1.0
_WATCH = "watch"
_JOBS = ("sync", "sync:2")


class Dispatcher:
    """Runs each call as a task of the event loop and submits its outcome."""

    def __init__(
        self,
        registry: Registry,
        submit: Submit,
        blob_bytes_min: int,
        *,
        rerun: bool = False,
        drives: Callable[[bytes], bool] = lambda execution_id: True,
    ) -> None:
        self.registry = registry
        self._drives = drives
        self._submit = submit
        self._blob_bytes_min = blob_bytes_min
        self._rerun = rerun
        self.evaluator = Evaluator(submit)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: dict[AttemptKey, asyncio.Task[Outcome]] = {}
        self._cancelling: set[asyncio.Task[None]] = set()
        self.unbegun: set[AttemptKey] = set()  # calls that became due while stopping: surely not made
        self._in_line: set[AttemptKey] = set()  # calls that wait until there is room for them
        self._stopping = False

    def dispatch(self, live: Live, commands: Sequence[Command]) -> None:
        """Begin to carry commands out; activities are the queues' business. Raises nothing.

        What runs keeps the `Call`, never the live execution: that leaves memory while it waits.
        """
        for command in commands:
            match command:
                case RunTask() if self._stopping or not self._drives(live.id):
                    self.unbegun.add((live.id, command.attempt))
                case RunTask():
                    self._begin(
                        "call", live.id, command.attempt, self._perform(live.id, call_of(live, command), command)
                    )
                case WatchTask() if not self._stopping and self._drives(live.id):
                    self._begin(_WATCH, live.id, command.attempt, self._watch(live.id, call_of(live, command), command))
                case CancelTask():
                    self._cancel(live, command)
                case EvaluateExpressions() if not self._stopping:
                    self.evaluator.evaluate(live.id, command)
                case WatchTask() | ScheduleActivity() | EvaluateExpressions() | StartMapRun() | StopMapRun():
                    pass

    def recover(self, live: Live, command: RunTask | WatchTask | EvaluateExpressions) -> None:
        """Decide on a call that was in flight when the last server stopped."""
        if isinstance(command, RunTask) and not self._rerun:
            integration = self._integration(command.resource)
            if integration is None or not integration.is_repeatable(command.resource.action):
                failed = TaskFailed(command.branch, command.attempt, TASK_FAILED, UNKNOWN_OUTCOME)
                self._submit(live.id, failed)
                return
        self.dispatch(live, [command])

    def let_go(self, goes: Goes) -> tuple[list[AttemptKey], list[AttemptKey]]:
        """Executions move in good order: their calls that were not made, and those that are still made here."""
        self._stop_watching(goes)
        unbegun = sorted(key for key in self.unbegun if goes(key[0]))
        self.unbegun.difference_update(unbegun)
        return unbegun, sorted(key for key in self._running if goes(key[0]))

    def forget_moved(self, goes: Goes) -> None:
        """Executions were taken over: what this node does for them is of no use any more."""
        self._stop_watching(goes)
        self.unbegun = {key for key in self.unbegun if not goes(key[0])}
        for key in [key for key in self._running if goes(key[0])]:
            self._running.pop(key).cancel()

    def _stop_watching(self, goes: Goes) -> None:
        self.evaluator.forget(goes)
        for key in [key for key in self._running if goes(key[0])]:
            if self._running[key].get_name() == _WATCH:
                self._running.pop(key).cancel()

    async def drain(self, grace_s: float) -> None:
        """Wait for calls in flight, as long as `grace_s`; what is left is recovered at the next start."""
        self._stopping = True
        for key in self._in_line:
            self.unbegun.add(key)
            self._running[key].cancel()
        short = [task for task in self._pending() if task.get_name() != _WATCH]
        if short:
            await asyncio.wait(short, timeout=grace_s)
        pending = self._pending()
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=_CANCEL_S)
        self.evaluator.close()

    def forget(self, execution_id: bytes, attempt: int) -> None:
        """An attempt was answered by its token: no end of a job is awaited any more. The job itself goes on."""
        task = self._running.get((execution_id, attempt))
        if task is not None and task.get_name() == _WATCH:
            self._running.pop((execution_id, attempt)).cancel()

    def _pending(self) -> list[asyncio.Task[Any]]:
        return [task for task in (*self._running.values(), *self._cancelling) if not task.done()]

    @property
    def in_flight(self) -> int:
        """How many calls and watches are under way."""
        return len(self._running)

    @property
    def calling(self) -> list[bytes]:
        """The executions that wait for them, each once for each call."""
        return [execution_id for execution_id, _ in self._running]

    def _integration(self, resource: Resource) -> Integration | None:
        try:
            return self.registry.find(resource.service, resource.action)
        except UnknownIntegration:
            return None
        except Exception:  # of a third party's entry point
            log.exception("the integration for %s could not be loaded", resource.arn)
            return None

    def _begin(self, what: str, execution_id: bytes, attempt: int, work: Coroutine[Any, Any, Outcome]) -> None:
        if self._loop is None:  # asking for it each time is a call of the system each time
            self._loop = asyncio.get_running_loop()
        self._running[execution_id, attempt] = self._loop.create_task(work, name=what)

    def _end(self, key: AttemptKey, task: "asyncio.Task[Outcome] | None") -> None:
        """A call or watch is over. It says so itself: a callback of its task would cost another round of the loop."""
        if task is not None and self._running.get(key) is task:
            del self._running[key]

    async def _perform(self, execution_id: bytes, call: Call, command: RunTask) -> Outcome:
        key = (execution_id, command.attempt)
        task = self._running.get(key)

        async def perform(integration: Integration) -> Outcome:
            gate = self.registry.outbound.passage(call.service)
            if gate.is_open:
                await gate.enter()
            else:
                await self._stand_in_line(key, gate)
            try:
                return await integration.perform(call)
            finally:
                gate.leave()

        try:
            outcome = await self._outcome(command, perform)
            self._submit(execution_id, _answer(command, outcome))
        finally:
            self._end(key, task)
        return outcome

    async def _stand_in_line(self, key: AttemptKey, gate: Gate) -> None:
        self._in_line.add(key)
        try:
            await gate.enter()
        finally:
            self._in_line.discard(key)

    async def _watch(self, execution_id: bytes, call: Call, command: WatchTask) -> Outcome:
        key = (execution_id, command.attempt)
        task = self._running.get(key)
        try:
            outcome = await self._outcome(command, lambda integration: integration.watch(call, command.submitted))
            self._submit(execution_id, _end_of_job(command, outcome))
        finally:
            self._end(key, task)
        return outcome

    async def _outcome(
        self, command: RunTask | WatchTask, work: Callable[[Integration], Awaitable[Outcome]]
    ) -> Outcome:
        """What came of it. Whatever an integration does wrong is its task's failure: nobody waits for ever."""
        arn = command.resource.arn
        integration = self._integration(command.resource)
        if integration is None:
            return Failure(TASK_FAILED, f"This server has no integration for {arn}.")
        try:
            outcome = await work(integration)
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            log.exception("calling %s for state %s was given up from within", arn, command.state_name)
        except Exception:
            log.exception("calling %s for state %s failed", arn, command.state_name)
        else:
            if isinstance(outcome, Payload):
                return own(outcome, self._blob_bytes_min)
            if isinstance(outcome, Failure):
                return outcome
            log.error("calling %s for state %s gave %r", arn, command.state_name, type(outcome))
        return Failure(TASK_FAILED, f"Calling {arn} met an internal error; the server's log has it.")

    def _cancel(self, live: Live, command: CancelTask) -> None:
        key = (live.id, command.attempt)
        self.unbegun.discard(key)
        task = self._running.pop(key, None)
        begins = task if command.submitted is None and command.resource.pattern in _JOBS else None
        if task is not None and (begins is None or self._stopping):
            task.cancel()
        integration = self._integration(command.resource) if command.resource.kind != "activity" else None
        if integration is None or command.parameters is None or self._stopping:
            return
        work = self._cancel_job(call_of(live, command), command, integration, begins)
        cancelling = asyncio.get_running_loop().create_task(work, name=f"cancel-{live.id.hex()}")
        self._cancelling.add(cancelling)
        cancelling.add_done_callback(self._cancelling.discard)

    async def _cancel_job(
        self, call: Call, command: CancelTask, integration: Integration, begins: asyncio.Task[Outcome] | None
    ) -> None:
        """Best effort, as on AWS: what cannot be stopped goes on unheard.

        A job whose submission is under way, `begins`, can be named, and stopped, only when that has answered.
        """
        submitted = command.submitted
        try:
            if begins is not None:
                outcome = await begins
                submitted = outcome if isinstance(outcome, Payload) else None
            await integration.cancel(call, submitted)
        except Exception:
            log.warning("stopping the job of %s failed", command.resource.arn, exc_info=True)


def _answer(command: RunTask, outcome: Outcome) -> Event:
    """What a call has answered, as the engine takes it."""
    branch, attempt = command.branch, command.attempt
    if isinstance(outcome, Payload):
        return (TaskSubmitted if command.resource.pattern else TaskSucceeded)(branch, attempt, outcome)
    stage = "parameters" if isinstance(outcome, Unstartable) else "run"
    return TaskFailed(branch, attempt, outcome.error, outcome.cause, stage)


def _end_of_job(command: WatchTask, outcome: Outcome) -> Event:
    if isinstance(outcome, Payload):
        return TaskSucceeded(command.branch, command.attempt, outcome)
    return TaskFailed(command.branch, command.attempt, outcome.error, outcome.cause)


def _is_cancelled() -> bool:
    """Whether it is this task that is to end, and not something within the integration that ended."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def call_of(live: Live, command: RunTask | WatchTask | CancelTask) -> Call:
    """What an integration is told about an attempt."""
    facts = live.execution.facts
    resource = command.resource
    row = live.machine.row
    token = None
    if resource.has_token:
        token = facts.token_of(command.branch, command.attempt)
    return Call(
        execution_arn=facts.arn,
        execution_name=facts.name,
        machine_arn=facts.machine_arn,
        state_name=getattr(command, "state_name", ""),
        resource_type=resource.resource_type,
        resource=resource.resource,
        service=resource.service,
        action=resource.action,
        pattern=resource.pattern,
        parameters=command.parameters or Payload("{}"),
        region=row.region,
        account=row.account,
        attempt_id=f"{live.id.hex()}-{command.branch}-{command.attempt}",
        task_token=token,
        role_arn=facts.role_arn,
        credentials_role_arn=command.credentials_role_arn,
        timeout_s=getattr(command, "timeout_s", None),
        entered_id=getattr(command, "entered_id", 0),
        trace=live.trace,
    )
