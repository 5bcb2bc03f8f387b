"""Carries commands out: service calls, job watches, cancellations; their outcomes come back as events.

A call leaves only after the commit that records its attempt. After a crash `recover` decides on the calls that were in
flight: one that the service can recognise is made again under the same attempt id; a submitted job is watched again;
any other attempt fails with a cause that says so, and Retry, Catch or a redrive decide. (`rerun` makes it again.)
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from stepwell.asl.resource import Resource
from stepwell.engine.commands import CancelTask, Command, RunTask, ScheduleActivity, WatchTask
from stepwell.engine.events import Event, TaskFailed, TaskSubmitted, TaskSucceeded
from stepwell.engine.failure import TASK_FAILED, Failure
from stepwell.integrations.base import Call, Integration, Outcome, Registry, UnknownIntegration
from stepwell.payload import Payload
from stepwell.runtime.turns import Live

log = logging.getLogger("stepwell.runtime")

UNKNOWN_OUTCOME = (
    "The server stopped while this call was in flight, so its outcome is unknown. "
    "It was not made again, since the service could not have told a repetition from a new call."
)
Submit = Callable[[bytes, Event], None]
_Key = tuple[bytes, int]


class Dispatcher:
    """Runs each call as a task of the event loop and submits its outcome."""

    def __init__(self, registry: Registry, submit: Submit, *, rerun: bool = False) -> None:
        self._registry = registry
        self._submit = submit
        self._rerun = rerun
        self._running: dict[_Key, asyncio.Task[None]] = {}
        self._cancelling: set[asyncio.Task[None]] = set()
        self._stopping = False

    def dispatch(self, live: Live, commands: Sequence[Command]) -> None:
        """Begin to carry commands out; activities are the queues' business."""
        for command in commands:
            match command:
                case RunTask():
                    self._begin("call", live, command.attempt, self._perform(live, command))
                case WatchTask():
                    self._begin("watch", live, command.attempt, self._watch(live, command))
                case CancelTask():
                    self._cancel(live, command)
                case ScheduleActivity():
                    pass

    def recover(self, live: Live, command: RunTask | WatchTask) -> None:
        """Decide on a call that was in flight when the last server stopped."""
        if isinstance(command, RunTask) and not self._rerun:
            integration = self._integration(command.resource)
            if integration is None or not integration.repeatable:
                failed = TaskFailed(command.branch, command.attempt, TASK_FAILED, UNKNOWN_OUTCOME)
                self._submit(live.id, failed)
                return
        self.dispatch(live, [command])

    async def drain(self, grace_s: float) -> None:
        """Wait for calls in flight, as long as `grace_s`; what is left is recovered at the next start."""
        self._stopping = True
        pending = {task for task in (*self._running.values(), *self._cancelling) if not task.done()}
        short = [task for task in pending if not task.get_name().startswith("watch")]
        if short:
            await asyncio.wait(short, timeout=grace_s)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    @property
    def in_flight(self) -> int:
        """How many calls and watches are under way."""
        return len(self._running)

    def _integration(self, resource: Resource) -> Integration | None:
        try:
            return self._registry.find(resource.service, resource.action)
        except UnknownIntegration:
            return None

    def _begin(self, what: str, live: Live, attempt: int, work: Coroutine[Any, Any, None]) -> None:
        key = (live.id, attempt)
        task = asyncio.get_running_loop().create_task(work, name=f"{what}-{live.id.hex()}-{attempt}")
        self._running[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def _ended(self, key: _Key, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]

    async def _perform(self, live: Live, command: RunTask) -> None:
        integration = self._integration(command.resource)
        if integration is None:
            outcome: Outcome = Failure(TASK_FAILED, f"This server has no integration for {command.resource.arn}.")
        else:
            outcome = await self._outcome(integration.perform(call_of(live, command)), command)
        branch, attempt = command.branch, command.attempt
        if isinstance(outcome, Payload):
            waits = bool(command.resource.pattern)
            event: Event = (TaskSubmitted if waits else TaskSucceeded)(branch, attempt, outcome)
        else:
            event = TaskFailed(branch, attempt, outcome.error, outcome.cause)
        self._submit(live.id, event)

    async def _watch(self, live: Live, command: WatchTask) -> None:
        integration = self._integration(command.resource)
        if integration is None:
            return
        outcome = await self._outcome(integration.watch(call_of(live, command), command.submitted), command)
        branch, attempt = command.branch, command.attempt
        if isinstance(outcome, Payload):
            self._submit(live.id, TaskSucceeded(branch, attempt, outcome))
        else:
            self._submit(live.id, TaskFailed(branch, attempt, outcome.error, outcome.cause))

    async def _outcome(self, work: Coroutine[Any, Any, Outcome], command: RunTask | WatchTask) -> Outcome:
        try:
            return await work
        except Exception:
            log.exception("calling %s for state %s failed", command.resource.arn, command.state_name)
            return Failure(
                TASK_FAILED, f"Calling {command.resource.arn} met an internal error; the server's log has it."
            )

    def _cancel(self, live: Live, command: CancelTask) -> None:
        task = self._running.pop((live.id, command.attempt), None)
        if task is not None:
            task.cancel()
        integration = self._integration(command.resource) if command.resource.kind != "activity" else None
        if integration is None or command.parameters is None or self._stopping:
            return
        work = self._cancel_job(live, command, integration)
        cancelling = asyncio.get_running_loop().create_task(work, name=f"cancel-{live.id.hex()}")
        self._cancelling.add(cancelling)
        cancelling.add_done_callback(self._cancelling.discard)

    async def _cancel_job(self, live: Live, command: CancelTask, integration: Integration) -> None:
        """Best effort, as on AWS: what cannot be stopped goes on unheard."""
        try:
            await integration.cancel(call_of(live, command), command.submitted)
        except Exception:
            log.warning("stopping the job of %s failed", command.resource.arn, exc_info=True)


def call_of(live: Live, command: RunTask | WatchTask | CancelTask) -> Call:
    """What an integration is told about an attempt."""
    facts = live.execution.facts
    resource = command.resource
    row = live.machine.row
    token = None
    if resource.pattern == "waitForTaskToken":
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
        timeout_s=getattr(command, "timeout_s", None),
    )
