"""Rows and small steps that the checks of a store are made of."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from msgspec.structs import replace

from stepwell.store import (
    ClosedRow,
    Commit,
    CommitRefused,
    ExecutionRow,
    HistoryRow,
    MapRunRow,
    OpenRow,
    Store,
    StoreError,
)

MakeStore = Callable[[], Store]
"""Makes a store that is not open yet; all that it makes are of one database."""

Check = Callable[[MakeStore], Awaitable[None]]


class Checks(list[Check]):
    """Checks in the order in which they are best read; `@CHECKS.listed` adds one."""

    def listed(self, check: Check) -> Check:
        """Add a check to the list, and leave it as it is."""
        self.append(check)
        return check


NOW_MS = 1_700_000_000_000
SHARD = 0

AWKWARD = bytes(range(256)) + b"\x00\x00" + "\ud800 é 語".encode("utf-8", "surrogatepass")
"""Bytes that a text column would refuse: NUL, what is not UTF-8, a lone surrogate."""

BIG = os.urandom(1024) * 1024


@asynccontextmanager
async def opened_store(make_store: MakeStore) -> AsyncIterator[Store]:
    """A store that is open inside the `with`."""
    store = make_store()
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def new_id(made_ms: int = NOW_MS) -> bytes:
    """An id that nobody else has."""
    return made_ms.to_bytes(6) + SHARD.to_bytes(2) + os.urandom(8)


def new_word() -> str:
    """A name that nobody else has."""
    return os.urandom(8).hex()


def execution_of(machine_id: bytes, name: str | None = None, started_ms: int = NOW_MS) -> ExecutionRow:
    """The row of an execution that begins."""
    name = name or new_word()
    return ExecutionRow(new_id(started_ms), SHARD, machine_id, 3, name, "RUNNING", started_ms, None, AWKWARD)


def start_of(execution: ExecutionRow) -> Commit:
    """Its first commit: it is open afterwards, and has the events 1 to 3."""
    opened = OpenRow(NOW_MS + 5, 1, "Greet \ud800\x00", b"snapshot 1")
    return replace(step_of(execution), start=execution, open=opened, history=[HistoryRow(1, 3, b"batch 1")])


def step_of(execution: ExecutionRow) -> Commit:
    """An empty commit of an execution, to be filled."""
    return Commit(execution.shard, execution.id, machine_id=execution.machine_id)


def close_of(execution: ExecutionRow, stopped_ms: int, status: str = "SUCCEEDED") -> Commit:
    """The commit of its end."""
    return replace(step_of(execution), close=ClosedRow(status, stopped_ms, b"result"))


def map_run_of(execution: ExecutionRow, id: bytes | None = None) -> MapRunRow:
    """The row of a Map Run that begins."""
    return MapRunRow(
        id=id or new_id(),
        shard=SHARD,
        execution_id=execution.id,
        branch=2,
        attempt=5,
        machine_id=execution.machine_id,
        revision=3,
        label="é語",
        status="RUNNING",
        told=0,
        started_ms=NOW_MS,
        stopped_ms=None,
        detail=AWKWARD,
        progress=b"begun",
    )


async def refused(work: Awaitable[object]) -> None:
    """Raises AssertionError unless the store refuses."""
    try:
        await work
    except CommitRefused:
        return
    raise AssertionError("the store took what it should refuse")


async def failed(work: Awaitable[object]) -> None:
    """Raises AssertionError unless the store answers with its own error."""
    try:
        await work
    except StoreError:
        return
    raise AssertionError("the store answered where it cannot")
