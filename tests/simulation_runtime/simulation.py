"""One seed, one story: a server on a virtual clock, clients, services, crashes; and at the end, what must be true.

The server is a whole `Runtime` over the real SQLite in memory. A crash throws the runtime and all of its tasks away at
whatever they wait for; the next one opens the same database. Clients and services live on, and remember what they were
told: the ledger.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any, TypeVar

from stepwell.engine.failure import Failure
from stepwell.integrations.base import Registry
from stepwell.limits import AWS
from stepwell.payload import Payload
from stepwell.runtime.identity import TaskRef
from stepwell.runtime.runtime import ActivityTask, Runtime
from stepwell.runtime.shard import NameTaken, Overloaded, StoreUnavailable
from stepwell.store.protocol import StoreError
from stepwell.store.records import ActivityRow, Commit, RevisionRow, StateMachineRow
from stepwell.store.sqlite import SqliteStore
from tests.runtime.faulty_store import FaultyStore
from tests.simulation_runtime.checks import (
    answers_in,
    check_at_rest,
    check_history,
    history_of,
    rows_left,
    unknown_outcomes,
)
from tests.simulation_runtime.expressions import lend_processes
from tests.simulation_runtime.loop import SimClock, SimLoop
from tests.simulation_runtime.machines import ACCOUNT, ACTIVITIES, REGION, Maker
from tests.simulation_runtime.map_runs import check_map_runs
from tests.simulation_runtime.services import Outside, Service

T = TypeVar("T")
TROUBLE_S = 90.0
END_S = 4_000.0
UNKNOWN = (StoreUnavailable, StoreError, Overloaded)


class ConnectionLost(Exception):
    """The server went away before it answered."""


@dataclass
class Ledger:
    """What the server has acknowledged."""

    started: dict[str, bytes] = field(default_factory=dict)
    stopped: dict[bytes, str] = field(default_factory=dict)
    said: dict[str, tuple[bytes, bool | None]] = field(default_factory=dict)
    won: Counter[tuple[bytes, int, int]] = field(default_factory=Counter)
    handed: Counter[str] = field(default_factory=Counter)
    redriven: Counter[bytes] = field(default_factory=Counter)


class Life:
    """One life of the server, from opening to crash."""

    def __init__(self, simulation: "Simulation") -> None:
        self.store = FaultyStore(simulation.inner)
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        registry = Registry(lambda: ())
        registry.register("lambda", simulation.once)
        registry.register("glue", simulation.once)
        registry.register("sqs", simulation.repeatable)
        registry.register("ecs", simulation.repeatable)
        self.runtime = Runtime(
            self.store, registry, simulation.limits, simulation.clock, Random(simulation.dice.random())
        )
        lend_processes(self.runtime.dispatcher.evaluator)


class Simulation:
    """Runs one seed."""

    module = "tests.simulation_runtime"

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = dice = Random(seed)
        self.loop = SimLoop(dice.getrandbits(32))
        self.clock = SimClock(self.loop)
        self.inner = SqliteStore(":memory:")
        self.outside = Outside(Random(dice.random()))
        self.once = Service(self.outside, repeatable=False)
        self.repeatable = Service(self.outside, repeatable=True)
        self.limits = replace(
            AWS,
            transitions_per_turn_max=dice.choice((1, 3, 20, 500)),
            resident_executions_max=dice.choice((1, 2, 2_000)),
            blob_bytes_min=dice.choice((40, 400, 32_768)),
            activity_poll_s=dice.choice((5.0, 60.0)),
            history_events_max=dice.choice((200, 25_000, 25_000)),
        )
        self.ledger = Ledger()
        self.rates = {
            "crash": dice.choice((0.0, 0.02, 0.1)),
            "fail": dice.choice((0.0, 0.0, 0.05)),
            "refuse": dice.choice((0.0, 0.0, 0.05)),
            "cut": dice.choice((0.0, 0.05)),
        }
        self.machines: list[tuple[StateMachineRow, RevisionRow]] = []
        self.activities: list[ActivityRow] = []
        self.life: Life | None = None
        self.lives = 0
        self.rises_ms: list[int] = []
        self.looked = 0
        self.runs: Counter[str] = Counter()
        self.refusals = 0
        self.trouble = True
        self._crash = asyncio.Event()
        self._outsiders: set[asyncio.Task[Any]] = set()
        self._tags = 0

    # The server's life

    def run(self) -> None:
        """Tell the story. Raises AssertionError (or whatever went wrong) with the command that tells it again."""
        logging.disable(logging.CRITICAL)
        try:
            self.loop.run_until_complete(self._main())
        except BaseException as error:
            error.add_note(f"Reproduce with: python -m {self.module} {self.seed}")
            raise
        finally:
            logging.disable(logging.NOTSET)
            self._clean_up()

    def _clean_up(self) -> None:
        pending = self.loop.tasks()
        for task in pending:
            task.cancel()
        if pending:
            self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self.loop.close()

    async def _main(self) -> None:
        main = asyncio.current_task()
        assert main is not None
        self._outsiders.add(main)
        await self.inner.open()
        await self._furnish()
        await self._rise()
        clients = self._clients()
        troubles = self._outsider(self._server())
        looks = (
            0  # in a row that found everything over: what was under way when its asker gave up is seen by the second
        )
        while self.loop.now_s < END_S and looks < 2:
            await asyncio.sleep(5)
            failed = [
                task for task in (*clients, troubles) if task.done() and not task.cancelled() and task.exception()
            ]
            for task in failed:
                task.result()
            looks = looks + 1 if not self.trouble and await self._is_over(clients) else 0
        troubles.cancel()
        await asyncio.sleep(1)  # from the last commit to what follows it
        assert await self._is_over(clients), (
            f"not over: {[row.execution_id.hex() for row in await self.inner.scan_open(0)]}"
        )
        await self._judge()

    async def _is_over(self, clients: list[asyncio.Task[None]]) -> bool:
        done = self.life is not None and self._are_quiet(clients)
        return done and not await self.inner.scan_open(0) and not await self.inner.scan_map_runs(0)

    def _are_quiet(self, clients: list[asyncio.Task[None]]) -> bool:
        """Whether nothing new is asked for."""
        return all(task.done() for task in clients if task.get_name() in ("starter", "operator"))

    async def _furnish(self) -> None:
        maker = Maker(self.dice)
        for number in range(self.dice.randint(2, 4)):
            key = number.to_bytes(16)
            machine = StateMachineRow(key, ACCOUNT, REGION, f"m{number}", "STANDARD", "ACTIVE", 1)
            revision = RevisionRow(key, 1, None, maker.definition().encode(), "arn:aws:iam::0:role/r", b"{}", 1)
            await self.inner.create_state_machine(machine, revision)
            self.machines.append((machine, revision))
        for number, name in enumerate(ACTIVITIES):
            activity = ActivityRow((100 + number).to_bytes(16), ACCOUNT, REGION, name, 1)
            await self.inner.create_activity(activity)
            self.activities.append(activity)

    async def _rise(self) -> None:
        self._crash.clear()
        life = Life(self)
        life.store.before = life.store.after = self._around_commit
        life.store.look = partial(self._perhaps_refuse, life.store)
        life.store.failing = (
            {n for n in range(2_000) if self.dice.random() < self.rates["fail"]} if self.trouble else set()
        )
        await life.runtime.open()
        self.life = life
        self.lives += 1
        self.rises_ms.append(self.clock.now_ms())

    async def _around_commit(self, number: int) -> None:
        """Before and after every commit: time passes, and perhaps the server dies here."""
        dice = self.dice
        if self.trouble and dice.random() < self.rates["crash"]:
            self._crash.set()
            await self.loop.create_future()
        if dice.random() < 0.5:
            await asyncio.sleep(dice.choice((0.0, 0.001, 0.05)))

    def _perhaps_refuse(self, store: FaultyStore, commits: Sequence[Commit]) -> None:
        if self.trouble and self.dice.random() < self.rates["refuse"]:
            commit = self.dice.choice(commits)
            if commit.execution_id not in store.refused:
                self.refusals += 1
                store.refused[commit.execution_id] = self.dice.choice((1, 1, 2))

    async def _server(self) -> None:
        """Crashes, restarts in good order, outages; then peace."""
        dice = self.dice
        while self.loop.now_s < TROUBLE_S:
            try:
                await asyncio.wait_for(self._crash.wait(), dice.uniform(0.5, 30.0))
                await self._fall()
            except TimeoutError:
                await self._something_happens()
            if self.life is None:
                await asyncio.sleep(dice.choice((0.0, 0.5, 12.0)))
                await self._rise()
        self.trouble = False
        assert self.life is not None
        self.life.store.failing = set()
        self.life.store.refused = {}
        self.life.store.down = False
        if self._crash.is_set():
            await self._fall()
            await self._rise()

    async def _something_happens(self) -> None:
        life, dice = self.life, self.dice
        assert life is not None
        what = dice.choice(("crash", "close", "outage", "look", "look", "look"))
        if what == "crash":
            await self._fall()
        elif what == "close":
            await self._close()
        elif what == "outage":
            life.store.down = True
            await asyncio.sleep(dice.choice((0.1, 3.0, 20.0)))
            life.store.down = False
        elif what == "look":
            await self._look()

    async def _fall(self) -> None:
        """The process is killed."""
        life = self.life
        assert life is not None
        self.life = None
        life.store.dead = True
        life.gone.set_result(None)
        dying = [task for task in self.loop.tasks() if task not in self._outsiders]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        life.runtime.shard.timers.stop()

    async def _close(self) -> None:
        """The process ends in good order; its clients are cut off when it has."""
        life = self.life
        assert life is not None
        life.store.failing = set()
        closing = self.loop.create_task(life.runtime.close(self.dice.choice((0.0, 2.0))))
        crash = self._outsider(self._crash.wait())
        await asyncio.wait([closing, crash], return_when=asyncio.FIRST_COMPLETED)
        crash.cancel()
        await self._fall()

    async def _look(self) -> None:
        """When the server is at rest, everything open must be on its way."""
        life = self.life
        assert life is not None
        runtime = life.runtime
        if not runtime.shard.is_idle or runtime.recovery or life.store.down:
            return
        connection = self.inner._sqlite._kept
        assert connection is not None
        rows = connection.execute("SELECT execution_id, branch, attempt FROM activity_tasks").fetchall()
        busy = [task for task in runtime.dispatcher._running.values() if task.done()]
        if not busy:
            self.looked += 1
            await check_at_rest(runtime, set(rows))

    # The clients

    def _outsider(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = self.loop.create_task(work)
        self._outsiders.add(task)
        return task

    def _clients(self) -> list[asyncio.Task[None]]:
        clients = []
        for number in range(self.dice.randint(2, 8)):
            task = self._outsider(self._starter(f"e{number}"))
            task.set_name("starter")
            clients.append(task)
        clients.append(self._outsider(self._starter("e0")))
        operator = self._outsider(self._operator())
        operator.set_name("operator")
        clients.append(operator)
        for activity in self.activities:
            for number in range(self.dice.randint(1, 2)):
                clients.append(self._outsider(self._worker(activity, f"worker {number}")))
        clients.append(self._outsider(self._token_holder()))
        return clients

    async def request(self, work: Callable[[Runtime], Awaitable[T]]) -> T:
        """Ask the server; ConnectionLost when it dies, is dead, or the client itself gives up."""
        life = self.life
        if life is None:
            await asyncio.sleep(0.2)
            raise ConnectionLost
        return await self._ask(life, self.loop.create_task(_perform(work, life.runtime)))

    async def _ask(self, life: Life, task: "asyncio.Task[T]") -> T:
        """What a life answers. ConnectionLost when it dies, or the client has no patience."""
        cut = self.trouble and self.dice.random() < self.rates["cut"]
        patience_s = self.dice.choice((0.0, 0.001, 0.05)) if cut else None
        either: list[asyncio.Future[Any]] = [task, life.gone]
        await asyncio.wait(either, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            raise ConnectionLost
        if task.cancelled():
            raise ConnectionLost
        return task.result()

    async def _starter(self, name: str) -> None:
        machine, revision = self.dice.choice(self.machines)
        given = Payload.of({"name": name, "text": "y" * self.dice.choice((0, 0, 1_000))})
        await asyncio.sleep(self.dice.uniform(0, 60))
        while True:
            try:
                execution_id, _ = await self.request(
                    lambda runtime: runtime.start_execution(runtime.machines.keep(machine, revision), name, given)
                )
            except NameTaken as taken:
                execution_id = taken.execution_id
            except (ConnectionLost, *UNKNOWN):
                await asyncio.sleep(self.dice.choice((0.01, 1.0)))
                continue
            key = f"{machine.name}/{name}"
            assert self.ledger.started.setdefault(key, execution_id) == execution_id, "one name, two executions"
            return

    async def _operator(self) -> None:
        """Stops executions, and redrives those that have ended badly."""
        while self.trouble:
            await asyncio.sleep(self.dice.uniform(1, 15))
            known = list(self.ledger.started.values())
            self.dice.shuffle(known)
            if not known or not self.trouble:
                continue
            try:
                if self.dice.random() < 0.3:
                    await self._stop(known[0])
                for execution_id in known:
                    if await self._redrive(execution_id):
                        break
            except (ConnectionLost, *UNKNOWN):
                continue

    async def _stop(self, execution_id: bytes) -> None:
        cause = self._tag()
        if await self.request(partial(Runtime.stop_execution, execution_id=execution_id, error="Halt", cause=cause)):
            assert execution_id not in self.ledger.stopped, "stopped twice"
            self.ledger.stopped[execution_id] = cause

    async def _redrive(self, execution_id: bytes) -> bool:
        """Whether an execution was redriven. Nobody knows it of a redrive without an answer: it may still happen."""
        row = await self.inner.load_execution(execution_id)
        assert row is not None
        if row.status in ("RUNNING", "SUCCEEDED"):
            return False
        self.ledger.stopped.pop(execution_id, None)

        async def redrive(runtime: Runtime) -> bool:
            return await runtime.requests.redrive(row, runtime.clock.now_ms(), b"\x01\x90")

        redriven = await self.request(redrive)
        self.ledger.redriven[execution_id] += redriven
        return redriven

    def _tag(self) -> str:
        self._tags += 1
        return f"tag {self._tags}"

    async def _worker(self, activity: ActivityRow, name: str) -> None:
        while True:
            try:
                task: ActivityTask | None = await self.request(lambda runtime: runtime.poll_activity(activity, name))
            except (ConnectionLost, *UNKNOWN):
                await asyncio.sleep(0.5)
                continue
            if task is not None:
                self.ledger.handed[task.token] += 1
                assert self.ledger.handed[task.token] == 1, "one task, two workers"
                await self._work_on(task.token)
            await asyncio.sleep(0.01)

    async def _token_holder(self) -> None:
        while True:
            await asyncio.sleep(0.3)
            tokens, self.outside.tokens = self.outside.tokens, []
            for token in tokens:
                self._outsider(self._work_on(token))

    async def _work_on(self, token: str) -> None:
        """Whoever has a token: answers at once or late, once or twice, with heartbeats or without, or never."""
        dice = self.dice
        if dice.random() < 0.1:
            return
        for _ in range(dice.choice((0, 0, 3))):
            await asyncio.sleep(dice.choice((1.0, 3.0)))
            await self._beat(token)
        await asyncio.sleep(dice.choice((0.0, 0.0, 1.0, 5.0, 100.0)))
        for _ in range(dice.choice((1, 1, 1, 2))):
            for _ in range(4):
                if await self._answer(token) is not None:
                    break
                await asyncio.sleep(1.0)

    async def _beat(self, token: str) -> None:
        try:
            await self.request(lambda runtime: runtime.heartbeat(self._read(runtime, token)))
        except (ConnectionLost, *UNKNOWN):
            pass

    async def _answer(self, token: str) -> bool | None:
        tag = self._tag()
        well = self.dice.random() < 0.8
        text = f'{{"by":"{tag}"}}'
        outcome: Payload | Failure = Payload(text) if well else Failure("Worker", tag)
        ref: list[TaskRef] = []

        async def finish(runtime: Runtime) -> bool:
            ref.append(self._read(runtime, token))
            return await runtime.finish_task(ref[0], outcome)

        answer: bool | None = None
        try:
            answer = await self.request(finish)
        except (ConnectionLost, *UNKNOWN):
            pass
        if ref:
            self.ledger.said[text if well else tag] = (ref[0].execution_id, answer)
            if answer:
                key = (ref[0].execution_id, ref[0].branch, ref[0].attempt)
                self.ledger.won[key] += 1
                assert self.ledger.won[key] == 1, "one attempt, two completions"
        return answer

    def _read(self, runtime: Runtime, token: str) -> TaskRef:
        ref = runtime.tokens.read(token, ACCOUNT, REGION)
        assert ref is not None, "a token of ours is refused"
        return ref

    # The judgement

    async def _judge(self) -> None:
        assert self.life is not None
        runtime = self.life.runtime
        self._judge_effects()
        listed: set[bytes] = set()
        for machine, _ in self.machines:
            for _, line in await self.inner.list_executions(machine.id, None, None, 1_000):
                listed.add(line.execution_id)
                await self._judge_execution(runtime, line.execution_id)
        assert set(self.ledger.started.values()) <= listed, "an acknowledged start is gone"
        left = rows_left(self.inner._sqlite._kept)
        assert not any(left.values()), f"rows of closed executions are left: {left}"
        assert len(runtime.shard.timers) == 0
        assert len(runtime.shard.residents) == 0
        assert not runtime.activities._keys
        await runtime.close(0)
        assert not runtime.dispatcher.in_flight

    def _judge_effects(self) -> None:
        twice = [attempt for attempt in self.outside.once if self.outside.effects[attempt] > 1]
        assert not twice, f"performed more than once: {twice}"

    async def _judge_execution(self, runtime: Runtime, execution_id: bytes) -> None:
        events = await history_of(runtime, execution_id)
        check_history(events, closed=True)
        row = await self.inner.load_execution(execution_id)
        assert row is not None
        assert row.status != "RUNNING"
        assert row.redrives >= self.ledger.redriven[execution_id], "an acknowledged redrive is gone"
        assert [event["type"] for event in events].count("ExecutionRedriven") == row.redrives
        for child in await check_map_runs(self.inner, execution_id, self.runs):
            await self._judge_execution(runtime, child)
        output, error, cause = await runtime.reader.result_of(row)
        assert (output is not None) == (row.status == "SUCCEEDED")
        if execution_id in self.ledger.stopped:
            assert (row.status, error, cause) == ("ABORTED", "Halt", self.ledger.stopped[execution_id])
        self._judge_unknown(events)
        answers = answers_in(events)
        full = (cause or "").startswith("The execution reached the maximum number of history events")
        for said, (of, answer) in self.ledger.said.items():
            if of == execution_id:
                expected = {True: (0, 1) if full else (1,), False: (0,), None: (0, 1)}[answer]
                assert answers.get(said, 0) in expected, (
                    f"{said} was answered {answer} and is there {answers.get(said)}"
                )

    def _judge_unknown(self, events: list[dict[str, Any]]) -> None:
        for failed, scheduled in unknown_outcomes(events):
            assert any(scheduled <= risen <= failed for risen in self.rises_ms), "a call of this life was given up"


async def _perform(work: Callable[[Runtime], Awaitable[T]], runtime: Runtime) -> T:
    return await work(runtime)


def run(seed: int) -> Simulation:
    """Run one seed to its end."""
    simulation = Simulation(seed)
    simulation.run()
    return simulation
