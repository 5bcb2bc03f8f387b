"""Assign: the variables that a state sets, with their names' rules.

Here lives what a name may be and how the values are compiled in both languages. Where a variable can be read never
lives here: that is `variables.py`'s to know.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from stepwell.asl.evaluated import ERROR_OUTPUT, NONE, RESULT, Evaluated, compile_evaluated
from stepwell.asl.fields import UNREADABLE, Field
from stepwell.asl.reading import Language, Place
from stepwell.asl.template import SUFFIX, Template, compile_template

NAME_CHARACTERS_MAX: Final = 80
RESERVED: Final = frozenset({"states"})
Assign = Template | Evaluated


class AssignOf(Struct, frozen=True):
    """An object of new values by variable name. `allowed`: "result" or "errorOutput", if JSONata may look at it."""

    allowed: frozenset[str] = NONE

    def read(self, value: Any, place: Place) -> Any:
        if not isinstance(value, dict):
            place.report("Expected value of type Object")
            return UNREADABLE
        for key in value:
            _check_name(_bare(key, place.language), place)
        if place.language is Language.JSONATA:
            return compile_evaluated(value, place, self.allowed)
        return compile_template(value, place)

    def describe(self) -> str:
        return "object of values by variable name"


def _bare(key: str, language: Language) -> str:
    return key.removesuffix(SUFFIX) if language is Language.JSONPATH else key


def _check_name(name: str, place: Place) -> None:
    """AWS: a Unicode identifier of at most 80 characters; a variable is replaced as a whole, never a part of it."""
    if len(name) > NAME_CHARACTERS_MAX:
        shown = name[:NAME_CHARACTERS_MAX]
        place.report(f"The variable name '{shown}...' has more than {NAME_CHARACTERS_MAX} characters")
    elif name in RESERVED:
        place.report(f"The variable name '{name}' is reserved")
    elif not name.isidentifier() or name.startswith("_"):
        place.report(f"The variable name '{name}' is not a valid identifier")


def assigned_names(assign: Assign | None) -> tuple[str, ...]:
    """The variables that an Assign sets."""
    if assign is None:
        return ()
    if isinstance(assign, Template):
        return tuple(_bare(key, Language.JSONPATH) for key in assign.source)
    return tuple(assign.source)


ASSIGN: Final = Field("Assign", AssignOf(), "assign")
RESULT_ASSIGN: Final = Field("Assign", AssignOf(RESULT), "assign")
ERROR_ASSIGN: Final = Field("Assign", AssignOf(ERROR_OUTPUT), "assign")
