"""One execution on a Stepwell inside this process: begun or found again, followed through its committed history.

What lives here speaks to the application as a client would, by operations; it draws nothing and parses no options.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from stepwell.app import Application
from stepwell.arn import execution_arn, state_machine_arn
from stepwell.caller import Caller
from stepwell.errors import ExecutionDoesNotExist, StateMachineAlreadyExists
from stepwell.operations.resources import execution_of
from stepwell.settings import Settings

_LOOK_S: Final = 0.04
_PAGE: Final = 500


class OtherInput(Exception):
    """The execution of that name was begun with another input."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution stands. `output` is JSON text."""

    status: str
    output: str | None
    error: str | None
    cause: str | None
    elapsed_s: float


class Embedded:
    """One state machine and one execution of it, on an application of our own."""

    def __init__(self, settings: Settings, machine: str, name: str) -> None:
        self.application = Application(settings)
        self._caller = Caller(settings.account, settings.region)
        self._machine = machine
        self._name = name
        self._machine_arn = state_machine_arn(settings.region, settings.account, machine)
        self.arn = execution_arn(settings.region, settings.account, machine, name)

    async def begin(self, definition: str, given: str | None) -> str | None:
        """Start the execution, or find the one of this name and give its status. Raises OtherInput, ApiError."""
        there = await self._find()
        if there is not None:
            if given is not None and given != there["input"]:
                raise OtherInput
            return str(there["status"])
        await self._put_machine(definition)
        await self._call("StartExecution", state_machine_arn=self._machine_arn, name=self._name, input=given or "{}")
        return None

    async def follow(self, take: Callable[[list[dict[str, Any]]], None], interrupted: asyncio.Event) -> bool:
        """Hand on the history events as they are committed, until the execution ends: True; or until `interrupted`."""
        _, row = await execution_of(self.application.service, self._caller, self.arn)
        closed = asyncio.create_task(self.application.runtime.wait_closed(row.id))
        stopped = asyncio.create_task(interrupted.wait())
        reader = self.application.runtime.reader
        first = 1
        try:
            while True:
                ended = closed.done()  # looked at before the events are read, so that none is missed
                following: int | None = first
                while following is not None:
                    events, following = await reader.history(row.id, start=following, limit=_PAGE)
                    if events:
                        first = events[-1]["id"] + 1
                        take(events)
                if ended:
                    closed.result()
                    return True
                if interrupted.is_set():
                    return False
                await asyncio.wait((closed, stopped), timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closed.cancel()
            stopped.cancel()

    async def stop(self) -> None:
        """Abort the execution."""
        await self._call("StopExecution", execution_arn=self.arn, error="Interrupted", cause="Stopped by Ctrl-C.")

    async def outcome(self) -> Outcome:
        """How the execution stands now."""
        found = await self._call("DescribeExecution", execution_arn=self.arn)
        stopped_ms = found.get("stop_date") or self.application.clock.now_ms()
        elapsed_s = (stopped_ms - found["start_date"]) / 1000
        return Outcome(found["status"], found.get("output"), found.get("error"), found.get("cause"), elapsed_s)

    async def history(self) -> list[dict[str, Any]]:
        """All history events."""
        _, row = await execution_of(self.application.service, self._caller, self.arn)
        events: list[dict[str, Any]] = []
        following: int | None = 1
        while following is not None:
            page, following = await self.application.runtime.reader.history(row.id, start=following, limit=_PAGE)
            events += page
        return events

    async def _find(self) -> dict[str, Any] | None:
        try:
            return await self._call("DescribeExecution", execution_arn=self.arn)
        except ExecutionDoesNotExist:
            return None

    async def _put_machine(self, definition: str) -> None:
        """The state machine as the definition has it now; running executions keep the form that they began with."""
        role_arn = f"arn:aws:iam::{self._caller.account}:role/stepwell-run"
        try:
            await self._call("CreateStateMachine", name=self._machine, definition=definition, role_arn=role_arn)
        except StateMachineAlreadyExists:
            await self._call("UpdateStateMachine", state_machine_arn=self._machine_arn, definition=definition)

    async def _call(self, operation: str, **members: Any) -> dict[str, Any]:
        return await self.application.dispatch(self._caller, operation, members)
