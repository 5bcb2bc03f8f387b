"""Wait: sleeps for some seconds or until a timestamp."""

from typing import Final

from stepwell.asl.fields import JSONPATH, Field, Group, Number, Table, Timestamp
from stepwell.asl.flow import TIMEOUT_S_MAX
from stepwell.asl.machine import State
from stepwell.asl.paths import PathTo
from stepwell.asl.states.rows import ASSIGN, BASE, LEAVE, OUTPUT, PATHS
from stepwell.query.intrinsics import Expression


class Wait(State):
    """Exactly one of the four is set. `timestamp_ms` is rounded up to the millisecond."""

    __slots__ = ("seconds", "seconds_path", "timestamp_ms", "timestamp_path")
    type = "Wait"

    seconds: int | None
    seconds_path: Expression | None
    timestamp_ms: int | None
    timestamp_path: Expression | None


DURATION: Final = Group("duration", required=True)
REFERENCE: Final = PathTo(definite=True)

WAIT: Final = Table(
    Wait,
    (
        *BASE,
        *LEAVE,
        *PATHS,
        Field("Seconds", Number(0, TIMEOUT_S_MAX, whole=True), "seconds", group=DURATION, evaluable=True),
        Field("SecondsPath", REFERENCE, "seconds_path", group=DURATION, language=JSONPATH),
        Field("Timestamp", Timestamp(), "timestamp_ms", group=DURATION, evaluable=True),
        Field("TimestampPath", REFERENCE, "timestamp_path", group=DURATION, language=JSONPATH),
        ASSIGN,
        OUTPUT,
    ),
)
Wait.table = WAIT
