"""Delivers execution logs: what commits have queued, and what executions in memory leave, to every sink there is.

A batch is tried a few times and then given up with a warning: no execution ever waits for a log, and no queue grows
without end. What is queued outlives the server: it is delivered at least once.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from stepwell.engine.history import render
from stepwell.observability.log_records import LogRecord, log_records
from stepwell.runtime.logbook import Logbook
from stepwell.runtime.machines import Machine, Machines
from stepwell.runtime.reader import Reader
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import LogRow, StateMachineRow

BATCH_ROWS: Final = 100
TRIES: Final = 6
_PAUSE_S: Final = 0.5
"""The first pause between tries; each is twice as long as the one before: 15 seconds in all."""

_log = logging.getLogger("stepwell.logs")


class Sink(Protocol):
    """Takes records of one machine."""

    async def put(self, machine: StateMachineRow, group: str, records: Sequence[LogRecord]) -> bool:
        """False where it is worth to try again. Raises OSError."""

    async def close(self) -> None: ...


class Portion(NamedTuple):
    """Records of one machine, of one log group."""

    machine: StateMachineRow
    group: str
    records: list[LogRecord]


class LogDelivery:
    """One loop for all machines of this server. `shards` names those whose queues are this server's."""

    def __init__(
        self,
        store: Store,
        machines: Machines,
        logbook: Logbook,
        sinks: Sequence[Sink],
        shards: Callable[[], Iterable[int]] = lambda: (0,),
        *,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._store = store
        self._machines = machines
        self._reader = Reader(store)
        self._logbook = logbook
        self._sinks = sinks
        self._shards = shards
        self._pause_s = pause_s
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.dropped = 0

    def open(self) -> None:
        """Begin to work, with what an earlier server has left; without a sink nothing is queued either."""
        if not self._sinks:
            return
        self._logbook.wake.set()
        self._task = asyncio.get_running_loop().create_task(self._loop(), name="log-delivery")

    async def close(self) -> None:
        """Deliver what is there, each batch tried once, then stop."""
        self._stopping = True
        self._logbook.wake.set()
        if self._task is not None:
            await self._task
        for sink in self._sinks:
            await sink.close()

    async def _loop(self) -> None:
        while True:
            await self._logbook.wake.wait()
            self._logbook.wake.clear()
            try:
                await self._drain()
            except StoreError as error:
                _log.warning("execution logs wait for the store: %s", error)
                await self._rest()
            except Exception:
                _log.exception("delivering execution logs failed")
                await self._rest()
            if self._stopping:
                return

    async def _rest(self) -> None:
        if not self._stopping:
            await asyncio.sleep(self._pause_s)
            self._logbook.wake.set()

    async def _drain(self) -> None:
        """Deliver all that there is."""
        for shard in self._shards():
            while rows := await self._store.scan_log_queue(shard, BATCH_ROWS):
                await self._deliver(_portions([await self._queued(row) for row in rows]))
                await self._store.delete_logs(rows)
        while passing := self._logbook.take_passing(BATCH_ROWS):
            await self._deliver(
                _portions(
                    _portion(one.machine, render([one.turn], one.first_event_id, str, _data(one.machine)), one.arn)
                    for one in passing
                )
            )

    async def _queued(self, row: LogRow) -> Portion | None:
        """What a queued batch comes to; None where its execution or its machine is gone, or is not logged here."""
        execution = await self._store.load_execution(row.execution_id)
        if execution is None:
            return None
        try:
            machine = await self._machines.load(execution.machine_id, execution.revision)
        except StoreError:
            return None
        batches = await self._store.load_history(row.execution_id, row.first_event_id, 1)
        if machine.logged is None or not batches:
            return None
        events = await self._reader.events_of(row.execution_id, batches[0], machine.logged.include_data)
        return _portion(machine, events, machine.execution_arn(execution.id, execution.name), execution.redrives)

    async def _deliver(self, portions: Iterable[Portion]) -> None:
        for portion in portions:
            for sink in self._sinks:
                await self._insist(sink, portion)

    async def _insist(self, sink: Sink, portion: Portion) -> None:
        for number in range(TRIES):
            try:
                if await sink.put(*portion):
                    return
                trouble = "it cannot be reached"
            except OSError as error:
                trouble = str(error)
            if self._stopping:
                break
            await asyncio.sleep(self._pause_s * 2**number)
        self.dropped += len(portion.records)
        _log.warning("%d log records of %s are dropped: %s", len(portion.records), portion.machine.name, trouble)


def _data(machine: Machine) -> bool:
    return machine.logged is not None and machine.logged.include_data


def _portion(machine: Machine, events: Iterable[dict[str, object]], arn: str, redrives: int = 0) -> Portion | None:
    if machine.logged is None:
        return None
    return Portion(machine.row, machine.logged.group, log_records(events, machine.logged, arn, redrives))


def _portions(found: Iterable[Portion | None]) -> list[Portion]:
    """One portion for each machine and group."""
    merged: dict[tuple[bytes, str], Portion] = {}
    for portion in found:
        if portion is not None and portion.records:
            known = merged.setdefault((portion.machine.id, portion.group), portion._replace(records=[]))
            known.records.extend(portion.records)
    return list(merged.values())
