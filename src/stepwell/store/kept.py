"""State machines and activities by name, kept: they are asked for with every start, and with every task of a worker."""

import math
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from stepwell.store.driver import Driver
from stepwell.store.records import ActivityRow, RevisionRow, StateMachineRow
from stepwell.store.sql import SqlStore

T = TypeVar("T")

Name = tuple[str, str, str]
"""Account, region, name."""

_KEPT_MAX: Final = 10_000


class Kept(Generic[T]):
    """What was found by name in the last `kept_s` seconds. What is not there is looked for every time."""

    def __init__(self, kept_s: float) -> None:
        self._kept_s = kept_s
        self._found: dict[Name, tuple[float, T]] = {}

    def get(self, name: Name) -> T | None:
        """What has this name, if it was found lately."""
        kept = self._found.get(name)
        return kept[1] if kept is not None and time.monotonic() - kept[0] < self._kept_s else None

    async def find(self, name: Name, find: Callable[[str, str, str], Awaitable[T | None]]) -> T | None:
        """What has this name; as it is before this returns."""
        asked_s = time.monotonic()
        found = await find(*name)
        if found is None:
            self._found.pop(name, None)
        elif name in self._found or len(self._found) < _KEPT_MAX:
            self._found[name] = (asked_s, found)
        return found

    def forget(self) -> None:
        """Something was changed."""
        self._found.clear()


class KeepsNames(SqlStore):
    """A store that keeps these for `kept_s` seconds at most, and until it writes to any of them itself."""

    def __init__(self, driver: Driver, kept_s: float = math.inf) -> None:
        super().__init__(driver)
        self._machines: Kept[StateMachineRow] = Kept(kept_s)
        self._activities: Kept[ActivityRow] = Kept(kept_s)

    async def find_state_machine(self, account: str, region: str, name: str) -> StateMachineRow | None:
        """A state machine by its name."""
        key = (account, region, name)
        return self._machines.get(key) or await self._machines.find(key, super().find_state_machine)

    async def put_revision(self, revision: RevisionRow) -> None:
        """Add a revision and make it the current one. Raises CommitRefused: number taken, or no such machine."""
        try:
            await super().put_revision(revision)
        finally:
            self._machines.forget()

    async def mark_deleting(self, machine_id: bytes) -> None:
        """Set the machine's status to DELETING."""
        try:
            await super().mark_deleting(machine_id)
        finally:
            self._machines.forget()

    async def delete_state_machine(self, machine_id: bytes) -> None:
        """Remove a state machine and its revisions."""
        try:
            await super().delete_state_machine(machine_id)
        finally:
            self._machines.forget()

    async def find_activity(self, account: str, region: str, name: str) -> ActivityRow | None:
        """An activity by its name."""
        key = (account, region, name)
        return self._activities.get(key) or await self._activities.find(key, super().find_activity)

    async def delete_activity(self, activity_id: bytes) -> None:
        """Remove the activity and its waiting tasks' rows."""
        try:
            await super().delete_activity(activity_id)
        finally:
            self._activities.forget()
