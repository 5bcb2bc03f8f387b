"""What a new server owes the executions that it takes over: calls that were in flight, and heartbeats that were lost.

An execution is looked after the moment it is first loaded, before any event of this server is decided on: what its
rows say then is what the last server left. So a call of our own is never taken for one of those, and none is looked
after twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType

from stepwell.engine.branch import OUTWARD_WAITS, TASK_WAITS, Wait
from stepwell.engine.commands import EvaluateExpressions, RunTask, WatchTask
from stepwell.engine.evaluation import questions_of
from stepwell.engine.execution import Execution
from stepwell.runtime.codec import pack, unpack
from stepwell.runtime.dispatcher import AttemptKey, Dispatcher, Goes
from stepwell.runtime.turns import Live
from stepwell.store.protocol import Store, StoreError

log = logging.getLogger("stepwell.runtime")

Load = Callable[[bytes], Awaitable[Live | None]]
_RETRY_S = 5.0
_UNBEGUN_KEY = "unbegun_calls"


class Recovery:
    """The executions with calls in flight that have not been looked after yet."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._waiting: dict[bytes, None] = {}  # in order
        self._unbegun: set[AttemptKey] = set()
        self._elsewhere: dict[AttemptKey, bytes] = {}  # calls that another node is still making, and which

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(
        self,
        execution_ids: Iterable[bytes],
        unbegun: Iterable[AttemptKey],
        elsewhere: Mapping[AttemptKey, bytes] = MappingProxyType({}),
    ) -> None:
        """Executions with calls in flight, and what the last owner knew: calls not made, calls that it still makes."""
        self._waiting.update(dict.fromkeys(execution_ids))
        self._unbegun.update(unbegun)
        self._elsewhere.update(elsewhere)

    def knows(self, node_id: bytes) -> bool:
        """Whether a node is making calls for our executions."""
        return node_id in self._elsewhere.values()

    async def look_after_calls_of(self, node_id: bytes, live_of: Load) -> None:
        """A node has ended, and will not tell of its calls. Raises StoreError: then not all was looked after."""
        for key in [key for key, node in self._elsewhere.items() if node == node_id]:
            execution_id, attempt = key
            live = await live_of(execution_id)
            if self._elsewhere.pop(key, None) is None or live is None:
                continue
            for command in in_flight_commands(live.execution):
                if not isinstance(command, EvaluateExpressions) and command.attempt == attempt:
                    self._dispatcher.recover(live, command)

    def calls_elsewhere(self, goes: Goes) -> dict[AttemptKey, bytes]:
        """The calls of these executions that other nodes are still making."""
        return {key: node for key, node in self._elsewhere.items() if goes(key[0])}

    def forget(self, goes: Goes) -> None:
        """Another node looks after these executions."""
        self._waiting = {execution_id: None for execution_id in self._waiting if not goes(execution_id)}
        self._unbegun = {key for key in self._unbegun if not goes(key[0])}
        self._elsewhere = {key: node for key, node in self._elsewhere.items() if not goes(key[0])}

    def loaded(self, live: Live) -> None:
        """Look after an execution that was just loaded, if that has not happened."""
        if live.id not in self._waiting:
            return
        del self._waiting[live.id]
        for command in in_flight_commands(live.execution):
            key = (live.id, command.number if isinstance(command, EvaluateExpressions) else command.attempt)
            if key in self._elsewhere:
                continue
            if key in self._unbegun:
                self._unbegun.discard(key)
                self._dispatcher.dispatch(live, [command])
            else:
                self._dispatcher.recover(live, command)

    async def run(self, load: Load) -> None:
        """Load those that nothing else has loaded; again later what the store could not give."""
        while self._waiting:
            for execution_id in list(self._waiting):
                if execution_id in self._waiting:
                    await self._load(execution_id, load)
                await asyncio.sleep(0)
            if self._waiting:
                await asyncio.sleep(_RETRY_S)

    async def _load(self, execution_id: bytes, load: Load) -> None:
        try:
            if await load(execution_id) is None:
                self._waiting.pop(execution_id, None)
        except Exception as error:
            log.error("execution %s could not be recovered: %s", execution_id.hex(), error)


def in_flight_commands(execution: Execution) -> list[RunTask | WatchTask | EvaluateExpressions]:
    """The commands whose outcome an execution still waits for: calls in flight, jobs to be watched, expressions."""
    commands: list[RunTask | WatchTask | EvaluateExpressions] = []
    for branch in list(execution.branches.values()):
        if branch.wait is Wait.EVALUATION:
            commands.append(questions_of(execution, branch))
            continue
        attempt = branch.attempt
        if attempt is None or branch.wait not in OUTWARD_WAITS:
            continue
        state = branch.state
        resource = state.resource  # type: ignore[attr-defined]  # only Task states have attempts
        what = (branch.id, attempt.number, state.name, resource, attempt.parameters)
        role_arn = attempt.credentials_role_arn
        if branch.wait is Wait.JOB and attempt.submitted is not None:
            commands.append(WatchTask(*what, attempt.submitted, role_arn))
        else:
            timeout_s = None if attempt.timeout_ms is None else attempt.timeout_ms // 1000
            commands.append(RunTask(*what, timeout_s, role_arn, branch.entered_id))
    return commands


def lend_heartbeats(execution: Execution, opened_ms: int) -> None:
    """Make up for heartbeats that were acknowledged and never written, so that no attempt ends early for them.

    They came within a quarter period of the last written one (see `engine.states.task.beat`). An attempt that was open
    when this server opened (at `opened_ms`) has a full period from then: nobody could take its heartbeats before.
    """
    for branch in execution.branches.values():
        attempt = branch.attempt
        if (
            attempt is None
            or attempt.heartbeat_ms is None
            or branch.wait is Wait.QUEUE
            or branch.wait not in TASK_WAITS
        ):
            continue
        attempt.beat_ms = max(attempt.beat_ms, attempt.saved_beat_ms + attempt.heartbeat_ms // 4, opened_ms)
        due_ms = attempt.beat_ms + attempt.heartbeat_ms
        if attempt.deadline_ms is not None:
            due_ms = min(due_ms, attempt.deadline_ms)
        execution.wait_for(branch, branch.wait, due_ms)


async def leave_unbegun(store: Store, unbegun: set[AttemptKey]) -> None:
    """Tell the next server which calls were surely not made; without that they count as of unknown outcome."""
    try:
        await store.put_meta(_UNBEGUN_KEY, pack(sorted(unbegun)))
    except StoreError as error:
        log.error("%d calls that were not made will count as of unknown outcome: %s", len(unbegun), error)


async def take_unbegun(store: Store) -> list[AttemptKey]:
    """What `leave_unbegun` told, once."""
    raw = await store.meta(_UNBEGUN_KEY)
    keys = [(execution_id, attempt) for execution_id, attempt in unpack(raw)] if raw else []
    if keys:  # told once: after this they may be made at any time
        await store.put_meta(_UNBEGUN_KEY, pack([]))
    return keys
