"""Expressions: a path, or a call of an intrinsic function: `States.Format('{} of {}', $.a, States.ArrayLength($.b))`.

Here live the syntax of calls and their compilation to closures. Never the functions: `arrays`, `texts` and `arithmetic`
hold one decorated function each. (AWS, "Intrinsic functions"; recorded)
"""

from collections.abc import Callable
from typing import Any, Final

from stepwell.limits import AWS, Limits
from stepwell.query import arithmetic, arrays, texts
from stepwell.query.failures import RUNTIME, InvalidArguments, PathSyntaxError, QueryError
from stepwell.query.jsonpath import Path, compile_path, read_path
from stepwell.query.registry import INTRINSICS, Intrinsic
from stepwell.query.scope import Scope
from stepwell.query.syntax import PathReader, read_number
from stepwell.query.weight import cost, size

__all__ = ["INTRINSICS", "Call", "Expression", "PathSyntaxError", "QueryError", "compile_expression"]

FUNCTION_ROOMS: Final = (arithmetic, arrays, texts)  # importing them fills INTRINSICS
FORMAT: Final = "States.Format"
_CONSTANTS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_WORD_ENDS: Final = frozenset(" \t\n\r,()'")


class Call:
    """A compiled call. `read(scope)` gives its value or raises `QueryError`; `paths` are all paths in its arguments."""

    __slots__ = ("paths", "read", "text")

    def __init__(self, text: str, read: Callable[[Scope], Any], paths: tuple[Path, ...]) -> None:
        self.text = text
        self.read = read
        self.paths = paths

    def __repr__(self) -> str:
        return f"Call({self.text!r})"


Expression = Path | Call


class _Constant:
    """An argument known at compile time; `raw` is a literal text before unescaping, None for anything else."""

    __slots__ = ("raw", "value")

    def __init__(self, value: Any, raw: str | None = None) -> None:
        self.value = value
        self.raw = raw


_Argument = _Constant | Expression


def compile_expression(text: str, limits: Limits = AWS) -> Expression:
    """The compiled form of the value of a `.$` member: a path, or a call of an intrinsic function.

    Raises `PathSyntaxError` for bad syntax, an unknown function, a wrong number of arguments and too deep nesting.
    """
    if text.startswith("$"):
        return compile_path(text, limits)
    if not text.startswith("States."):
        raise PathSyntaxError("Expected a path or an intrinsic function", 0)
    parser = _CallParser(text, limits)
    made = parser.read_call(1)
    parser.finish()
    if isinstance(made, _Constant):
        return Call(text, _constantly(made.value), ())
    return Call(text, made.read, made.paths)


def _constantly(value: Any) -> Callable[[Scope], Any]:
    return lambda scope: value


class _CallParser:
    """Reads one expression from left to right, compiling as it goes."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.reader = PathReader(text, in_call=True)

    def finish(self) -> None:
        """Fails unless the whole text has been read."""
        self.reader.skip_spaces()
        if self.reader.peek():
            raise self.reader.fail("Expected the end of the call")

    def read_call(self, depth: int) -> _Constant | Call:
        """The call at the present position, folded to a constant where that is possible."""
        reader = self.reader
        start = reader.position
        if depth > self.limits.intrinsic_depth_max:
            raise reader.fail("Intrinsic functions are nested too deeply")
        name = self._read_word()
        function = INTRINSICS.get(name)
        if function is None:
            raise PathSyntaxError(f"Unknown intrinsic function {name}", start)
        reader.expect("(")
        arguments = self._read_arguments(depth)
        if not function.takes(len(arguments)):
            raise PathSyntaxError(f"Wrong number of arguments for {name}", start)
        return _compile_call(self.text, function, arguments, self.limits)

    def _read_arguments(self, depth: int) -> list[_Argument]:
        reader = self.reader
        arguments: list[_Argument] = []
        reader.skip_spaces()
        while not reader.take(")"):
            if arguments:
                reader.expect(",")
                reader.skip_spaces()
            arguments.append(self._read_argument(depth))
            reader.skip_spaces()
        return arguments

    def _read_argument(self, depth: int) -> _Argument:
        reader = self.reader
        mark = reader.peek()
        if mark == "$":
            return read_path(reader, self.limits)
        if mark == "'":
            raw = self._read_quoted()
            return _Constant(texts.unescape(raw), raw)
        if self.text.startswith("States.", reader.position):
            return self.read_call(depth + 1)
        start = reader.position
        word = self._read_word()
        if word in _CONSTANTS:
            return _Constant(_CONSTANTS[word])
        number = read_number(word)
        if number is None:
            raise PathSyntaxError("Expected an argument", start)
        return _Constant(number)

    def _read_word(self) -> str:
        start, text = self.reader.position, self.text
        position = start
        while position < len(text) and text[position] not in _WORD_ENDS:
            position += 1
        self.reader.position = position
        return text[start:position]

    def _read_quoted(self) -> str:
        """A literal text as it stands between its quotes. An open escape is an error (States Language spec)."""
        reader, text = self.reader, self.text
        start = reader.position
        position = start + 1
        while position < len(text) and text[position] != "'":
            if text[position] == "\\":
                position += 1
                if text[position : position + 1] not in texts.ESCAPABLE:
                    raise PathSyntaxError("Only \\', \\{, \\} and \\\\ are escapes", position - 1)
            position += 1
        if position >= len(text):
            raise PathSyntaxError("Text has not been closed - missing closing '", start)
        reader.position = position + 1
        return text[start + 1 : position]


def _compile_call(text: str, function: Intrinsic, arguments: list[_Argument], limits: Limits) -> _Constant | Call:
    if function.name == FORMAT and isinstance(arguments[0], _Constant) and arguments[0].raw is not None:
        arguments[0] = _Constant(texts.split_template(arguments[0].raw))
    paths = tuple(path for argument in arguments if not isinstance(argument, _Constant) for path in argument.paths)
    reads = tuple(
        _constantly(argument.value) if isinstance(argument, _Constant) else argument.read for argument in arguments
    )
    if not function.needs_dice and all(isinstance(argument, _Constant) for argument in arguments):
        folded = _fold(function, [argument.value for argument in arguments if isinstance(argument, _Constant)], limits)
        if folded is not None:
            return folded
    return Call(text, _evaluation(text, function, reads, limits), paths)


def _fold(function: Intrinsic, values: list[Any], limits: Limits) -> _Constant | None:
    """The value of a call of constants; None if it fails, which it must do when it is evaluated."""
    checks = function.checks_for(len(values))
    if not all(check(value) for check, value in zip(checks, values, strict=True)):
        return None
    try:
        return _Constant(function.function(limits, *values))
    except InvalidArguments:
        return None


def _evaluation(
    text: str, function: Intrinsic, reads: tuple[Callable[[Scope], Any], ...], limits: Limits
) -> Callable[[Scope], Any]:
    checks = function.checks_for(len(reads))
    perform, needs_dice, deep = function.function, function.needs_dice, function.deep
    steps_max = limits.query_steps_max
    wrong = _cause(text, function)

    def read(scope: Scope) -> Any:
        values = [argument(scope) for argument in reads]
        for check, value in zip(checks, values, strict=True):
            if not check(value):
                raise QueryError(RUNTIME, wrong)
        budget = scope.budget_of(steps_max)
        budget.spend(cost(values, deep, budget.left))
        try:
            answer = perform(limits, scope.dice, *values) if needs_dice else perform(limits, *values)
        except InvalidArguments:
            raise QueryError(RUNTIME, wrong) from None
        budget.spend(size(answer))
        return answer

    return read


def _cause(text: str, function: Intrinsic) -> str:
    """What AWS says about a wrong argument (recorded); the whole expression is named, and the function that failed."""
    return f"There was an error while evaluating the intrinsic function: {text}. Invalid arguments in {function.name}"
