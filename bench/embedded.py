"""A runtime with its store, without a network, for the benchmarks of what lies below the API."""

import os
import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from stepwell.app import make_store, settle_memory
from stepwell.integrations.base import Call, Integration, Outcome, Registry
from stepwell.limits import AWS, Limits
from stepwell.payload import Payload
from stepwell.runtime.clock import SystemClock
from stepwell.runtime.runtime import Runtime
from stepwell.settings import Settings
from stepwell.store.records import RevisionRow, StateMachineRow

_MACHINE_ID = b"benchmark machin"


class Echo:
    """An integration that answers at once with a fixed result."""

    repeatable = True

    def __init__(self, result: str = '{"ok":true}') -> None:
        self.result = Payload(result)

    async def perform(self, call: Call) -> Outcome:
        """Answer."""
        return self.result

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        """Answer."""
        return submitted

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """Nothing to stop."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The runtime, and the one machine that is measured."""

    runtime: Runtime
    machine: StateMachineRow
    revision: RevisionRow
    folder: str

    async def start(self, name: str, given: str) -> bytes:
        """Start one execution; its id."""
        execution_id, _ = await self.runtime.start_execution(
            self.runtime.machines.keep(self.machine, self.revision), name, Payload(given)
        )
        return execution_id

    @property
    def database_bytes(self) -> int:
        """Size of the database with its log."""
        return sum(os.path.getsize(os.path.join(self.folder, name)) for name in os.listdir(self.folder))


@asynccontextmanager
async def embedded(
    definition: str,
    *,
    delay_ms: float = 0,
    functions: Integration | None = None,
    services: dict[str, Integration] | None = None,
    events_max: int | None = None,
    database: str | None = None,
) -> AsyncIterator[Embedded]:
    """Open a runtime over a fresh database, fully durable: a file, or the PostgreSQL that `database` is the address of.

    Lambda tasks go to `functions`, else to an echo; those of other services to `services`.
    """
    limits: Limits = AWS if events_max is None else replace(AWS, history_events_max=events_max)
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Settings(database=database or os.path.join(folder, "bench.db"), commit_delay_ms=delay_ms))
        await store.open()
        registry = Registry()
        registry.register("lambda", functions or Echo())
        for name, integration in (services or {}).items():
            registry.register(name, integration)
        runtime = Runtime(store, registry, limits, SystemClock(), random.Random(1))
        await runtime.open()
        settle_memory()  # as the server does
        machine = StateMachineRow(_MACHINE_ID, "000000000000", "us-east-1", "bench", "STANDARD", "ACTIVE", 1)
        revision = RevisionRow(_MACHINE_ID, 1, None, definition.encode(), "arn:aws:iam::000000000000:role/r", b"{}", 1)
        await store.create_state_machine(machine, revision)
        try:
            yield Embedded(runtime, machine, revision, folder)
        finally:
            await runtime.close()
            await store.close()
