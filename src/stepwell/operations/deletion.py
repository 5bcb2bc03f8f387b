"""Deleting a state machine: it starts nothing any more, its executions end, then it goes away.

AWS: an execution is stopped at its next transition, and the machine stays readable as DELETING until the last one has
ended. The mark in the store is durable, so a deletion that a crash cuts off is resumed when the service opens.
"""

import asyncio
import logging

from stepwell.arn import state_machine_arn
from stepwell.runtime.runtime import Runtime
from stepwell.runtime.shard import StoreUnavailable
from stepwell.store.protocol import Store, StoreError
from stepwell.store.records import StateMachineRow

log = logging.getLogger("stepwell.operations")

_PAGE = 500
_RETRY_S = 1.0
Name = tuple[str, str, str]


class Starting:
    """A start under way, counted for as long as it takes."""

    __slots__ = ("_name", "_started", "_starts")

    def __init__(self, starts: dict[Name, int], started: dict[Name, asyncio.Event], name: Name) -> None:
        self._starts = starts
        self._started = started
        self._name = name

    def __enter__(self) -> None:
        self._starts[self._name] = self._starts.get(self._name, 0) + 1

    def __exit__(self, *_: object) -> None:
        starts, name = self._starts, self._name
        left = starts[name] - 1
        if left:
            starts[name] = left
        else:
            del starts[name]
            waiting = self._started.pop(name, None)
            if waiting is not None:
                waiting.set()


class Deletions:
    """All deletions of this server, and the starts that they must wait for."""

    def __init__(self, store: Store, runtime: Runtime) -> None:
        self._store = store
        self._runtime = runtime
        self._tasks: dict[bytes, asyncio.Task[None]] = {}
        self._starts: dict[Name, int] = {}
        self._started: dict[Name, asyncio.Event] = {}

    def starting(self, account: str, region: str, name: str) -> "Starting":
        """While an execution of this machine is being started: its deletion waits, so that it finds the execution.

        The machine must be looked up inside the `with` statement.
        """
        return Starting(self._starts, self._started, (account, region, name))

    async def begin(self, machine: StateMachineRow) -> None:
        """Mark the machine, durably; remove it at once if nothing of it is open, else in the background."""
        if machine.id in self._tasks:
            return
        await self._store.mark_deleting(machine.id)
        await self._await_starts(machine)
        if self._runtime.ownership.is_shared or await self._store.list_open_of(machine.id, 1):
            self._go_on(machine)
        else:
            await self._remove(machine)

    async def resume(self) -> None:
        """Go on with what an earlier server began, or a node that has ended. Raises StoreError."""
        for machine in await self._store.list_deleting():
            self._go_on(machine)

    async def close(self) -> None:
        """Stop working on deletions."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _go_on(self, machine: StateMachineRow) -> None:
        if machine.id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._finish(machine), name=f"delete-{machine.name}")
            self._tasks[machine.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(machine.id, None))

    async def _finish(self, machine: StateMachineRow) -> None:
        while True:
            try:
                await self._end_executions(machine)
                await self._remove(machine)
                return
            except (StoreError, StoreUnavailable) as error:
                log.warning("the deletion of state machine %s waits for the database: %s", machine.name, error)
                await asyncio.sleep(_RETRY_S)

    async def _end_executions(self, machine: StateMachineRow) -> None:
        await self._await_starts(machine)
        await self._runtime.until_others_have_heard()
        await self._doom(machine)
        while oldest := await self._store.list_open_of(machine.id, 1):
            await self._runtime.wait_closed(oldest[0])

    async def _doom(self, machine: StateMachineRow) -> None:
        """Tell every open execution that its machine is going away."""
        before: tuple[int, bytes] | None = None
        while page := await self._store.list_executions(machine.id, "RUNNING", before, _PAGE):
            await asyncio.gather(*(self._runtime.fail_for_deletion(line.execution_id) for _, line in page))
            sort_ms, last = page[-1]
            before = (sort_ms, last.execution_id)

    async def _await_starts(self, machine: StateMachineRow) -> None:
        key = (machine.account, machine.region, machine.name)
        while key in self._starts:
            await self._started.setdefault(key, asyncio.Event()).wait()

    async def _remove(self, machine: StateMachineRow) -> None:
        arn = state_machine_arn(machine.region, machine.account, machine.name)
        tags = await self._store.load_tags(arn)
        if tags:
            await self._store.delete_tags(arn, list(tags))
        await self._store.delete_state_machine(machine.id)
        self._runtime.watchers.machine_written(machine.id)
