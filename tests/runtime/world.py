"""A runtime over a real database, a clock that the test moves, and integrations that the test scripts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from stepwell.asl.compile import compile_definition
from stepwell.engine.failure import Failure
from stepwell.integrations.base import Call, Outcome, Registry
from stepwell.integrations.items import LocalBuckets
from stepwell.limits import AWS, Limits
from stepwell.payload import Payload
from stepwell.runtime.clock import ManualClock
from stepwell.runtime.identity import TaskRef
from stepwell.runtime.machines import Machine
from stepwell.runtime.runtime import Runtime
from stepwell.runtime.turns import Live
from stepwell.store.records import ActivityRow, RevisionRow, StateMachineRow
from stepwell.store.sqlite import SqliteStore
from tests.runtime.faulty_store import FaultyStore

ACCOUNT = "000000000000"
REGION = "us-east-1"
LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
SQS = "arn:aws:states:::sqs:sendMessage"
TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
GLUE = "arn:aws:states:::glue:startJobRun.sync"
ACTIVITY = f"arn:aws:states:{REGION}:{ACCOUNT}:activity:press"

Answer = Callable[[Call], Any]


def flow(*states: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """States one after the other."""
    chained = {}
    for place, (name, state) in enumerate(states):
        last = place + 1 == len(states)
        onward = (
            {}
            if state["Type"] in ("Fail", "Succeed", "Choice")
            else {"End": True}
            if last
            else {"Next": states[place + 1][0]}
        )
        chained[name] = {**onward, **state}
        if "Next" in state:
            chained[name].pop("End", None)
    return {"StartAt": states[0][0], "States": chained, **more}


def task(resource: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, **more}


class Script:
    """An integration whose answers the test gives: a value, an awaitable, or an exception to raise."""

    def __init__(self, *, repeatable: bool = False) -> None:
        self.repeatable = repeatable
        self.performed: list[Call] = []
        self.watched: list[tuple[Call, Payload]] = []
        self.cancelled: list[tuple[Call, Payload | None]] = []
        self.answer: Answer = lambda call: Payload('{"ok":true}')
        self.end: Answer = lambda call: Payload('{"ended":true}')

    def is_repeatable(self, action: str) -> bool:
        return self.repeatable

    async def perform(self, call: Call) -> Outcome:
        self.performed.append(call)
        outcome: Outcome = await _given(self.answer(call))
        return outcome

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        self.watched.append((call, submitted))
        outcome: Outcome = await _given(self.end(call))
        return outcome

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        self.cancelled.append((call, submitted))


async def _given(answer: Any) -> Any:
    if isinstance(answer, Awaitable):
        answer = await answer
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def never(_call: Call) -> Outcome:
    """An answer that does not come."""
    await asyncio.get_running_loop().create_future()
    return Failure(None, None)


class World:
    """One database and one server at a time."""

    def __init__(
        self, path: Path | str = ":memory:", *, limits: Limits = AWS, rerun: bool = False, buckets: Path | None = None
    ) -> None:
        self.path = path
        self.buckets = None if buckets is None else LocalBuckets(buckets)
        self.limits = limits
        self.rerun = rerun
        self.clock = ManualClock()
        self.script = Script()
        self.repeatable = Script(repeatable=True)
        self.registry = Registry(lambda: ())
        for service, script in (("lambda", self.script), ("glue", self.script), ("sqs", self.repeatable)):
            self.registry.register(service, script)
        self.inner = SqliteStore(path)
        self.machines: dict[str, tuple[StateMachineRow, RevisionRow]] = {}
        self.runtime: Runtime
        self.store: FaultyStore

    async def open(self) -> None:
        """A server takes the database over."""
        await self.inner.open()
        self.store = FaultyStore(self.inner)
        self.runtime = Runtime(
            self.store, self.registry, self.limits, self.clock, Random(1), rerun=self.rerun, buckets=self.buckets
        )
        await self.runtime.open()

    async def close(self, grace_s: float = 0.0) -> None:
        """In good order."""
        await self.runtime.close(grace_s)
        await self.inner.close()

    async def crash(self) -> None:
        """The server is gone, in the middle of whatever it did."""
        self.store.dead = True
        runtime = self.runtime
        known = (runtime.shard._task, runtime._takeover._task, *runtime.dispatcher._pending())
        known = (*known, *runtime.map_runs._tasks.values())
        tasks = [task for task in known if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        runtime.shard.timers.stop()
        await self.inner.close()
        self.inner = SqliteStore(self.path) if self.path != ":memory:" else self.inner

    async def restart(self) -> None:
        await self.crash()
        await self.open()

    # Doing things

    async def machine(self, definition: dict[str, Any], name: str = "m") -> None:
        key = len(self.machines).to_bytes(16)
        row = StateMachineRow(key, ACCOUNT, REGION, name, "STANDARD", "ACTIVE", 1)
        revision = RevisionRow(key, 1, None, json.dumps(definition).encode(), "arn:aws:iam::0:role/r", b"{}", 1)
        assert await self.inner.create_state_machine(row, revision)
        self.machines[name] = (row, revision)

    async def activity(self, name: str = "press") -> ActivityRow:
        row = ActivityRow(name.encode().ljust(16), ACCOUNT, REGION, name, 1)
        await self.inner.create_activity(row)
        return row

    async def start(self, name: str = "e", given: str = "{}", *, machine: str = "m") -> bytes:
        execution_id, _ = await self.runtime.start_execution(
            self.runtime.machines.keep(*self.machines[machine]), name, Payload(given)
        )
        return execution_id

    async def settle(self) -> None:
        """Until the server waits for somebody: nothing in the inbox, no task that could go on."""
        for _ in range(3):
            await asyncio.sleep(0)
            while self.runtime.shard._backlog.is_ready or self.runtime.shard._in_hand:  # noqa: ASYNC110  # no event tells
                await asyncio.sleep(0)

    async def pass_time(self, seconds: float) -> None:
        """Move the clock and let timers ring."""
        await self.settle()
        self.clock.advance(round(seconds * 1000))
        self.runtime.shard.timers._ring()
        await self.settle()

    # Looking

    async def history(self, execution_id: bytes) -> list[dict[str, Any]]:
        events, following = await self.runtime.reader.history(execution_id, start=None, limit=30_000)
        assert following is None
        return events

    async def types(self, execution_id: bytes) -> list[str]:
        return [event["type"] for event in await self.history(execution_id)]

    async def result(self, execution_id: bytes) -> tuple[str, str | None, str | None, str | None]:
        """Status, output, error, cause."""
        row = await self.inner.load_execution(execution_id)
        assert row is not None
        return (row.status, *await self.runtime.reader.result_of(row))

    async def live(self, execution_id: bytes) -> Live:
        live = self.runtime.shard.residents.get(execution_id) or await self.runtime._load(execution_id)
        assert live is not None
        return live

    async def attempt(self, execution_id: bytes, branch: int = 0) -> TaskRef:
        """The attempt that a branch waits for."""
        live = await self.live(execution_id)
        attempt = live.execution.branches[branch].attempt
        assert attempt is not None
        return TaskRef(0, execution_id, branch, attempt.number)

    def count(self, table: str) -> int:
        connection = self.inner._sqlite._reader
        assert connection is not None
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return number


@asynccontextmanager
async def world(
    path: Path | str = ":memory:", *, rerun: bool = False, buckets: Path | None = None, **limits: Any
) -> AsyncIterator[World]:
    """An open world; limits by name."""
    made = World(path, limits=replace(AWS, **limits), rerun=rerun, buckets=buckets)
    await made.open()
    try:
        yield made
    finally:
        made.store.down = made.store.dead = False
        await made.close()


async def express_machine(made: World, definition: dict[str, Any]) -> Machine:
    """An Express machine, stored and compiled."""
    await made.machine(definition)
    row, revision = made.machines["m"]
    row.type = "EXPRESS"
    compiled = compile_definition(revision.definition.decode(), type="EXPRESS").machine
    assert compiled is not None
    return Machine(row, revision, compiled, "arn")
