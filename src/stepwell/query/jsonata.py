"""JSONata expressions as AWS Step Functions takes them: compiled once, evaluated against a state's data.

Here lives what an expression may look at, and the short way of plain paths. Never the grammar (`jsonata_syntax`), what
is refused (`jsonata_check`), AWS's functions (`jsonata_functions`), templates (`jsonata_template`) nor the library
(`jsonata_engine`). An answer depends on nothing but the expression and its scope: clock and dice come from there.
"""

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from stepwell.payload import print_json
from stepwell.query.comparison import MISSING
from stepwell.query.jsonata_check import STATES, Facts, Finding, Reads, examine, refused_members
from stepwell.query.jsonata_engine import STATES_KEY, VARIABLES_KEY, Program, check_syntax, readable_source
from stepwell.query.jsonata_failures import (
    INVALID,
    UNDEFINED,
    UNSUPPORTED,
    FieldError,
    JsonataError,
    JsonataSyntaxError,
    expect_integer,
    expect_type,
    json_type,
)
from stepwell.query.jsonata_syntax import parse_jsonata

__all__ = [
    "INVALID",
    "UNSUPPORTED",
    "FieldError",
    "Finding",
    "Jsonata",
    "JsonataError",
    "JsonataScope",
    "JsonataSyntaxError",
    "Reads",
    "compile_jsonata",
    "expect_integer",
    "expect_type",
    "is_jsonata",
    "json_type",
    "source_of",
]

_CHANCE: Final = frozenset({"random", "uuid", "shuffle"})
_LONE_SURROGATE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}")  # as the library reads values
_NO_SHADOWS: Final[frozenset[str]] = frozenset()


class JsonataScope:
    """The data of one evaluation.

    `input`, `result` and `error_output` are parsed JSON values, MISSING where the field gives none; `context` gives
    the context object when first asked; `variables` are the workflow's by name; `now_ms` is the time (epoch, ms) and
    `dice` are the only source of chance. Attributes are read only if an expression looks at them. Where `answers` is
    set it gives the values of expressions that are not cheap, by their place, or raises their failure: they were worked
    out elsewhere.
    """

    __slots__ = ("answers", "context", "dice", "error_output", "input", "now_ms", "result", "variables")

    def __init__(
        self,
        input: Any,
        context: Callable[[], dict[str, Any]],
        variables: Mapping[str, Any],
        dice: Random,
        now_ms: int,
        result: Any = MISSING,
        error_output: Any = MISSING,
    ) -> None:
        self.input = input
        self.context = context
        self.variables = variables
        self.dice = dice
        self.now_ms = now_ms
        self.result = result
        self.error_output = error_output
        self.answers: Callable[[str], Any] | None = None


_MEMBERS: Final[dict[str, Callable[[JsonataScope], Any]]] = {
    "input": lambda scope: scope.input,
    "result": lambda scope: scope.result,
    "errorOutput": lambda scope: scope.error_output,
    "context": lambda scope: scope.context(),
}


class Jsonata:
    """A compiled expression.

    `source` is the text without `{%`, `%}` and the blanks around it; `reads` what it looks at; `cheap` says that it
    may run on the event loop; `findings` are what AWS refuses in it when the machine is created.
    """

    __slots__ = ("_chance", "_facts", "_members", "_path", "_program", "cheap", "findings", "reads", "source")

    def __init__(self, source: str, readable: str, facts: Facts) -> None:
        self.source = source
        self.reads: Reads = facts.reads
        self.cheap = facts.cheap
        self.findings: tuple[Finding, ...] = facts.findings
        self._facts = facts
        self._program = Program(readable, facts)
        self._chance = bool(facts.functions & _CHANCE)
        self._members = tuple((name, _MEMBERS[name]) for name in sorted(facts.reads.states & _MEMBERS.keys()))
        self._path = _short_way(facts)

    def unsupported(self, allowed: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
        """All findings, given which of "result" and "errorOutput" the expression's field offers."""
        return self.findings + refused_members(self.reads, allowed)

    def evaluate(self, scope: JsonataScope) -> Any:
        """The value. Raises `JsonataError`; undefined and functions are failures, too. (AWS)

        The answer may share parts with the scope: nobody changes it.
        """
        if self._path is not None:
            value = self._path(scope)
            if value is not _LIST_ON_THE_WAY:
                return value
        variables = scope.variables
        shadows = self._shadows(variables)
        return self._program.run(self._document(scope, shadows), scope.now_ms, self.seed(scope.dice), shadows)

    def read(self, scope: JsonataScope, field: str) -> Any:
        """The value for a field. Raises `FieldError`, which is a `QueryError`, in AWS's words."""
        try:
            return self.evaluate(scope)
        except JsonataError as error:
            raise error.as_query_error(self.source, field) from None

    def seed(self, dice: Random) -> int:
        """One throw of the dice when the expression uses chance, else 0."""
        return dice.getrandbits(63) if self._chance else 0

    def input_text(self, scope: JsonataScope) -> str:
        """The document for `evaluate_json`: JSON text of all that the expression looks at."""
        text = print_json(self._document(scope, self._shadows(scope.variables)))
        return _LONE_SURROGATE.sub(r"\1\\ufffd", text) if "\\ud" in text else text

    def evaluate_json(self, input_text: str, now_ms: int, seed: int, shadows: frozenset[str] = _NO_SHADOWS) -> str:
        """The value as JSON text: for a worker thread, as the interpreter's lock is given up meanwhile.

        Raises `JsonataError`. `seed` is what `seed(dice)` gave, `shadows` what `shadows(variables)` gave.
        """
        return self._program.run_json(input_text, now_ms, seed, shadows)

    def allow_seconds(self, seconds_max: float) -> None:
        """More time than usual, for a process whose memory somebody else bounds."""
        self._program.seconds_max = seconds_max

    def shadows(self, variables: Mapping[str, Any]) -> frozenset[str]:
        """The functions that the expression names and that are hidden by workflow variables of the same name."""
        return self._shadows(variables)

    def _shadows(self, variables: Mapping[str, Any]) -> frozenset[str]:
        functions = self._facts.functions
        if not functions or not variables or functions.isdisjoint(variables):
            return _NO_SHADOWS
        return frozenset(functions.intersection(variables))

    def _document(self, scope: JsonataScope, shadows: frozenset[str]) -> dict[str, Any]:
        document: dict[str, Any] = {}
        if self._members:
            members = ((name, read(scope)) for name, read in self._members)
            document[STATES_KEY] = {name: value for name, value in members if value is not MISSING}
        elif self.reads.states:
            document[STATES_KEY] = {}
        names = self.reads.variables | shadows if shadows else self.reads.variables
        if names:
            variables = scope.variables
            document[VARIABLES_KEY] = {name: variables[name] for name in names if name in variables}
        return document

    def __repr__(self) -> str:
        return f"Jsonata({self.source!r})"


_LIST_ON_THE_WAY: Final = object()


def _short_way(facts: Facts) -> Callable[[JsonataScope], Any] | None:
    """Plain paths need no library: through objects they are subscripts, and the value found is handed on as it is.

    Through lists they mean more, which is the library's to know.
    """
    if facts.path is None:
        return None
    root, members = facts.path
    start: Callable[[JsonataScope], Any]
    if root == STATES:
        if not members or members[0] not in _MEMBERS:
            return None
        start, members = _MEMBERS[members[0]], members[1:]
    else:
        start = _variable(root)

    def read(scope: JsonataScope) -> Any:
        value = start(scope)
        for member in members:
            kind = type(value)
            if kind is dict:
                value = value.get(member, MISSING)
            elif kind is list:
                return _LIST_ON_THE_WAY
            else:
                raise JsonataError(UNDEFINED)
        if value is MISSING:
            raise JsonataError(UNDEFINED)
        return value

    return read


def _variable(name: str) -> Callable[[JsonataScope], Any]:
    return lambda scope: scope.variables.get(name, MISSING)


def compile_jsonata(source: str) -> Jsonata:
    """The compiled form of an expression (the text between `{%` and `%}`).

    Raises `JsonataSyntaxError`, whose message is that of AWS's INVALID_JSONATA_EXPRESSION. (JSONata 2.0.6)
    """
    source = source.strip()
    readable = readable_source(source)
    facts = examine(parse_jsonata(readable))
    check_syntax(readable)
    return Jsonata(source, readable, facts)


def is_jsonata(value: Any) -> bool:
    """Is this an expression: a text from exactly `{%` to `%}`, without blanks around it? (AWS)"""
    return isinstance(value, str) and len(value) >= 4 and value.startswith("{%") and value.endswith("%}")


def source_of(value: str) -> str:
    """What stands between `{%` and `%}`, without the blanks at both ends. (recorded: causes show it so)"""
    return value[2:-2].strip()
