"""The runtime's only door: start, submit, poll; and its life: recover, run, drain."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from stepwell.engine.commands import Command, ScheduleActivity, StartMapRun, StopMapRun
from stepwell.engine.events import (
    ActivityTaken,
    Event,
    HeartbeatReceived,
    MachineDeleted,
    Redriven,
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
from stepwell.runtime.clock import Clock
from stepwell.runtime.codec import decode_detail, decode_result, own, restore, restore_remains
from stepwell.runtime.dispatcher import Dispatcher
from stepwell.runtime.ephemeral import Ephemeral
from stepwell.runtime.express import Express
from stepwell.runtime.identity import TaskRef, TokenKeys, new_id, new_name
from stepwell.runtime.logbook import Logbook
from stepwell.runtime.machines import Machine, Machines
from stepwell.runtime.map_runs import MapRuns
from stepwell.runtime.reader import Reader
from stepwell.runtime.recovery import Recovery, leave_unbegun, lend_heartbeats, take_unbegun
from stepwell.runtime.restored import END, end_all, is_restored
from stepwell.runtime.shard import Shard
from stepwell.runtime.turns import Item, Live, TaskKey, Turn
from stepwell.runtime.watchers import Watchers
from stepwell.store.protocol import Store
from stepwell.store.records import (
    ActivityRow,
    ActivityTaskRow,
    ExecutionRow,
    MapRunRow,
    ReopenedRow,
    RevisionRow,
    StateMachineRow,
)

log = logging.getLogger("stepwell.runtime")

_SHARD = 0


@dataclass(frozen=True, slots=True)
class ActivityTask:
    """What a worker gets."""

    token: str
    input: str


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
        logs: bool = False,
    ) -> None:
        self.store = store
        self.registry = registry
        self.limits = limits
        self.clock = clock
        self.dice = dice
        self.machines = Machines(store, limits, logs=logs)
        self.logbook = Logbook()
        self.reader = Reader(store)
        self.activities = ActivityQueues(store, clock, limits)
        self.dispatcher = Dispatcher(registry, self._submit_later, limits.blob_bytes_min, rerun=rerun)
        self.watchers = Watchers()
        self.ephemeral = Ephemeral(registry, limits, clock, dice)
        self.express = Express(store, self.ephemeral, limits, clock, dice, self.machines, self.watchers, self.logbook)
        self.shard = Shard(_SHARD, store, clock, dice, limits, self._load, self)
        self.recovery = Recovery(self.dispatcher)
        self.map_runs = MapRuns(self, self.machines, self.reader, buckets, dice)
        self._tokens: TokenKeys | None = None
        self.opened_ms = 0
        self._closed: dict[bytes, list[asyncio.Future[None]]] = {}
        self._recovering: asyncio.Task[None] | None = None

    # Life

    async def open(self) -> None:
        """Take the store's open executions over and go on. The store is open already."""
        self._tokens = await TokenKeys.of(self.store)
        self.opened_ms = self.clock.now_ms()
        self.shard.run()
        if await is_restored(self.store, _SHARD):
            await self._abort_restored(_SHARD)
        self.activities.load(await self.store.scan_activity_tasks(_SHARD))
        due, calling = await self._scan_open()
        self.recovery.expect(calling, await take_unbegun(self.store))
        self.shard.timers.load(due)
        await self.express.open()
        self.map_runs.recover(await self.store.scan_map_runs(_SHARD), self._waits_for_run)
        if self.recovery:
            work = self.recovery.run(self._load)
            self._recovering = asyncio.get_running_loop().create_task(work, name="recovery")

    async def _abort_restored(self, shard: int) -> None:
        """End what a copy of the database left open, before anything else happens to it."""
        self.activities.load(await self.store.scan_activity_tasks(shard))
        ended = await end_all(self.store, shard, lambda id: self.shard.submit(id, END))
        log.warning("%d executions that were open in the copy of the database were aborted", ended)

    async def _scan_open(self) -> tuple[list[tuple[int, bytes]], list[bytes]]:
        """When which open execution is due, and which had calls in flight. Read by pages: there may be a million."""
        due: list[tuple[int, bytes]] = []
        calling: list[bytes] = []
        after = b""
        while rows := await self.store.scan_open(_SHARD, after):
            due.extend((row.due_ms, row.execution_id) for row in rows if row.due_ms is not None)
            calling.extend(row.execution_id for row in rows if row.calls)
            self.watchers.counts.running += len(rows)
            after = rows[-1].execution_id
        return due, calling

    async def close(self, grace_s: float = 5.0) -> None:
        """Let go in good order: pollers answered, calls given their time, the inbox committed."""
        self.activities.close()
        if self._recovering is not None:
            self._recovering.cancel()
            await asyncio.wait([self._recovering])
        await self.express.close(grace_s)
        await self.map_runs.close()
        await self.ephemeral.close(grace_s)
        await self.dispatcher.drain(grace_s)
        await self.shard.stop()
        if self.dispatcher.unbegun:
            await leave_unbegun(self.store, self.dispatcher.unbegun)

    @property
    def tokens(self) -> TokenKeys:
        """The keys of task tokens."""
        assert self._tokens is not None, "the runtime is not open"
        return self._tokens

    # Executions

    async def start_execution(
        self,
        machine: StateMachineRow,
        revision: RevisionRow,
        name: str,
        given: Payload,
        trace_header: str | None = None,
        *,
        version: int | None = None,
        alias: str | None = None,
    ) -> tuple[bytes, int]:
        """Start an execution: its id and start time, durable. Raises NameTaken, Overloaded, StoreUnavailable."""
        now_ms = self.clock.now_ms()
        execution_id = new_id(now_ms, self.dice)
        loaded = self.machines.keep(machine, revision)
        await self._learn_activities(loaded)
        given = own(given, self.limits.blob_bytes_min)
        live = self._make(execution_id, loaded, name, given, now_ms, version, alias)
        await self.shard.start(live, name, trace_header)
        return execution_id, now_ms

    def new_name(self) -> str:
        """A name for an execution that was given none."""
        return new_name(self.clock.now_ms(), self.dice)

    async def stop_execution(self, execution_id: bytes, error: str | None, cause: str | None) -> bool:
        """Abort an open execution; False when it had ended."""
        return await self.shard.submit(execution_id, StopRequested(error, cause))

    async def redrive_execution(self, row: ExecutionRow, redriven_ms: int, redrive: bytes) -> bool:
        """Let a closed execution go on, durably; False when nothing is left of it. One at a time of an execution.

        Raises StoreUnavailable, StoreError.
        """
        remains = None if row.result is None else decode_result(row.result).remains
        if remains is None:
            return False
        live = await self._live_of(row)
        await restore_remains(live.execution, remains, partial(self.reader.text, row.id))
        live.execution.redrives, live.execution.redriven_ms = row.redrives, row.redriven_ms
        count = row.redrives + 1
        return await self.shard.redrive(live, Redriven(count), ReopenedRow(count, redriven_ms, redrive))

    async def fail_for_deletion(self, execution_id: bytes) -> bool:
        """Its state machine is being deleted: the execution fails at its next transition."""
        return await self.shard.submit(execution_id, MachineDeleted())

    async def wait_closed(self, execution_id: bytes) -> None:
        """Return once an execution of this node has ended; at once if it is not open."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters = self._closed.setdefault(execution_id, [])
        waiters.append(waiter)
        try:
            row = await self.store.load_execution(execution_id)
            if row is not None and row.status == "RUNNING":
                await waiter
        finally:
            waiters.remove(waiter)
            if not waiters:
                self._closed.pop(execution_id, None)

    # Tasks

    async def finish_task(self, ref: TaskRef, outcome: Payload | Failure) -> bool:
        """Take a worker's answer; False when no such attempt is open."""
        event: Event
        if isinstance(outcome, Payload):
            event = TaskSucceeded(ref.branch, ref.attempt, outcome)
        else:
            event = TaskFailed(ref.branch, ref.attempt, outcome.error, outcome.cause)
        accepted = await self.shard.submit(ref.execution_id, event)
        if accepted:
            self.dispatcher.forget(ref.execution_id, ref.attempt)
        return accepted

    async def heartbeat(self, ref: TaskRef) -> bool:
        """Take a heartbeat; False when no such attempt is open."""
        return await self.shard.submit(ref.execution_id, HeartbeatReceived(ref.branch, ref.attempt))

    async def poll_activity(self, activity: ActivityRow, worker_name: str | None) -> ActivityTask | None:
        """The next task of an activity, or None after a minute. Raises TooManyPollers."""
        ends = asyncio.get_running_loop().time() + self.limits.activity_poll_s
        with self.activities.polling(activity.id, worker_name or "") as worker:
            while True:
                left_s = ends - asyncio.get_running_loop().time()
                row = await self.activities.take(activity.id, left_s)
                if row is None:
                    return None
                task = await self._hand_out(activity, row, worker_name)
                if task is not None:
                    worker.tasks += 1
                    return task

    async def _hand_out(
        self, activity: ActivityRow, row: ActivityTaskRow, worker_name: str | None
    ) -> ActivityTask | None:
        """Record that a worker took the task; None when the task is not open any more."""
        if not self.activities.is_started(row) and not await self._take(row, worker_name):
            return None
        try:
            given = await self._parameters_of(row)
        except BaseException:
            self.activities.give_back(row, started=True)
            raise
        if given is None:
            return None
        ref = TaskRef(row.shard, row.execution_id, row.branch, row.attempt)
        return ActivityTask(self.tokens.make(ref, activity.account, activity.region), given.text)

    async def _take(self, row: ActivityTaskRow, worker_name: str | None) -> bool:
        """Decide that the task is taken. When the worker goes away meanwhile, the next one gets it."""
        answer = self.shard.ask(row.execution_id, ActivityTaken(row.branch, row.attempt, worker_name))
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            answer.add_done_callback(partial(self._offer_again, row))
            raise
        except BaseException:
            self.activities.give_back(row)
            raise

    def _offer_again(self, row: ActivityTaskRow, answer: "asyncio.Future[bool]") -> None:
        if answer.cancelled() or answer.exception() is not None:
            self.activities.give_back(row)
        elif answer.result():
            self.activities.give_back(row, started=True)

    async def _parameters_of(self, row: ActivityTaskRow) -> Payload | None:
        """What a taken task is to work on; None when it has ended since."""
        live = self.shard.residents.get(row.execution_id) or await self._load(row.execution_id)
        branch = None if live is None else live.execution.branches.get(row.branch)
        if branch is None or branch.attempt is None or branch.attempt.number != row.attempt:
            return None
        return branch.attempt.parameters

    async def _learn_activities(self, machine: Machine) -> None:
        """Know which of a machine's activities exist, so that the engine can tell without looking."""
        for arn, account, region, name in machine.activities:
            if not self.activities.knows(arn):
                self.activities.learn(arn, await self.store.find_activity(account, region, name))

    # What the shard asks

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
        lend_heartbeats(live.execution, self.opened_ms)
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
            token_of=self._token_maker(execution_id, machine.row),
            activity_exists=self.activities.knows,
        )
        return Live(execution_id, machine, Execution(machine.compiled, facts, self.limits), version, alias)

    def make_child(self, machine: Machine, execution_id: bytes, name: str, given: Payload, now_ms: int) -> Live:
        """A child of a Map Run, not started yet."""
        return self._make(execution_id, machine, name, own(given, self.limits.blob_bytes_min), now_ms, None, None)

    async def _waits_for_run(self, execution_id: bytes, branch: int, attempt: int) -> bool:
        """Whether an execution still waits for a Map Run that the last server left."""
        live = self.shard.residents.get(execution_id) or await self._load(execution_id)
        found = None if live is None else live.execution.branches.get(branch)
        return found is not None and found.attempt is not None and found.attempt.number == attempt

    def _token_maker(self, execution_id: bytes, row: StateMachineRow) -> Callable[[int, int], str]:
        def make(branch: int, attempt: int) -> str:
            return self.tokens.make(TaskRef(_SHARD, execution_id, branch, attempt), row.account, row.region)

        return make

    def _submit_later(self, execution_id: bytes, event: Event) -> None:
        self.shard.put(Item(execution_id, event))

    # Outlet: what happens after a commit

    def dispatch(self, live: Live, commands: Sequence[Command]) -> None:
        """Hand commands on."""
        for command in commands:
            if isinstance(command, StartMapRun):
                self.map_runs.start(live.id, command)
            elif isinstance(command, StopMapRun):
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
