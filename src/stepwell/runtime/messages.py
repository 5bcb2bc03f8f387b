"""What one node says to another: an event for an execution that the other drives, and whether it was accepted.

Both forms begin with a format byte, as all that we store.
"""

from typing import Any, Final, NamedTuple, TypeGuard

from msgspec import Struct
from msgspec.structs import astuple

from stepwell.engine.events import (
    ActivityTaken,
    Event,
    HeartbeatReceived,
    MachineDeleted,
    StopRequested,
    TaskFailed,
    TaskSubmitted,
    TaskSucceeded,
)
from stepwell.payload import Payload
from stepwell.runtime.codec import pack, unpack
from stepwell.store.records import Message, Reply


class RedriveRequested(Struct, frozen=True):
    """RedriveExecution, with what is to be kept of it.

    `redrives`: how often the execution had been redriven when that was decided. One that comes late, after another
    redrive (and whatever ended that one, such as a stop), means nothing any more.
    """

    redriven_ms: int
    redrive: bytes
    redrives: int


class MapRunChanged(Struct, frozen=True):
    """UpdateMapRun, by the names of `Settings`."""

    changes: dict[str, Any]


Request = Event | RedriveRequested | MapRunChanged

_KINDS: Final[dict[int, Any]] = {
    1: StopRequested,
    2: MachineDeleted,
    3: ActivityTaken,
    4: HeartbeatReceived,
    5: TaskFailed,
    6: TaskSucceeded,
    7: TaskSubmitted,
    8: RedriveRequested,
    9: MapRunChanged,
}
"""The requests that travel. Numbers are never used again."""
_NUMBERS: Final = {kind: number for number, kind in _KINDS.items()}
_WITH_OUTPUT: Final = (TaskSucceeded, TaskSubmitted)
_BY_LINE: Final = (TaskSucceeded, TaskFailed, HeartbeatReceived, StopRequested, MachineDeleted)


def travels(request: Request) -> bool:
    """Whether this is something that one node tells another; the rest an owner finds out by itself."""
    return type(request) in _NUMBERS


def goes_by_line(request: Request) -> TypeGuard[Event]:
    """Whether an answer that is lost costs no more than asking again.

    A task that was taken would wait for a worker that never got it; so that answer is kept in the database.
    """
    return isinstance(request, _BY_LINE)


def encode_request(request: Request) -> bytes:
    """A request as bytes."""
    number = _NUMBERS[type(request)]
    fields = list(astuple(request))
    if isinstance(request, _WITH_OUTPUT):
        fields[-1] = request.output.text
    return pack([number, *fields])


def decode_request(raw: bytes) -> Request:
    """The other way. Raises FormatNewer, KeyError for a kind that a newer release sends."""
    number, *fields = unpack(raw)
    kind = _KINDS[number]
    if kind in _WITH_OUTPUT:
        fields[-1] = Payload(fields[-1])
    request: Request = kind(*fields)
    return request


class Answer(NamedTuple):
    """What came of a message; `parameters` of a task that was taken travel along, unless they are long."""

    accepted: bool
    parameters: str | None = None


def reply_to(message: Message, accepted: bool, parameters: str | None = None) -> Reply:
    """The row that says what came of a message."""
    return Reply(message.shard, message.id, message.sender, pack((accepted, parameters)))


def decode_reply(raw: bytes) -> Answer:
    """What came of a message."""
    return Answer(*unpack(raw))
