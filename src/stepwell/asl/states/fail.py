"""Fail: ends the execution with an error and a cause, literal or read from paths."""

from typing import Final

from stepwell.asl.fields import JSONPATH, Field, Group, Table, Text
from stepwell.asl.machine import State
from stepwell.asl.paths import PathTo
from stepwell.asl.states.rows import BASE
from stepwell.query.intrinsics import Expression


class Fail(State):
    """At most one of `error` and `error_path`, of `cause` and `cause_path`, is set."""

    __slots__ = ("cause", "cause_path", "error", "error_path")
    type = "Fail"
    ends = True

    error: str | None
    cause: str | None
    error_path: Expression | None
    cause_path: Expression | None


ERROR: Final = Group("error")
CAUSE: Final = Group("cause")
TEXT_PATH: Final = PathTo(definite=True, calls=True)

FAIL: Final = Table(
    Fail,
    (
        *BASE,
        Field("Error", Text(), "error", group=ERROR, evaluable=True),
        Field("ErrorPath", TEXT_PATH, "error_path", group=ERROR, language=JSONPATH),
        Field("Cause", Text(), "cause", group=CAUSE, evaluable=True),
        Field("CausePath", TEXT_PATH, "cause_path", group=CAUSE, language=JSONPATH),
    ),
)
Fail.table = FAIL
