"""One seed, one story of several nodes: their clocks, their network, their pauses and deaths; and what must be true.

Each node is a whole `Runtime` with a clock of its own over one SQLite database in memory that has several shards. What
is told of a single server (see `tests.simulation_runtime`) holds for all of them together: what any node has
acknowledged is there, once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, copy_context
from random import Random
from typing import Any

from stepwell.integrations.base import Registry
from stepwell.runtime.messages import RedriveRequested, decode_request
from stepwell.runtime.runtime import Runtime
from stepwell.store.sqlite import SqliteStore
from tests.runtime.network import Network, SimCarrier
from tests.simulation_nodes.shared_store import SharedStore
from tests.simulation_runtime.checks import rows_left, unknown_outcomes
from tests.simulation_runtime.expressions import lend_processes
from tests.simulation_runtime.loop import SimLoop
from tests.simulation_runtime.simulation import ConnectionLost, Simulation, T

SHARDS = 6
LEASE_S = 5.0
NODE: ContextVar["Life | None"] = ContextVar("node", default=None)


class NodeLoop(SimLoop):
    """Knows of each task which node it is part of."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.owner: dict[asyncio.Task[Any], Life] = {}

    def _make_task(self, loop: Any, work: Any, **more: Any) -> "asyncio.Task[Any]":
        task = super()._make_task(loop, work, **more)
        context = more.get("context")
        life = NODE.get() if context is None else context.get(NODE)
        if life is not None:
            self.owner[task] = life
            task.add_done_callback(lambda done: self.owner.pop(done, None))
        return task


class NodeClock:
    """Stands wrong by some seconds, and runs a little fast or slow."""

    def __init__(self, loop: SimLoop, offset_ms: int, rate: float) -> None:
        self._loop = loop
        self._at_ms = 1_700_000_000_000 + offset_ms
        self._rate = rate

    def now_ms(self) -> int:
        return self._at_ms + int(self._loop.now_s * 1000 * self._rate + 1e-6)


class Life:
    """One life of one node."""

    def __init__(self, simulation: "NodesSimulation", place: int) -> None:
        self.place = place
        dice = Random(simulation.dice.random())
        self.store = SharedStore(simulation.inner, dice, simulation.rates, lambda: simulation.trouble)
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        registry = Registry(lambda: ())
        for service in ("lambda", "glue"):
            registry.register(service, simulation.once)
        for service in ("sqs", "ecs"):
            registry.register(service, simulation.repeatable)
        self.runtime = Runtime(
            self.store,
            registry,
            simulation.limits,
            simulation.clocks[place],
            Random(simulation.dice.random()),
            lease_s=LEASE_S,
            node_name=f"node {place}",
            carrier=SimCarrier(simulation.network, self),
        )
        lend_processes(self.runtime.dispatcher.evaluator)
        for pace in (self.runtime.nodes.post.pace, self.runtime.nodes.foreign_tasks.pace):
            pace.busy_s, pace.idle_s = 0.1, 1.0  # looks that find nothing are most of what a seed costs


class NodesSimulation(Simulation):
    """Runs one seed."""

    module = "tests.simulation_nodes"

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        dice = self.dice
        self.loop = NodeLoop(dice.getrandbits(32))
        self.inner = SqliteStore(":memory:", shards=SHARDS)
        self.places = dice.choice((2, 2, 3))
        self.clocks = [
            NodeClock(self.loop, dice.choice((0, 0, -3_000, 40_000)), dice.choice((1.0, 1.0, 1.02, 0.98)))
            for _ in range(self.places)
        ]
        self.rates.update(
            slow=dice.choice((0.0, 0.02)),
            cut=dice.choice((0.0, 0.0, 0.01)),
            lose=dice.choice((0.0, 0.6)),
            repeat=dice.choice((0.0, 0.3)),
            unknown=dice.choice((0.0, 0.0, 0.02)),
        )
        self.network = Network(Random(seed), lambda: self.trouble)
        self.nodes: list[Life | None] = [None] * self.places
        self.all_lives: list[Life] = []
        self.interrupted_s: list[float] = []  # when a node was killed, paused, or cut off from the database

    # The nodes' lives

    async def _rise(self) -> None:
        for place in range(self.places):
            await self._rise_at(place)

    async def _rise_at(self, place: int) -> None:
        """Begins to live; the network may want several tries."""
        while True:
            life = Life(self, place)
            self.all_lives.append(life)
            life.store.before = self._around_commit
            life.store.look = lambda commits, store=life.store: self._perhaps_refuse(store, commits)
            context = copy_context()
            context.run(NODE.set, life)
            opening = self.loop.create_task(life.runtime.open(), context=context)
            await asyncio.wait([opening])
            if opening.exception() is None:
                self.nodes[place] = life
                self.lives += 1
                return
            await self._kill(life)
            await asyncio.sleep(1)

    async def _around_commit(self, number: int) -> None:
        if self.dice.random() < 0.3:
            await asyncio.sleep(self.dice.choice((0.0, 0.001, 0.05)))

    async def _server(self) -> None:
        while self.loop.now_s < 90:
            await asyncio.sleep(self.dice.uniform(0.5, 15.0))
            await self._something_happens()
        self.trouble = False
        for life in self.nodes:
            if life is not None:
                life.store.down = False
                life.store.refused = {}
                life.store.resume()
        for place in range(self.places):
            if self.nodes[place] is None:
                await self._rise_at(place)

    async def _something_happens(self) -> None:
        dice = self.dice
        place = dice.randrange(self.places)
        life = self.nodes[place]
        if life is None:
            await self._rise_at(place)
            return
        what = dice.choice(("kill", "pause", "close", "cut off", "outage", "nothing", "nothing"))
        if what in ("kill", "pause", "cut off", "outage"):
            self.interrupted_s.append(self.loop.now_s)
        if what == "kill":
            self.nodes[place] = None
            await self._kill(life)
        elif what == "close":
            self.nodes[place] = None
            await self._close_life(life)
        elif what == "pause":
            life.store.pause()
            await asyncio.sleep(dice.choice((0.5, 4.0, 2 * LEASE_S)))
            life.store.resume()
        elif what in ("cut off", "outage"):
            chosen = [life] if what == "cut off" else [other for other in self.nodes if other is not None]
            for other in chosen:
                other.store.down = True
            await asyncio.sleep(dice.choice((0.5, 4.0, 2 * LEASE_S)))
            for other in chosen:
                other.store.down = False

    async def _kill(self, life: Life) -> None:
        life.store.dead = True
        self.network.cut(life)
        if not life.gone.done():
            life.gone.set_result(None)
        dying = [task for task in self.loop.tasks() if self.loop.owner.get(task) is life]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        life.runtime.shard.timers.stop()

    async def _close_life(self, life: Life) -> None:
        """In good order, if it can; its clients are cut off when it has ended."""
        context = copy_context()
        context.run(NODE.set, life)
        closing = self.loop.create_task(life.runtime.close(self.dice.choice((0.0, 2.0))), context=context)
        await asyncio.wait([closing], timeout=20.0)
        if not closing.done():
            self.interrupted_s.append(self.loop.now_s)
        elif not closing.cancelled() and closing.exception() is not None:
            raise closing.exception() or AssertionError
        self.interrupted_s.append(self.loop.now_s)  # calls that had no time to end
        await self._kill(life)

    # Clients

    async def request(self, work: Callable[[Runtime], Awaitable[T]]) -> T:
        """Ask any node."""
        life = self.dice.choice(self.nodes)
        if life is None:
            await asyncio.sleep(0.2)
            raise ConnectionLost
        context = copy_context()
        context.run(NODE.set, life)
        return await self._ask(life, self.loop.create_task(_perform(work, life.runtime), context=context))

    # The judgement

    async def _is_over(self, clients: list[asyncio.Task[None]]) -> bool:
        if any(life is None for life in self.nodes):
            return False
        if not self._are_quiet(clients) or self._may_open_again():
            return False
        for shard in range(SHARDS):
            if await self.inner.scan_open(shard) or await self.inner.scan_map_runs(shard):
                return False
        return True

    def _may_open_again(self) -> bool:
        """Whether a redrive is under way: though its asker has given up, it may still open what had ended."""
        connection: Any = self.inner._sqlite._kept
        bodies = [body for (body,) in connection.execute("SELECT body FROM inbox")]
        for life in self.nodes:
            if life is not None:
                bodies += [asked.message.body for asked in life.runtime.outbox._waiting.values()]
        return any(isinstance(decode_request(body), RedriveRequested) for body in bodies)

    async def _judge(self) -> None:
        for task in self._outsiders - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(3 * LEASE_S)  # shards come to rest, and messages
        self._judge_effects()
        lives = [life for life in self.nodes if life is not None]
        runtime = lives[0].runtime
        listed: set[bytes] = set()
        for machine, _ in self.machines:
            for _, line in await self.inner.list_executions(machine.id, None, None, 1_000):
                listed.add(line.execution_id)
                await self._judge_execution(runtime, line.execution_id)
        assert set(self.ledger.started.values()) <= listed, "an acknowledged start is gone"
        left = rows_left(self.inner._sqlite._kept)
        assert not any(left.values()), f"rows of closed executions are left: {left}"
        nodes, shards = await self.inner.load_nodes()
        living = {life.runtime.nodes.leases.node_id for life in lives}
        assert {node.id for node in nodes} == living, "a node that has ended is still there"
        assert {row.node for row in shards} == living, "a shard has no owner, or one that has ended"
        assert sorted(shard for life in lives for shard in life.runtime.ownership.driven) == list(range(SHARDS))
        for life in lives:
            assert len(life.runtime.shard.timers) == 0
            assert len(life.runtime.shard.residents) == 0
            assert not life.runtime.activities._keys
        for life in lives:
            await life.runtime.close(0)
        connection: Any = self.inner._sqlite._kept
        for table in ("inbox", "replies", "nodes"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), f"rows are left in {table}"

    def _judge_unknown(self, events: list[dict[str, Any]]) -> None:
        """A call is given up only if its node was interrupted while it was made."""
        for failed, scheduled in unknown_outcomes(events):
            around = 60_000  # clocks stand wrong by so much
            times = [1_700_000_000_000 + second * 1000 for second in self.interrupted_s]
            assert any(scheduled - around <= at <= failed + around for at in times), "a call was given up for nothing"


async def _perform(work: Callable[[Runtime], Awaitable[T]], runtime: Runtime) -> T:
    return await work(runtime)


def run(seed: int) -> NodesSimulation:
    """Run one seed to its end."""
    simulation = NodesSimulation(seed)
    simulation.run()
    return simulation
