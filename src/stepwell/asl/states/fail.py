"""Fail: ends the execution with an error and a cause, literal or read from paths."""

from typing import Final

from stepwell.asl.evaluated import Evaluated
from stepwell.asl.fields import JSONPATH, Field, Group, Table, Text
from stepwell.asl.machine import State
from stepwell.asl.paths import PathTo
from stepwell.asl.states.rows import BASE
from stepwell.query.intrinsics import Expression


class Fail(State):
    """At most one of the three errors is set, and of the three causes."""

    __slots__ = ("cause", "cause_path", "error", "error_path", "evaluated_cause", "evaluated_error")
    type = "Fail"
    ends = True

    error: str | None
    cause: str | None
    evaluated_error: Evaluated | None
    evaluated_cause: Evaluated | None
    error_path: Expression | None
    cause_path: Expression | None


ERROR: Final = Group("error")
CAUSE: Final = Group("cause")
TEXT_PATH: Final = PathTo(definite=True, calls=True)

FAIL: Final = Table(
    Fail,
    (
        *BASE,
        Field("Error", Text(), "error", group=ERROR, evaluable="evaluated_error"),
        Field("ErrorPath", TEXT_PATH, "error_path", group=ERROR, language=JSONPATH),
        Field("Cause", Text(), "cause", group=CAUSE, evaluable="evaluated_cause"),
        Field("CausePath", TEXT_PATH, "cause_path", group=CAUSE, language=JSONPATH),
    ),
)
Fail.table = FAIL
