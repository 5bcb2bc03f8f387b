"""Wait: sleeps for some seconds or until a timestamp."""

from typing import Final

from stepwell.asl.evaluated import Evaluated
from stepwell.asl.fields import JSONPATH, Field, Group, Number, Table, Timestamp
from stepwell.asl.flow import TIMEOUT_S_MAX
from stepwell.asl.machine import State
from stepwell.asl.paths import PathTo
from stepwell.asl.states.rows import BASE, ENDS, LEAVE, PATHS
from stepwell.query.intrinsics import Expression


class Wait(State):
    """Exactly one of the six is set. `timestamp_ms` is rounded up to the millisecond."""

    __slots__ = (
        "evaluated_seconds",
        "evaluated_timestamp",
        "seconds",
        "seconds_path",
        "timestamp_ms",
        "timestamp_path",
    )
    type = "Wait"

    seconds: int | None
    evaluated_seconds: Evaluated | None
    evaluated_timestamp: Evaluated | None
    seconds_path: Expression | None
    timestamp_ms: int | None
    timestamp_path: Expression | None


SECONDS: Final = Number(0, TIMEOUT_S_MAX, whole=True)
DURATION: Final = Group("duration", required=True)
REFERENCE: Final = PathTo(definite=True)

WAIT: Final = Table(
    Wait,
    (
        *BASE,
        *LEAVE,
        *PATHS,
        Field("Seconds", SECONDS, "seconds", group=DURATION, evaluable="evaluated_seconds"),
        Field("SecondsPath", REFERENCE, "seconds_path", group=DURATION, language=JSONPATH),
        Field("Timestamp", Timestamp(), "timestamp_ms", group=DURATION, evaluable="evaluated_timestamp"),
        Field("TimestampPath", REFERENCE, "timestamp_path", group=DURATION, language=JSONPATH),
        *ENDS,
    ),
)
Wait.table = WAIT
