"""Retriers and catchers: fields, defaults, and the rules about States.ALL. When they act is the engine's to know."""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct

from stepwell.asl.assign import ERROR_ASSIGN, Assign
from stepwell.asl.evaluated import ERROR_OUTPUT, Evaluated, EvaluatedValue
from stepwell.asl.fields import (
    BOTH,
    JSONATA,
    JSONPATH,
    Field,
    ListOf,
    Number,
    Object,
    OneOf,
    Table,
    Target,
    Text,
)
from stepwell.asl.machine import State
from stepwell.asl.paths import Discard, PathInto
from stepwell.asl.reading import Place
from stepwell.query.jsonpath import ReferencePath

ALL: Final = "States.ALL"
INTERVAL_S_MAX: Final = 99_999_999
ATTEMPTS_MAX: Final = 99_999_999
DELAY_S_MAX: Final = 31_622_400


class Retrier:
    """One element of Retry. The n-th wait is `interval_s * backoff_rate ** (n - 1)`, at most `max_delay_s`."""

    __slots__ = ("backoff_rate", "comment", "error_equals", "interval_s", "jitter", "max_attempts", "max_delay_s")

    error_equals: tuple[str, ...]
    interval_s: int
    max_attempts: int
    backoff_rate: float
    max_delay_s: int | None
    jitter: Literal["NONE", "FULL"]
    comment: str | None


class Catcher:
    """One element of Catch."""

    __slots__ = ("assign", "comment", "error_equals", "next", "output", "result_path")

    error_equals: tuple[str, ...]
    next: State
    result_path: ReferencePath | Discard | None
    assign: Assign | None
    output: Evaluated | None
    comment: str | None


ERROR_NAMES: Final = Field("ErrorEquals", ListOf(Text(), items_min=1), "error_equals", required=True, default=())

RETRIER: Final = Table(
    Retrier,
    (
        ERROR_NAMES,
        Field("IntervalSeconds", Number(1, INTERVAL_S_MAX, whole=True), "interval_s", default=1),
        Field("MaxAttempts", Number(0, ATTEMPTS_MAX, whole=True), "max_attempts", default=3),
        Field("BackoffRate", Number(1.0), "backoff_rate", default=2.0),
        Field("MaxDelaySeconds", Number(1, DELAY_S_MAX, whole=True), "max_delay_s"),
        Field("JitterStrategy", OneOf(("NONE", "FULL")), "jitter", default="NONE"),
        Field("Comment", Text(), "comment"),
    ),
)

CATCHER: Final = Table(
    Catcher,
    (
        ERROR_NAMES,
        Field("Next", Target(), "next", required=True),
        Field("ResultPath", PathInto(), "result_path", language=JSONPATH),
        ERROR_ASSIGN,
        Field("Output", EvaluatedValue(ERROR_OUTPUT), "output", language=JSONATA),
        Field("Comment", Text(), "comment"),
    ),
)


class Handlers(Struct, frozen=True):
    """A list of retriers or catchers. States Language spec: States.ALL stands alone and in the last of them."""

    table: Table

    def read(self, value: Any, place: Place) -> Any:
        answer = ListOf(Object(self.table)).read(value, place)
        for index, handler in enumerate(value if isinstance(value, list) else ()):
            names = handler.get("ErrorEquals") if isinstance(handler, dict) else None
            if isinstance(names, list):
                _check_all(names, index == len(value) - 1, place.item(index).at("ErrorEquals"))
        return answer

    def describe(self) -> str:
        return "list of objects"


def _check_all(names: list[Any], is_last: bool, place: Place) -> None:
    if ALL in names and len(names) > 1:
        place.report(f"{ALL} must be the only element of 'ErrorEquals'")
    elif ALL in names and not is_last:
        place.report(f"{ALL} must only appear in the last element")


RETRY: Final = Field("Retry", Handlers(RETRIER), "retry", default=(), language=BOTH)
CATCH: Final = Field("Catch", Handlers(CATCHER), "catch", default=(), language=BOTH)
