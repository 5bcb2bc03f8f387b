"""The runtime's only door: start, submit, poll; and its life: recover, run, drain."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Final

from stepwell.engine.commands import Command, RedriveMapRun, ScheduleActivity, StartMapRun, StopMapRun
from stepwell.engine.events import (
    Event,
    HeartbeatReceived,
    MachineDeleted,
    StopRequested,
    TaskFailed,
    TaskSucceeded,
)
from stepwell.engine.execution import Execution
from stepwell.engine.failure import Failure
from stepwell.integrations.base import Registry
from stepwell.integrations.items import Buckets
from stepwell.limits import Limits
from stepwell.payload import Payload
from stepwell.runtime.activities import ActivityQueues
from stepwell.runtime.carrier import Carrier
from stepwell.runtime.clock import Clock
from stepwell.runtime.codec import decode_detail, own, restore
from stepwell.runtime.dispatcher import Dispatcher
from stepwell.runtime.ephemeral import Ephemeral
from stepwell.runtime.express import Express
from stepwell.runtime.handing_out import ActivityTask, HandingOut
from stepwell.runtime.identity import TaskRef, TokenKeys, new_id, new_name
from stepwell.runtime.logbook import Logbook
from stepwell.runtime.machines import Machine, Machines
from stepwell.runtime.map_runs import MapRuns
from stepwell.runtime.news import News
from stepwell.runtime.nodes import Nodes
from stepwell.runtime.outbox import Outbox
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.reader import Reader
from stepwell.runtime.recovery import Recovery, leave_unbegun, lend_heartbeats, take_unbegun
from stepwell.runtime.redriving import Redriving
from stepwell.runtime.refusals import Moved, StoreUnavailable
from stepwell.runtime.requests import MOVES_MAX, Requests
from stepwell.runtime.shard import Shard
from stepwell.runtime.takeover import Takeover
from stepwell.runtime.turns import Item, Live, TaskKey, Turn
from stepwell.runtime.watchers import Watchers
from stepwell.store.protocol import Store
from stepwell.store.records import (
    ActivityRow,
    ActivityTaskRow,
    ExecutionRow,
    MapRunRow,
    StateMachineRow,
)

__all__ = ["ActivityTask", "Runtime"]

log = logging.getLogger("stepwell.runtime")

LEASE_S: Final = 5.0
_LOOK_S: Final = 0.25  # for the end of an execution of another node
_LAST_COMMITS_S: Final = 5.0


class Runtime:
    """Everything that makes executions go on, on one node."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        limits: Limits,
        clock: Clock,
        dice: Random,
        *,
        rerun: bool = False,
        buckets: Buckets | None = None,
        lease_s: float = LEASE_S,
        node_name: str = "",
        logs: bool = False,
        carrier: Carrier | None = None,
    ) -> None:
        self.store = store
        self.limits = limits
        self.clock = clock
        self.dice = dice
        self.machines = Machines(store, limits, logs=logs)
        self.logbook = Logbook()
        self.reader = Reader(store)
        self._lease_s = lease_s
        self.ownership = ownership = Ownership(store, clock)
        self.activities = ActivityQueues(store, clock, limits)
        self.registry = registry
        self.dispatcher = Dispatcher(
            registry, self._submit_later, limits.blob_bytes_min, rerun=rerun, drives=ownership.drives
        )
        self.watchers = Watchers()
        self.ephemeral = Ephemeral(registry, limits, clock, dice)
        self.express = Express(
            store, ownership, self.ephemeral, limits, clock, dice, self.machines, self.watchers, self.logbook
        )
        self.shard = Shard(ownership, clock, dice, limits, self._load, self)
        self.recovery = Recovery(self.dispatcher)
        self.map_runs = MapRuns(self, self.machines, self.reader, self.dispatcher.evaluator.work_out, buckets, dice)
        self.redriving = Redriving(self.shard, self.reader, self.map_runs, limits, clock, self._live_of)
        self.outbox = Outbox(clock, dice, limits, ownership, carrier)
        self.news = News(self.outbox.spread)
        self.requests = Requests(store, ownership, self.shard, self.outbox, self.map_runs, self.redriving)
        self.handing_out = HandingOut(self.activities, limits, self.requests.ask, self._live)
        self._takeover = Takeover(self, self._load, self._waits_for_run)
        self.nodes = Nodes(
            self,
            dice,
            self._takeover,
            self.outbox,
            self.requests.deliver,
            lease_s=lease_s,
            name=node_name,
            carrier=carrier,
        )
        self._tokens: TokenKeys | None = None
        self.opened_ms = 0
        self._closed: dict[bytes, list[asyncio.Future[None]]] = {}

    # Life

    async def open(self) -> None:
        """Take open executions over and go on: all of them, or this node's share. The store is open already."""
        self._tokens = await TokenKeys.of(self.store)
        self.opened_ms = self.clock.now_ms()
        self.ownership.open()
        self.shard.run()
        if self.ownership.is_shared:
            await self.nodes.open()
        else:
            await self._takeover.adopt_all(await take_unbegun(self.store))

    async def close(self, grace_s: float = 5.0) -> None:
        """Let go in good order: pollers answered, calls given their time, the queue committed, shards handed over."""
        self.activities.close()
        if self.ownership.is_shared:
            await self.nodes.stop_taking()
        await self._takeover.close()
        await self.express.close(grace_s)
        await self.map_runs.close()
        await self.ephemeral.close(grace_s)
        await self.dispatcher.drain(grace_s)
        await self._stop_shard(grace_s)
        if self.ownership.is_shared:
            await self.nodes.close(grace_s)
        elif self.dispatcher.unbegun:
            await leave_unbegun(self.store, self.dispatcher.unbegun)

    async def _stop_shard(self, grace_s: float) -> None:
        """A shared database may be out of reach; whatever is not committed then did not happen."""
        try:
            async with asyncio.timeout(grace_s + _LAST_COMMITS_S if self.ownership.is_shared else None):
                await self.shard.stop()
        except TimeoutError:
            log.error("the database does not answer; what it has not taken did not happen")

    @property
    def is_ready(self) -> bool:
        """Whether this node takes new executions: it drives a shard, and its lease lasts."""
        return self._tokens is not None and self.ownership.home is not None and self.ownership.is_current

    @property
    def tokens(self) -> TokenKeys:
        """The keys of task tokens."""
        assert self._tokens is not None, "the runtime is not open"
        return self._tokens

    # Executions

    async def start_execution(
        self,
        machine: Machine,
        name: str,
        given: Payload,
        trace_header: str | None = None,
        *,
        version: int | None = None,
        alias: str | None = None,
    ) -> tuple[bytes, int]:
        """Start an execution: its id and start time, durable. Raises NameTaken, Overloaded, StoreUnavailable."""
        if machine.activities:
            await self._learn_activities(machine)
        given = own(given, self.limits.blob_bytes_min)
        for _ in range(MOVES_MAX):
            now_ms = self.clock.now_ms()
            execution_id = new_id(now_ms, self.dice, self.ownership.next_shard())
            live = self._make(execution_id, machine, name, given, now_ms, version, alias)
            try:
                await self.shard.start(live, name, trace_header)
                return execution_id, now_ms
            except Moved:
                continue
        raise StoreUnavailable("shards are moving between nodes")

    def new_name(self) -> str:
        """A name for an execution that was given none."""
        return new_name(self.clock.now_ms(), self.dice)

    async def stop_execution(self, execution_id: bytes, error: str | None, cause: str | None) -> bool:
        """Abort an open execution; False when it had ended."""
        return await self.requests.submit(execution_id, StopRequested(error, cause))

    async def fail_for_deletion(self, execution_id: bytes) -> bool:
        """Its state machine is being deleted: the execution fails at its next transition."""
        return await self.requests.submit(execution_id, MachineDeleted())

    async def wait_closed(self, execution_id: bytes) -> None:
        """Return once an execution has ended; at once if it is not open."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters = self._closed.setdefault(execution_id, [])
        waiters.append(waiter)
        try:
            while not waiter.done() and (self.shard.residents.get(execution_id) or await self._is_open(execution_id)):
                if not self.ownership.is_shared:
                    return await waiter
                await asyncio.wait([waiter], timeout=_LOOK_S)  # it may be, or become, another node's
        finally:
            waiters.remove(waiter)
            if not waiters:
                self._closed.pop(execution_id, None)

    async def _is_open(self, execution_id: bytes) -> bool:
        row = await self.store.load_execution(execution_id)
        return row is not None and row.status == "RUNNING"

    # Tasks

    async def finish_task(self, ref: TaskRef, outcome: Payload | Failure) -> bool:
        """Take a worker's answer; False when no such attempt is open."""
        event: Event
        if isinstance(outcome, Payload):
            event = TaskSucceeded(ref.branch, ref.attempt, outcome)
        else:
            event = TaskFailed(ref.branch, ref.attempt, outcome.error, outcome.cause)
        accepted = await self.requests.submit(ref.execution_id, event)
        if accepted:
            self.dispatcher.forget(ref.execution_id, ref.attempt)
        return accepted

    async def heartbeat(self, ref: TaskRef) -> bool:
        """Take a heartbeat; False when no such attempt is open."""
        return await self.requests.submit(ref.execution_id, HeartbeatReceived(ref.branch, ref.attempt))

    async def poll_activity(self, activity: ActivityRow, worker_name: str | None) -> ActivityTask | None:
        """The next task of an activity, or None after a minute. Raises TooManyPollers, StoreUnavailable."""
        return await self.handing_out.poll(activity, worker_name, self.tokens)

    async def until_others_have_heard(self) -> None:
        """Return when no other node goes by what it read before this was called.

        A node that has not committed for a lease may have lost it. So what it read before that leads to nothing.
        """
        if self.ownership.is_shared:
            await asyncio.sleep(self._lease_s)

    async def _learn_activities(self, machine: Machine) -> None:
        """Know which of a machine's activities exist, so that the engine can tell without looking."""
        for arn, account, region, name in machine.activities:
            if not self.activities.knows(arn):
                self.activities.learn(arn, await self.store.find_activity(account, region, name))

    def pass_on(self, execution_id: bytes, event: Event) -> None:
        """What was found out here of an execution of another node."""
        self.requests.pass_on(execution_id, event)

    # What the shard asks

    async def _live(self, execution_id: bytes) -> Live | None:
        return self.shard.residents.get(execution_id) or await self._load(execution_id)

    async def _load(self, execution_id: bytes) -> Live | None:
        """An open execution from its rows."""
        found = await self.store.load_open(execution_id)
        if found is None:
            return None
        live = await self._live_of(found.execution)
        live.execution.redrives = found.execution.redrives
        live.execution.redriven_ms = found.execution.redriven_ms
        blob = partial(self.reader.text, execution_id)
        await restore(live.execution, found.open.snapshot, found.branches.values(), blob)
        lend_heartbeats(live.execution, self._takeover.taken_ms(execution_id))
        self.recovery.loaded(live)
        return live

    async def _live_of(self, row: ExecutionRow) -> Live:
        """An execution in memory as it began; its tree is still to be restored."""
        machine = await self.machines.load(row.machine_id, row.revision)
        await self._learn_activities(machine)
        given = Payload(await self.reader.text(row.id, decode_detail(row.detail).input))
        return self._make(row.id, machine, row.name, given, row.started_ms, row.version, row.alias)

    def _make(
        self,
        execution_id: bytes,
        machine: Machine,
        name: str,
        given: Payload,
        started_ms: int,
        version: int | None,
        alias: str | None,
    ) -> Live:
        facts = machine.facts(
            machine.execution_arn(execution_id, name),
            name,
            given,
            started_ms,
            version,
            alias,
            token_of=partial(self._token, execution_id, machine.row),
            activity_exists=self.activities.knows,
            shard=self.ownership.shard_of(execution_id),
        )
        return Live(execution_id, machine, Execution(machine.compiled, facts, self.limits), version, alias)

    def make_child(self, machine: Machine, execution_id: bytes, name: str, given: Payload, now_ms: int) -> Live:
        """A child of a Map Run, not started yet."""
        return self._make(execution_id, machine, name, own(given, self.limits.blob_bytes_min), now_ms, None, None)

    async def _waits_for_run(self, execution_id: bytes, branch: int, attempt: int) -> bool:
        """Whether an execution still waits for a Map Run that the last server left."""
        live = await self._live(execution_id)
        found = None if live is None else live.execution.branches.get(branch)
        return found is not None and found.attempt is not None and found.attempt.number == attempt

    def _token(self, execution_id: bytes, row: StateMachineRow, branch: int, attempt: int) -> str:
        ref = TaskRef(self.ownership.shard_of(execution_id), execution_id, branch, attempt)
        return self.tokens.make(ref, row.account, row.region)

    def _submit_later(self, execution_id: bytes, event: Event) -> None:
        self.shard.put(Item(execution_id, event))

    # Outlet: what happens after a commit

    def dispatch(self, live: Live, commands: Sequence[Command]) -> None:
        """Hand commands on."""
        for command in commands:
            match command:
                case StartMapRun() | RedriveMapRun():
                    self.map_runs.start(live.id, command)
                case StopMapRun():
                    self.map_runs.stop(live.id, command)
        self.dispatcher.dispatch(live, commands)

    def queue(self, rows: Sequence[ActivityTaskRow], gone: Sequence[TaskKey]) -> None:
        """Activity tasks became durable, or left their queues."""
        for task in gone:
            self.activities.forget(task)
        for row in rows:
            self.activities.put(row)

    def activity_row(self, live: Live, command: ScheduleActivity, shard: int) -> ActivityTaskRow | None:
        """The row of a new activity task."""
        activity = self.activities.row_of(command.activity_arn)
        if activity is None:
            return None
        sequence = self.activities.next_sequence()
        return ActivityTaskRow(activity.id, shard, sequence, live.id, command.branch, command.attempt)

    def map_run_row(self, live: Live, command: StartMapRun, shard: int) -> MapRunRow:
        """The row of a new Map Run."""
        return self.map_runs.row(live, command, shard)

    def activity_key(self, task: TaskKey) -> tuple[bytes, int] | None:
        """The key of a waiting task's row."""
        return self.activities.key_of(task)

    def committed(self, turn: Turn) -> None:
        """What a turn changed is durable: those who look on, and who waits for the end, are told."""
        self.watchers.committed(turn)
        self.logbook.committed(turn)
        live = turn.live
        if live.execution.status == "RUNNING":
            return
        if live.machine.map_run_id is not None:
            self.map_runs.closed(live)
        for waiter in self._closed.get(live.id, ()):
            if not waiter.done():
                waiter.set_result(None)
