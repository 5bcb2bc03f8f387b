"""Fields of JSONata states: values with `{% %}` expressions, compiled once, and what AWS refuses in them.

Here lives how such a field is read and named. What an expression means never lives here: that is the query room's.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from stepwell.asl.diagnostics import ERROR
from stepwell.asl.reading import Place
from stepwell.payload import Payload, print_json
from stepwell.query.jsonata import UNSUPPORTED, FieldError, Jsonata, JsonataError, JsonataScope
from stepwell.query.jsonata_template import JsonataTemplate, Part, compile_jsonata_template

NONE: Final[frozenset[str]] = frozenset()
RESULT: Final = frozenset({"result"})
ERROR_OUTPUT: Final = frozenset({"errorOutput"})


class Evaluated:
    """One field of a JSONata state.

    `field` is its path within the state, as causes name it (`Output`, `Choices[0]/Condition`). `dear` are those of its
    expressions that may take long, with their own paths. `constant` says that it holds no expression.
    """

    __slots__ = ("_text", "constant", "dear", "field", "source", "template")

    def __init__(self, field: str, template: JsonataTemplate) -> None:
        self.field = field
        self.template = template
        self.source = template.source
        self.constant = template.constant
        self._text = print_json(template.source) if template.constant else ""
        self.dear: tuple[Part, ...] = ()
        if not template.cheap:
            dear = (part for part in template.parts if not part.expression.cheap)
            self.dear = tuple(Part(field + part.location, part.expression) for part in dear)

    def read(self, scope: JsonataScope) -> Any:
        """The value, all expressions answered. Raises `FieldError`."""
        return self.template.evaluate(scope, self.field)

    def payload(self, scope: JsonataScope) -> Payload:
        """The value as a payload of its own. Raises `FieldError`."""
        if self.constant:
            return Payload(self._text, self.source)
        return Payload.of(self.template.evaluate(scope, self.field))

    def failed(self, error: JsonataError) -> FieldError:
        """The failure of a value that is not what the field takes."""
        parts = self.template.parts
        return error.as_query_error(parts[0].expression.source if parts else str(self.source), self.field)

    def __repr__(self) -> str:
        return f"Evaluated({self.field!r})"


class EvaluatedValue(Struct, frozen=True):
    """Any JSON value, with expressions at any depth. `allowed`: "result" and "errorOutput", if the field has them."""

    allowed: frozenset[str] = NONE

    def read(self, value: Any, place: Place) -> Any:
        return compile_evaluated(value, place, self.allowed)

    def describe(self) -> str:
        return "any JSON value, with JSONata expressions"


def compile_evaluated(value: Any, place: Place, allowed: frozenset[str] = NONE) -> Evaluated:
    """The compiled field; what is wrong is reported at the very part of it. (Codes, texts and places measured.)"""
    template = compile_jsonata_template(value)
    for problem in template.problems:
        place.below(problem.location).report(problem.message, problem.code)
    for part in template.parts:
        here = place.below(part.location)
        _report_unsupported(part.expression, here, allowed)
        here.note_reads(part.expression.reads.variables)
    return Evaluated(place.field, template)


def _report_unsupported(expression: Jsonata, place: Place, allowed: frozenset[str]) -> None:
    for finding in expression.unsupported(allowed):
        if finding.severity == ERROR:
            place.report(finding.message, UNSUPPORTED)
        else:
            place.warn(finding.message, UNSUPPORTED)
