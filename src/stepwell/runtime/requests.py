"""Requests find the node that drives their execution: this one, or another by its outbox; and those of others come in.

While one waits, its execution may move to another node, and the request after it.
"""

import asyncio
import logging
from typing import Any, Final

from stepwell.engine.events import Event
from stepwell.runtime.codec import FormatNewer
from stepwell.runtime.map_runs import MapRuns
from stepwell.runtime.messages import Answer, MapRunChanged, RedriveRequested, decode_request, travels
from stepwell.runtime.outbox import Outbox
from stepwell.runtime.ownership import Ownership
from stepwell.runtime.redriving import Redriving
from stepwell.runtime.refusals import Moved, StoreUnavailable
from stepwell.runtime.shard import Shard
from stepwell.store.protocol import Store
from stepwell.store.records import ExecutionRow, Message

log = logging.getLogger("stepwell.runtime")

MOVES_MAX: Final = 5
"""Of an execution while one request waits."""


class Requests:
    """All that is asked of executions that exist."""

    def __init__(
        self,
        store: Store,
        ownership: Ownership,
        shard: Shard,
        outbox: Outbox,
        map_runs: MapRuns,
        redriving: Redriving,
    ) -> None:
        self._store = store
        self._ownership = ownership
        self._shard = shard
        self._outbox = outbox
        self._map_runs = map_runs
        self._redriving = redriving

    # Of this node

    def ask(self, execution_id: bytes, event: Event) -> "asyncio.Future[bool] | asyncio.Future[Answer]":
        """What the owner says. The answer may be Moved, StoreUnavailable; raises Overloaded."""
        if self._ownership.drives(execution_id):
            return self._shard.ask(execution_id, event)
        return self._outbox.ask(execution_id, event)

    async def submit(self, execution_id: bytes, event: Event) -> bool:
        """Whether the owner accepted it, durably, wherever the execution goes. Raises Overloaded, StoreUnavailable."""
        for _ in range(MOVES_MAX):
            if not self._ownership.drives(execution_id):
                return await self._outbox.request(execution_id, event)
            try:
                return await self._shard.submit(execution_id, event)
            except Moved:
                continue
        raise StoreUnavailable("this execution is moving between nodes")

    async def redrive(self, row: ExecutionRow, redriven_ms: int, redrive: bytes) -> bool:
        """Let a closed execution go on, durably; False when nothing is left of it, or another redrive came first.

        Raises Overloaded, StoreUnavailable, StoreError.
        """
        if self._ownership.drives(row.id):
            return await self._redriving.redrive(row, redriven_ms, redrive)
        return await self._outbox.request(row.id, RedriveRequested(redriven_ms, redrive, row.redrives))

    async def update_map_run(self, run_id: bytes, changes: dict[str, Any]) -> bool:
        """UpdateMapRun, by the names of `Settings`; durable when this returns. False if the run is over."""
        if self._ownership.drives(run_id):
            return await self._map_runs.update(run_id, changes)
        return await self._outbox.request(run_id, MapRunChanged(changes))

    def pass_on(self, execution_id: bytes, event: Event) -> None:
        """What this node has found out of an execution that another drives; the rest that one finds out itself."""
        if travels(event):
            self._outbox.tell(execution_id, event)

    # Of other nodes

    def deliver(self, message: Message) -> "asyncio.Future[bool]":
        """A message of another node: its answer is here when its reply is durable."""
        try:
            request = decode_request(message.body)
        except (FormatNewer, KeyError):
            log.error("a message of a newer release is left to a node that understands it")
            return asyncio.get_running_loop().create_future()
        if not isinstance(request, RedriveRequested | MapRunChanged):
            return self._shard.ask(message.execution_id, request, message)
        return asyncio.ensure_future(self._carry_out(message, request))

    async def _carry_out(self, message: Message, request: RedriveRequested | MapRunChanged) -> bool:
        if isinstance(request, MapRunChanged):
            return await self._shard.reply(message, await self._map_runs.update(message.execution_id, request.changes))
        row = await self._store.load_execution(message.execution_id)
        if row is None or row.redrives != request.redrives:
            return await self._shard.reply(message, False)
        return await self._redriving.redrive(row, request.redriven_ms, request.redrive, message)
