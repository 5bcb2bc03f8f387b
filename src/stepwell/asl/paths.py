"""Fields that hold paths: where a state reads its input from, and where it writes its result to.

Here lives which paths a field accepts and what null means in it. How a path finds its way never lives here: that is the
query room's.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from stepwell.asl.fields import UNREADABLE
from stepwell.asl.reading import Place
from stepwell.query.failures import PathSyntaxError
from stepwell.query.intrinsics import Call, compile_expression
from stepwell.query.jsonpath import compile_path, compile_reference_path

NOTHING: Final = Call("null", lambda scope: {}, ())  # what a null InputPath or OutputPath reads: an empty object


class Discard:
    """The only value of its kind: `"ResultPath": null`, the result is dropped and the raw input kept."""

    def __repr__(self) -> str:
        return "DISCARD"


DISCARD: Final = Discard()


class PathTo(Struct, frozen=True):
    """A JSONPath on the input, the context object or a variable.

    `null_to_nothing`: null gives an empty object. `definite`: it must select one node. `calls`: an intrinsic function
    call is accepted too. With `whole_is_none`, `$` compiles to None, so that the common case costs nothing at run time.
    """

    null_to_nothing: bool = False
    definite: bool = False
    calls: bool = False
    whole_is_none: bool = False

    def read(self, value: Any, place: Place) -> Any:
        if value is None and self.null_to_nothing:
            return NOTHING
        if not isinstance(value, str):
            place.report("Expected value of type String")
            return UNREADABLE
        if value == "$" and self.whole_is_none:
            return None
        try:
            if self.calls and not value.startswith("$"):
                call = compile_expression(value, place.reading.limits)
                place.note_reads(path.variable for path in call.paths if path.variable is not None)
                return call
            path = compile_path(value, place.reading.limits)
        except PathSyntaxError as error:
            place.report(f"Value is not a valid JSONPath: {error}")
            return UNREADABLE
        if self.definite and not path.definite:
            place.report("Value is not a Reference Path: it may select more than one node")
            return UNREADABLE
        if path.variable is not None:
            place.note_reads((path.variable,))
        return path

    def describe(self) -> str:
        name = "reference path" if self.definite else "JSONPath"
        return f"{name} or intrinsic function call" if self.calls else name


class PathInto(Struct, frozen=True):
    """A reference path into which a result is written: None for `$` (replace), DISCARD for null, or ReferencePath."""

    def read(self, value: Any, place: Place) -> Any:
        if value is None:
            return DISCARD
        if not isinstance(value, str):
            place.report("Expected value of type String")
            return UNREADABLE
        if value == "$":
            return None
        try:
            return compile_reference_path(value, place.reading.limits)
        except PathSyntaxError as error:
            place.report(f"Value is not a Reference Path: {error}")
            return UNREADABLE

    def describe(self) -> str:
        return "reference path, or null to drop the result"
