"""State machines by name, kept: they are asked for with every start."""

import math
import time
from typing import Final

from stepwell.store.driver import Driver
from stepwell.store.records import RevisionRow, StateMachineRow
from stepwell.store.sql import SqlStore

_KEPT_MAX: Final = 10_000


class KeepsMachines(SqlStore):
    """A store that keeps machines for `kept_s` seconds at most, and until it writes to any of them itself."""

    def __init__(self, driver: Driver, kept_s: float = math.inf) -> None:
        super().__init__(driver)
        self._kept_s = kept_s
        self._machines: dict[tuple[str, str, str], tuple[float, StateMachineRow]] = {}

    async def find_state_machine(self, account: str, region: str, name: str) -> StateMachineRow | None:
        """A state machine by its name."""
        key = (account, region, name)
        kept = self._machines.get(key)
        asked_s = time.monotonic()
        if kept is not None and asked_s - kept[0] < self._kept_s:
            return kept[1]
        found = await super().find_state_machine(account, region, name)
        if found is None:
            self._machines.pop(key, None)
        elif key in self._machines or len(self._machines) < _KEPT_MAX:
            self._machines[key] = (asked_s, found)
        return found

    async def put_revision(self, revision: RevisionRow) -> None:
        """Add a revision and make it the current one. Raises CommitRefused: number taken, or no such machine."""
        try:
            await super().put_revision(revision)
        finally:
            self._machines.clear()

    async def mark_deleting(self, machine_id: bytes) -> None:
        """Set the machine's status to DELETING."""
        try:
            await super().mark_deleting(machine_id)
        finally:
            self._machines.clear()

    async def delete_state_machine(self, machine_id: bytes) -> None:
        """Remove a state machine and its revisions."""
        try:
            await super().delete_state_machine(machine_id)
        finally:
            self._machines.clear()
