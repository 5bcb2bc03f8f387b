"""An execution at any of its events, and its events, resolved."""

from typing import Final

from msgspec import Struct

from stepwell.caller import Caller
from stepwell.engine.model import Model
from stepwell.engine.places import HistoryEvent
from stepwell.errors import ResourceNotFound, ValidationException
from stepwell.operations.reads.subjects import put_waits, subject_of
from stepwell.operations.service import Service

EVENTS_MAX: Final = 1_000


class Picture(Struct, rename="camel"):
    """A model, and the id of the last event there is."""

    model: Model
    last_event_id: int


class EventPage(Struct, rename="camel"):
    """Events in order."""

    events: list[HistoryEvent]
    last_event_id: int


class OneEvent(Struct, rename="camel"):
    """An event with nothing cut."""

    event: HistoryEvent


async def execution_model(service: Service, caller: Caller, *, arn: str, at: int | None = None) -> Picture:
    """The picture after event `at`, or now. Raises `ExecutionDoesNotExist`, `InvalidArn`, `ValidationException`."""
    if at is not None and at < 0:
        raise ValidationException("'at' is the id of an event, or 0")
    subject = await subject_of(service, caller, arn)
    track = await subject.track()
    last = track.last
    model = await track.model(last if at is None else at)
    if at is None:
        put_waits(model, await subject.waits())
    return Picture(model, last)


async def execution_events(
    service: Service,
    caller: Caller,
    *,
    arn: str,
    after: int = 0,
    before: int | None = None,
    limit: int = EVENTS_MAX,
) -> EventPage:
    """Events after an id, or those that precede one. Raises `ExecutionDoesNotExist`, `InvalidArn`."""
    limit = max(1, min(limit, EVENTS_MAX))
    track = await (await subject_of(service, caller, arn)).track()
    first = max(after, 0) + 1
    if before is not None:
        first = max(1, before - limit)
        limit = max(0, before - first)
    return EventPage(await track.events(first, limit), track.last)


async def execution_event(service: Service, caller: Caller, *, arn: str, number: int) -> OneEvent:
    """One event, whole. Raises `ExecutionDoesNotExist`, `InvalidArn`, `ResourceNotFound`."""
    track = await (await subject_of(service, caller, arn)).track()
    found = await track.events(number, 1, whole=True) if number > 0 else []
    if not found:
        raise ResourceNotFound(f"There is no event {number}: the last one is {track.last}")
    return OneEvent(found[0])
