"""The Map Runs of this server: their rows, their drivers, and who tells them what."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import Any

from stepwell.engine.child_ids import run_of
from stepwell.engine.commands import RedriveMapRun, StartMapRun, StopMapRun
from stepwell.engine.item_inputs import ItemInputs
from stepwell.integrations.aws_roles import Principal
from stepwell.integrations.items import Buckets
from stepwell.runtime.machines import Machine, Machines, map_state
from stepwell.runtime.map_run_children import Host
from stepwell.runtime.map_run_codec import decode_plan, encode_plan, first_progress
from stepwell.runtime.map_run_driver import MapRunDriver
from stepwell.runtime.map_run_results import Results
from stepwell.runtime.map_run_source import Source, WorkOut
from stepwell.runtime.reader import Reader
from stepwell.runtime.turns import Live
from stepwell.store.protocol import StoreError
from stepwell.store.records import MapRunRow

log = logging.getLogger("stepwell.runtime")

_RETRY_S = 1.0
Waits = Callable[[bytes, int, int], Awaitable[bool]]


class MapRuns:
    """All runs that are not over."""

    def __init__(
        self,
        host: Host,
        machines: Machines,
        reader: Reader,
        work_out: WorkOut,
        buckets: Buckets | None,
        dice: Random,
    ) -> None:
        self._host = host
        self._work_out = work_out
        self._machines = machines
        self._reader = reader
        self._buckets = buckets
        self._dice = dice
        self._tasks: dict[bytes, asyncio.Task[None]] = {}
        self._drivers: dict[bytes, MapRunDriver] = {}
        self._ids: dict[tuple[bytes, int], bytes] = {}  # (execution, attempt) -> run
        self._aborted: set[bytes] = set()
        self._closing = False

    # From the parent

    def row(self, live: Live, command: StartMapRun, shard: int) -> MapRunRow:
        """The row of a run that begins with its parent's commit."""
        state = live.machine.compiled.states[command.state_name]
        return MapRunRow(
            id=command.run_id,
            shard=shard,
            execution_id=live.id,
            branch=command.branch,
            attempt=command.attempt,
            machine_id=live.machine.row.id,
            revision=live.machine.revision.revision,
            label=state.label or "",  # type: ignore[attr-defined]  # of a distributed Map
            status="RUNNING",
            told=0,
            started_ms=live.execution.at_ms,
            stopped_ms=None,
            detail=encode_plan(command.plan),
            progress=first_progress(command.plan),
        )

    def start(self, execution_id: bytes, command: StartMapRun | RedriveMapRun) -> None:
        """The row is durable: begin, or go on."""
        self._ids[execution_id, command.attempt] = command.run_id
        self._go(command.run_id, None)

    def stop(self, execution_id: bytes, command: StopMapRun) -> None:
        """The parent does not wait any more."""
        run_id = self._ids.get((execution_id, command.attempt))
        if run_id is None:
            return
        self._aborted.add(run_id)
        driver = self._drivers.get(run_id)
        if driver is not None:
            driver.abort()

    def closed(self, live: Live) -> None:
        """A STANDARD child has ended."""
        run_id, number = run_of(live.id)
        driver = self._drivers.get(run_id)
        if driver is not None:
            execution = live.execution
            size = 0 if execution.output is None else execution.output.size_bytes
            stopped_ms = execution.stopped_ms or execution.at_ms
            times = (stopped_ms, execution.facts.started_ms)
            driver.children.closed(number, execution.status, *times, execution.redrives, size)

    def driver(self, run_id: bytes) -> MapRunDriver | None:
        """The driver of a run that is not over."""
        return self._drivers.get(run_id)

    async def update(self, run_id: bytes, changes: dict[str, Any]) -> bool:
        """UpdateMapRun, by the names of `Settings`; durable when this returns. False if the run is over."""
        driver = self._drivers.get(run_id)
        if driver is None or driver.row.status != "RUNNING":
            return False
        await driver.update(driver.aggregate.settings._replace(**changes))
        return True

    async def until_over(self, run_id: bytes) -> None:
        """Return once nothing is written of a run any more, until it is redriven."""
        task = self._tasks.get(run_id)
        if task is not None:
            await asyncio.wait([task])

    # Life

    def recover(self, run_ids: list[bytes], waits: Waits) -> None:
        """Take up the runs that the last server left, unless their parents have moved on."""
        for run_id in run_ids:
            self._go(run_id, waits)

    async def close(self) -> None:
        """Let all runs be; the next server goes on with them."""
        self._closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def let_go(self, goes: Callable[[bytes], bool]) -> None:
        """Let runs be whose shards are handed over; the next owner goes on with them."""
        await asyncio.gather(*self.forget(goes), return_exceptions=True)

    def forget(self, goes: Callable[[bytes], bool]) -> "list[asyncio.Task[None]]":
        """Another node goes on with these runs; answers the tasks that come to their ends here."""
        going = [self._tasks.pop(run_id) for run_id in list(self._tasks) if goes(run_id)]
        for task in going:
            task.cancel()
        self._ids = {key: run_id for key, run_id in self._ids.items() if not goes(run_id)}
        self._aborted = {run_id for run_id in self._aborted if not goes(run_id)}
        return going

    def _go(self, run_id: bytes, waits: Waits | None) -> None:
        if self._closing or run_id in self._tasks:
            return
        task = asyncio.get_running_loop().create_task(self._drive(run_id, waits), name=f"map-run-{run_id.hex()}")
        self._tasks[run_id] = task
        task.add_done_callback(partial(self._over, run_id))

    def _over(self, run_id: bytes, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(run_id) is task:
            del self._tasks[run_id]

    async def _drive(self, run_id: bytes, waits: Waits | None) -> None:
        """One run to its end; after an internal error again, from its rows."""
        recovered = waits is not None
        while True:
            driver = None
            try:
                driver = await self._load(run_id, recovered)
                if driver is None:
                    return
                if waits is not None:
                    row = driver.row
                    if not await waits(row.execution_id, row.branch, row.attempt) and row.status == "RUNNING":
                        driver.abort()
                await driver.run()
                self._ids.pop((driver.row.execution_id, driver.row.attempt), None)
                self._aborted.discard(run_id)
                return
            except StoreError as error:
                log.error("Map Run %s cannot go on yet: %s", run_id.hex(), error)
            except Exception:
                log.exception("Map Run %s met an internal error", run_id.hex())
            finally:
                if self._drivers.get(run_id) is driver:
                    self._drivers.pop(run_id, None)
            recovered = True
            await asyncio.sleep(_RETRY_S)

    def _buckets_of(self, machine: Machine) -> Buckets | None:
        """The buckets, in the name of the machine's role."""
        if self._buckets is None:
            return None
        return self._buckets.of(Principal(machine.row.region, machine.row.account, machine.revision.role_arn))

    async def _load(self, run_id: bytes, recovered: bool) -> MapRunDriver | None:
        row = await self._host.store.load_map_run(run_id)
        if row is None or row.told:
            return None
        self._ids[row.execution_id, row.attempt] = run_id
        machine = await self._machines.load_child(row)
        state = map_state(machine, row.label)
        plan = decode_plan(row.detail)
        inputs = ItemInputs(state, plan, self._dice, row.started_ms)
        buckets = self._buckets_of(machine)
        source = Source(state, plan, inputs, self._work_out, buckets, self._host.limits)
        results = Results(self._host.store, self._reader, machine, self._host.limits, buckets)
        driver = MapRunDriver(self._host, row, machine, state, plan, source, results, recovered=recovered)
        self._drivers[run_id] = driver
        if run_id in self._aborted:
            driver.abort()
        return driver
