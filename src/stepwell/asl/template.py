"""Payload templates: JSON in which keys that end in `.$` hold a path or an intrinsic call.

Here lives how a template is compiled into closures and in which order the evaluated keys stand. What a path finds never
lives here: that is the query room's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from stepwell.asl.diagnostics import NO_DOLLAR
from stepwell.asl.evaluated import compile_evaluated
from stepwell.asl.fields import UNREADABLE
from stepwell.asl.paths import DISCARD
from stepwell.asl.reading import Language, Place
from stepwell.payload import print_json
from stepwell.query.failures import RUNTIME, PathNotFound, PathSyntaxError, QueryError
from stepwell.query.intrinsics import Expression, compile_expression
from stepwell.query.jsonata import is_jsonata
from stepwell.query.jsonpath import Path, compile_path
from stepwell.query.scope import Scope

__all__ = ["DISCARD", "SUFFIX", "Template", "TemplateOf", "compile_template", "in_hash_map_order", "looks_like_path"]

SUFFIX: Final = ".$"
DEPTH_MAX: Final = 100  # levels of one template: bounds the stack of compiling and of evaluating
Evaluate = Callable[[Scope], Any]


class Template:
    """A compiled payload template.

    `evaluate(scope)` gives the value, `paths` are all paths in it, `source` is the JSON as written. `evaluate` raises
    `QueryError` in AWS's words. The answer may share parts with the input and with the template: nobody changes it.
    """

    __slots__ = ("evaluate", "paths", "source")

    def __init__(self, source: Any, evaluate: Evaluate, paths: tuple[Path, ...]) -> None:
        self.source = source
        self.evaluate = evaluate
        self.paths = paths


class TemplateOf(Struct, frozen=True):
    """The kind of a field that holds a payload template: a JSON object (States Language spec).

    In a JSONata state it is an object with expressions, or one expression.
    """

    def read(self, value: Any, place: Place) -> Any:
        if place.language is Language.JSONATA and (isinstance(value, dict) or is_jsonata(value)):
            return compile_evaluated(value, place)
        if isinstance(value, dict):
            return compile_template(value, place)
        place.report("Expected value of type Object")
        return UNREADABLE

    def describe(self) -> str:
        return "payload template"


def compile_template(source: Any, place: Place) -> Template:
    """The template of a JSON value; faults are reported at `place`, which is the field as a whole (recorded)."""
    compiler = _Compiler(place)
    constant, answer = compiler.compile(source, 1)
    evaluate = (lambda scope: answer) if constant else answer
    place.note_reads(path.variable for path in compiler.paths if path.variable is not None)
    return Template(source, evaluate, tuple(compiler.paths))


class _Compiler:
    """Walks one template. Each step answers (True, value) for a constant and (False, closure) for the rest."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.paths: list[Path] = []

    def compile(self, value: Any, depth: int) -> tuple[bool, Any]:
        if depth > DEPTH_MAX:
            self.place.report(f"A payload template can be nested at most {DEPTH_MAX} levels deep")
            return True, value
        if isinstance(value, dict):
            return self._object(value, depth)
        if isinstance(value, list):
            return self._array(value, depth)
        return True, value

    def _array(self, items: list[Any], depth: int) -> tuple[bool, Any]:
        parts = [self.compile(item, depth + 1) for item in items]
        moving = tuple((index, answer) for index, (constant, answer) in enumerate(parts) if not constant)
        if not moving:
            return True, items
        skeleton = [answer if constant else None for constant, answer in parts]
        return False, _array_closure(skeleton, moving)

    def _object(self, members: dict[str, Any], depth: int) -> tuple[bool, Any]:
        fixed: dict[str, Any] = {}
        read: dict[str, Evaluate] = {}
        moving: list[tuple[str, Evaluate]] = []
        for key, member in members.items():
            if key.endswith(SUFFIX):
                expression = self._expression(key, member)
                if expression is not None:
                    read[key[: -len(SUFFIX)]] = expression.read
                continue
            self._warn_of_forgotten_suffix(key, member)
            constant, answer = self.compile(member, depth + 1)
            fixed[key] = answer if constant else None
            if not constant:
                moving.append((key, answer))
        for key in read:
            if key in fixed:
                self.place.report(f"The fields '{key}' and '{key}{SUFFIX}' cannot both be given")
        if not read and not moving:
            return True, members
        skeleton = {**fixed, **dict.fromkeys(in_hash_map_order(read))}
        return False, _object_closure(skeleton, tuple(moving), tuple(read.items()))

    def _expression(self, key: str, member: Any) -> Expression | None:
        try:
            if not isinstance(member, str):
                raise PathSyntaxError("Expected a path or an intrinsic function call", 0)
            expression: Expression = compile_expression(member, self.place.reading.limits)
        except PathSyntaxError:
            self.place.report(
                f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call"
            )
            return None
        self.paths.extend(expression.paths)
        return expression

    def _warn_of_forgotten_suffix(self, key: str, member: Any) -> None:
        if isinstance(member, str) and looks_like_path(member):
            self.place.warn(
                f"The value of '{key}' looks like a JSONPath. Instead of '{key}', use '{key}{SUFFIX}' to evaluate it "
                "as a JSONPath at runtime.",
                NO_DOLLAR,
            )


def looks_like_path(text: str) -> bool:
    """Would a reader take this plain string for a path: `$.x`, `$[0]`, `$$.x`?"""
    if not text.startswith(("$.", "$[", "$$.")):
        return False
    try:
        compile_path(text)
    except PathSyntaxError:
        return False
    return True


def _array_closure(skeleton: list[Any], moving: tuple[tuple[int, Evaluate], ...]) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        made = skeleton.copy()
        for index, part in moving:
            made[index] = part(scope)
        return made

    return evaluate


def _object_closure(
    skeleton: dict[str, Any], moving: tuple[tuple[str, Evaluate], ...], read: tuple[tuple[str, Evaluate], ...]
) -> Evaluate:
    """The skeleton has every key in its final place; assigning to a key of a copy does not move it."""

    def evaluate(scope: Scope) -> Any:
        made = skeleton.copy()
        for key, part in moving:
            made[key] = part(scope)
        key = ""
        try:
            for key, part in read:
                made[key] = part(scope)
        except PathNotFound as missing:
            raise _not_found(missing, key, scope) from None
        return made

    return evaluate


def _not_found(missing: PathNotFound, key: str, scope: Scope) -> QueryError:
    """AWS's words (recorded); for a path into the context object, the input it prints is the whole context object."""
    searched = scope.context() if missing.text.startswith("$$") else scope.input
    return QueryError(
        RUNTIME,
        f"The JSONPath '{missing.text}' specified for the field '{key}{SUFFIX}' could not be found in the input "
        f"'{print_json(searched)}'",
    )


def in_hash_map_order(keys: dict[str, Any]) -> list[str]:
    """Keys as a Java HashMap of them iterates: evaluated keys come in that order (recorded).

    The table starts at 16 buckets and doubles beyond three quarters; one bucket keeps the order of insertion.
    """
    size = 16
    while len(keys) > 0.75 * size:
        size *= 2
    return sorted(keys, key=lambda key: _bucket(key, size))


def _bucket(key: str, size: int) -> int:
    code = 0
    units = key.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & 0xFFFFFFFF
    return (code ^ code >> 16) & (size - 1)
