"""Several runtimes over one database with shards, on a loop whose time jumps: what takes seconds takes none."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from stepwell.integrations.base import Registry
from stepwell.limits import AWS
from stepwell.payload import Payload
from stepwell.runtime.runtime import Runtime
from stepwell.store.records import ActivityRow, ExecutionRow, RevisionRow, StateMachineRow
from stepwell.store.sqlite import SqliteStore
from tests.runtime.faulty_store import FaultyStore
from tests.runtime.network import Network, SimCarrier
from tests.runtime.world import ACCOUNT, REGION, Script
from tests.simulation_runtime.loop import SimClock, SimLoop

LEASE_S = 5.0
SHARDS = 4


class Node:
    """One runtime; `script` says what its own calls of services that cannot recognise a repetition come to."""

    def __init__(self, shared: "Shared", name: str) -> None:
        self.script = Script()
        self.repeatable = Script(repeatable=True)
        registry = Registry(lambda: ())
        for service, script in (("lambda", self.script), ("glue", self.script), ("sqs", self.repeatable)):
            registry.register(service, script)
        self.store = FaultyStore(shared.inner)
        dice = Random(name)
        carrier = None if shared.network is None else SimCarrier(shared.network, self)
        self.runtime = Runtime(
            self.store, registry, AWS, shared.clock, dice, lease_s=LEASE_S, node_name=name, carrier=carrier
        )

    @property
    def shards(self) -> list[int]:
        return sorted(self.runtime.ownership.driven)

    async def start(self, shared: "Shared", name: str, given: str = "{}") -> bytes:
        execution_id, _ = await self.runtime.start_execution(
            self.runtime.machines.keep(*shared.machine), name, Payload(given)
        )
        return execution_id


class Shared:
    """The database, and the nodes."""

    def __init__(self, loop: SimLoop) -> None:
        self.loop = loop
        self.clock = SimClock(loop)
        self.inner = SqliteStore(":memory:", shards=SHARDS)
        self.machine: tuple[StateMachineRow, RevisionRow]
        self.network: Network | None = None  # by which nodes reach each other directly
        self.activity = ActivityRow(b"press".ljust(16), ACCOUNT, REGION, "press", 1)
        self.tasks_of: dict[Node, set[asyncio.Task[Any]]] = {}

    async def define(self, definition: dict[str, Any]) -> None:
        row = StateMachineRow(bytes(16), ACCOUNT, REGION, "m", "STANDARD", "ACTIVE", 1)
        revision = RevisionRow(row.id, 1, None, json.dumps(definition).encode(), "arn:aws:iam::0:role/r", b"{}", 1)
        assert await self.inner.create_state_machine(row, revision)
        assert await self.inner.create_activity(self.activity)
        self.machine = (row, revision)

    async def node(self, name: str) -> Node:
        """One that has joined and holds its share."""
        node = Node(self, name)
        before = set(self.loop.tasks())
        await node.runtime.open()
        self.tasks_of[node] = set(self.loop.tasks()) - before
        await self.rest()
        return node

    async def nodes(self, definition: dict[str, Any]) -> tuple[Node, Node]:
        """Two, each with half of the shards."""
        await self.define(definition)
        first, second = await self.node("first"), await self.node("second")
        assert (len(first.shards), len(second.shards)) == (SHARDS // 2, SHARDS // 2)
        return first, second

    async def rest(self) -> None:
        """Until everybody has seen everybody, and whatever was on its way has come."""
        await asyncio.sleep(2.0)

    async def kill(self, node: Node) -> None:
        """As kill -9 does: nothing of it ever answers again."""
        node.store.dead = True
        node.runtime.shard.timers.stop()
        for task in self.tasks_of[node]:
            task.cancel()
        await asyncio.sleep(0)

    async def row(self, execution_id: bytes) -> ExecutionRow:
        row = await self.inner.load_execution(execution_id)
        assert row is not None
        return row

    async def status(self, execution_id: bytes) -> str:
        return (await self.row(execution_id)).status

    def count(self, table: str) -> int:
        connection: Any = self.inner._sqlite._kept
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return number


def on_nodes(story: Callable[[Shared], Awaitable[None]]) -> Callable[[bool], None]:
    """A test that is told on a loop of its own, twice: nodes have the database alone between them, or lines as well.

    Nodes that are left are closed, and tasks cancelled.
    """

    async def tell(loop: SimLoop, lines: bool) -> None:
        shared = Shared(loop)
        if lines:
            shared.network = Network(Random(1), lambda: False)
        await shared.inner.open()
        await story(shared)

    def test(lines: bool) -> None:
        loop = SimLoop(1)
        try:
            loop.run_until_complete(tell(loop, lines))
        finally:
            for task in loop.tasks():
                task.cancel()
            loop.run_until_complete(asyncio.gather(*loop.tasks(), return_exceptions=True))
            loop.close()

    test.__name__ = story.__name__
    test.__doc__ = story.__doc__
    return pytest.mark.parametrize("lines", [False, True], ids=["post", "lines"])(test)
