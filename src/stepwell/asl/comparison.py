"""The comparisons of a Choice rule, each compiled to a closure `test(scope) -> bool`.

Here lives what StringEquals and its 38 sisters mean. The rule objects around them never live here: they are in
`states/choice.py`. A value of another type than the comparison asks for is no error, it just does not match (recorded).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from stepwell.asl.fields import UNREADABLE, Boolean, Field, Group, Kind, Number, Text, Timestamp
from stepwell.asl.paths import PathTo
from stepwell.asl.reading import Language, Place
from stepwell.asl.timestamp import parse_timestamp_ns
from stepwell.query.comparison import MISSING
from stepwell.query.failures import RUNTIME, QueryError
from stepwell.query.jsonpath import Path
from stepwell.query.scope import Scope

Test = Callable[[Scope], bool]
Judge = Callable[[Any], bool]
Order = Callable[[Any, Any], bool]
_LONG_CHARACTERS: Final = 4_096
_CHARACTERS_PER_STEP: Final = 64
OPERATOR: Final = Group("comparison operator", required=True, listed=False)


ORDERS: Final[dict[str, Order]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}


# Each of these turns a value into something that orders as AWS orders it, or None when the type is another.


def as_string(value: Any) -> Any:
    """Strings order by UTF-16 code unit; for ASCII that is Python's own order."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-16-be", "surrogatepass")


def as_number(value: Any) -> Any:
    """Numbers order by value, whatever their form: 0 equals 0.0 (recorded); a boolean is no number."""
    return value if type(value) is int or type(value) is float else None


def as_timestamp(value: Any) -> Any:
    """Timestamps order as instants, not as text; text that is not strict RFC 3339 does not match (recorded)."""
    return parse_timestamp_ns(value) if isinstance(value, str) else None


def as_boolean(value: Any) -> Any:
    """Booleans only equal one another."""
    return value if isinstance(value, bool) else None


COMPARED: Final[dict[str, tuple[Callable[[Any], Any], Kind, tuple[str, ...]]]] = {
    "String": (as_string, Text(), tuple(ORDERS)),
    "Numeric": (as_number, Number(), tuple(ORDERS)),
    "Timestamp": (as_timestamp, Timestamp(), tuple(ORDERS)),
    "Boolean": (as_boolean, Boolean(), ("Equals",)),
}

TYPE_TESTS: Final[dict[str, Judge]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: as_number(value) is not None,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: as_timestamp(value) is not None,
}


class Comparison:
    """What a comparison row of a rule compiles to: give it the Variable and it answers the test."""

    __slots__ = ("bind",)

    def __init__(self, bind: Callable[[Path], Test]) -> None:
        self.bind = bind


class ComparisonOf:
    """The kind of one comparison field; its operand is checked by `operand` and judged by the closure it yields."""

    __slots__ = ("compile", "operand")

    def __init__(self, operand: Kind, compile: Callable[[Any, Any], Comparison]) -> None:
        self.operand = operand
        self.compile = compile

    def read(self, value: Any, place: Place) -> Any:
        answer = self.operand.read(value, place)
        return UNREADABLE if answer is UNREADABLE else self.compile(value, answer)

    def describe(self) -> str:
        return self.operand.describe()


def _with_constant(convert: Callable[[Any], Any], order: Order) -> Callable[[Any, Any], Comparison]:
    def compile(value: Any, _: Any) -> Comparison:
        operand = convert(value)

        def judge(found: Any) -> bool:
            converted = convert(found)
            return converted is not None and order(converted, operand)

        return _judged(judge)

    return compile


def _number_with_constant(order: Order) -> Callable[[Any, Any], Comparison]:
    """The same of `as_number`, without calling it: numbers are compared most."""

    def compile(value: Any, _: Any) -> Comparison:
        def judge(found: Any) -> bool:
            return (found.__class__ is int or found.__class__ is float) and order(found, value)

        return _judged(judge)

    return compile


def _string_equals(value: Any, _: Any) -> Comparison:
    return _judged(lambda found: bool(found == value))


def _with_path(convert: Callable[[Any], Any], order: Order) -> Callable[[Any, Any], Comparison]:
    def compile(_: Any, operand: Path) -> Comparison:
        def bind(variable: Path) -> Test:
            def test(scope: Scope) -> bool:
                left, right = convert(_value_of(variable, scope)), convert(_value_of(operand, scope))
                return left is not None and right is not None and order(left, right)

            return test

        return Comparison(bind)

    return compile


def _judged(judge: Judge) -> Comparison:
    def bind(variable: Path) -> Test:
        find = variable.find

        def test(scope: Scope) -> bool:
            found = find(scope)
            if found is MISSING:
                raise invalid_path(variable)
            if found.__class__ is str:
                _count(found, scope)
            return judge(found)

        return test

    return Comparison(bind)


def _value_of(path: Path, scope: Scope) -> Any:
    found = path.find(scope)
    if found is MISSING:
        raise invalid_path(path)
    if found.__class__ is str:
        _count(found, scope)
    return found


def _count(found: str, scope: Scope) -> None:
    """Long texts cost steps, so that a state of many rules over one cannot keep everybody waiting. (ours)"""
    if len(found) > _LONG_CHARACTERS:
        scope.budget_of().spend(len(found) // _CHARACTERS_PER_STEP)


def invalid_path(path: Path) -> QueryError:
    """The failure of a comparison whose path finds nothing, in AWS's words (recorded)."""
    return QueryError(
        RUNTIME,
        f"Invalid path '{path.text}': The choice state's condition path references an invalid value.",
    )


def _is_present(wanted: Any, _: Any) -> Comparison:
    """The only comparison for which a missing Variable is no error; a null value is present (recorded)."""

    def bind(variable: Path) -> Test:
        find = variable.find
        return lambda scope: (find(scope) is not MISSING) is wanted

    return Comparison(bind)


def _type_test(judge: Judge) -> Callable[[Any, Any], Comparison]:
    return lambda wanted, _: _judged(lambda found: judge(found) is wanted)


def _string_matches(pattern: Any, _: Any) -> Comparison:
    match = compile_pattern(pattern)
    return _judged(lambda found: isinstance(found, str) and match(found))


def compile_pattern(pattern: str) -> Judge:
    r"""The matcher of a StringMatches pattern: `*` is any text, `\*` a star, `\\` a backslash (States Language spec).

    Takes time linear in the text, whatever the pattern: after the fixed start and end, each piece between two stars is
    taken where it is first found. A backslash before anything else fails at run time, as the specification says.
    """
    pieces = _pieces(pattern)
    if pieces is None:
        return _refuse_escape
    if len(pieces) == 1:
        return lambda text: bool(text == pieces[0])
    first, *middle, last = pieces

    def match(text: str) -> bool:
        end = len(text) - len(last)
        if not text.startswith(first) or end < len(first) or not text.endswith(last):
            return False
        position = len(first)
        for piece in middle:
            position = text.find(piece, position, end)
            if position < 0:
                return False
            position += len(piece)
        return True

    return match


def _pieces(pattern: str) -> list[str] | None:
    """The literal texts between the stars, or None when an escape is unknown."""
    pieces: list[list[str]] = [[]]
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            pieces.append([])
            continue
        if character == "\\":
            character = next(characters, "")
            if character not in ("*", "\\"):
                return None
        pieces[-1].append(character)
    return ["".join(piece) for piece in pieces]


def _refuse_escape(text: str) -> bool:
    raise QueryError(RUNTIME, "Invalid escape sequence in the StringMatches pattern: only '\\*' and '\\\\' are known")


def _row(name: str, operand: Kind, compile: Callable[[Any, Any], Comparison]) -> Field:
    return Field(name, ComparisonOf(operand, compile), "comparison", language=Language.JSONPATH, group=OPERATOR)


def _constant(prefix: str, suffix: str) -> Callable[[Any, Any], Comparison]:
    if prefix + suffix == "StringEquals":
        return _string_equals
    if prefix == "Numeric":
        return _number_with_constant(ORDERS[suffix])
    return _with_constant(COMPARED[prefix][0], ORDERS[suffix])


def _comparison_fields() -> tuple[Field, ...]:
    rows = []
    for prefix, (convert, operand, suffixes) in COMPARED.items():
        for suffix in suffixes:
            order = ORDERS[suffix]
            rows.append(_row(prefix + suffix, operand, _constant(prefix, suffix)))
            rows.append(_row(prefix + suffix + "Path", PathTo(), _with_path(convert, order)))
    rows.append(_row("StringMatches", Text(), _string_matches))
    rows.append(_row("IsPresent", Boolean(), _is_present))
    rows.extend(_row(name, Boolean(), _type_test(judge)) for name, judge in TYPE_TESTS.items())
    return tuple(rows)


COMPARISON_FIELDS: Final = _comparison_fields()
