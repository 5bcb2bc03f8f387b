"""Streams: what happens in an execution, and in the lists, told as it is committed.

A stream is a reader that sleeps until a commit wakes it and then reads rows from where it stood; nothing is kept for it
in between, so a slow reader costs nothing but the way that it falls behind.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final, NamedTuple

from msgspec import Struct

from stepwell.caller import Caller
from stepwell.engine.model import ExecutionStatus, Model
from stepwell.engine.reducer import apply
from stepwell.operations.reads.pictures import EVENTS_MAX, Picture
from stepwell.operations.reads.subjects import Awaited, Subject, put_waits, subject_of
from stepwell.operations.service import Service
from stepwell.runtime.tracks import Track
from stepwell.runtime.watchers import Watcher

GATHER_S: Final = 0.05
BEHIND_EVENTS_MAX: Final = 10_000
KEEP_ALIVE_S: Final = 15.0
POLL_S: Final = 0.25
"""How often rows are looked at that another node writes: its commits wake nobody here."""


class Message(NamedTuple):
    """One event of a stream: its name, its data, and the id with which a reader goes on after it."""

    event: str
    data: Any
    id: int | None = None


ALIVE: Final = Message("", None)
"""Nothing has happened for a while; the connection is there."""


class StatusNow(Struct, rename="camel"):
    """Where an execution stands, and what its visits wait for."""

    status: ExecutionStatus
    stopped_ms: int | None
    waits: dict[int, Awaited]


class Gap(Struct, rename="camel"):
    """More happened than is told."""

    last_event_id: int


class Bye(Struct, rename="camel"):
    """The execution has ended, and all was told."""

    status: ExecutionStatus


async def follow_execution(
    service: Service, caller: Caller, *, arn: str, after: int | None = None
) -> AsyncGenerator[Message]:
    """Tell an execution from its picture on, or from the event after `after`. Raises `ExecutionDoesNotExist`."""
    subject = await subject_of(service, caller, arn)
    return _tell(service, subject, after)


async def _tell(service: Service, subject: Subject, after: int | None) -> AsyncGenerator[Message]:
    watchers = service.runtime.watchers
    with watchers.execution(subject.key) as watcher:
        track = await subject.track()
        model = await track.model(track.last if after is None else min(after, track.last))
        told = model.last if after is None else after
        if after is None:
            put_waits(model, await subject.waits())
            yield Message("snapshot", Picture(model, track.last), track.last)
            yield await _status(subject, model)
        quiet_s = 0.0
        while not watchers.closed:
            last = await track.learn()
            if last - told > BEHIND_EVENTS_MAX:
                yield Message("gap", Gap(last))
                return
            if told >= last:
                if model.status != "RUNNING":
                    yield Message("bye", Bye(model.status))
                    return
                patience_s = KEEP_ALIVE_S if subject.is_local else POLL_S
                quiet_s = 0.0 if await _woken(watcher, patience_s) else quiet_s + patience_s
                if quiet_s >= KEEP_ALIVE_S:
                    quiet_s = 0.0
                    yield ALIVE
                continue
            async for message in _new_events(track, model, told, last):
                yield message
            told = last
            yield await _status(subject, model)


async def _new_events(track: Track, model: Model, told: int, last: int) -> AsyncGenerator[Message]:
    while told < last:
        events = await track.events(told + 1, min(EVENTS_MAX, last - told))
        if not events:
            return  # it was removed meanwhile, its time being over
        for event in events:
            apply(model, event)
        told = events[-1].id
        yield Message("h", events, told)


async def _status(subject: Subject, model: Model) -> Message:
    return Message("status", StatusNow(model.status, model.stopped_ms, await subject.waits()))


async def _woken(watcher: Watcher, patience_s: float) -> bool:
    """Sleep until something was committed, then gather what follows at once; False when nothing came for a while."""
    try:
        async with asyncio.timeout(patience_s):
            await watcher.awake.wait()
    except TimeoutError:
        return False
    await asyncio.sleep(GATHER_S)
    watcher.awake.clear()
    return True
