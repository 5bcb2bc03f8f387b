"""The library that evaluates JSONata, behind one small class: the only file that knows it.

Here live its limits, how an expression is dressed for it, and how its complaints are read. Never AWS's sentences
(`jsonata_failures`) nor what a state may look at (`jsonata`). The library is loaded when the first expression is
compiled, not when the server starts.

How an expression is dressed: `($states:=$$.`%states`;$name:=$$.`%variables`.`name`;EXPRESSION)`. So `$states` and the
variables are read out of the input document, which the library looks at lazily; bindings it would convert whole.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from stepwell.payload import print_json
from stepwell.query.jsonata_check import Facts
from stepwell.query.jsonata_failures import (
    ERROR,
    INTERNAL,
    LIMIT,
    STACK_TEXT,
    TIMEOUT_TEXT,
    UNDEFINED,
    UNSUPPORTED_RESULT,
    JsonataError,
    JsonataSyntaxError,
)
from stepwell.query.jsonata_functions import (
    DICE,
    ITEMS_MAX,
    PRELUDE,
    REGISTERED,
    STRING_BYTES_MAX,
    memory_exceeded,
    range_guard,
)

DEPTH_MAX: Final = 100  # measured: the reference's count of evaluations within evaluations
STEPS_MAX: Final = 2_000_000  # ours: about 0.07 s, and above what AWS's own 1 s allows its slower evaluator
ACCUMULATING_STEPS_MAX: Final = 40_000  # ours: values nested deeper than a 8 MB stack can free crash the library
CHEAP_S_MAX: Final = 1.0  # AWS: one second
DEAR_S_MAX: Final = 0.2  # ours: in this time no expression gets hold of more than about 256 MB
ROUNDS_MAX: Final = 8  # of replacing arithmetic that left the range of numbers
STATES_KEY: Final = "%states"
VARIABLES_KEY: Final = "%variables"

_Failures = (ValueError, TypeError, OverflowError, RecursionError)
_INFINITE: Final = frozenset({"Infinity", "-Infinity", "NaN"})
_LIMIT_TEXTS: Final = {"D1011": STACK_TEXT, "D1012": TIMEOUT_TEXT, "U1006": TIMEOUT_TEXT}
_TEXTS_206: Final = {
    "D2014": ("must not exceed 1e7", "must not exceed 1e6"),
}


def check_syntax(source: str) -> None:
    """Lets the library compile the bare expression. Raises `JsonataSyntaxError` in the reference's words."""
    import jlens

    try:
        jlens.Expression(source)
    except jlens.JlensError as error:
        raise JsonataSyntaxError(error.code, str(error), error.position or 0) from None


class Program:
    """One expression, ready to run against documents. May be shared between threads."""

    __slots__ = ("_facts", "_source", "_variants", "_volatile", "depth_max", "seconds_max", "steps_max")

    def __init__(self, source: str, facts: Facts) -> None:
        self._source = source
        self._facts = facts
        self._variants: dict[tuple[bool, frozenset[str]], Any] = {}
        self._volatile = bool(facts.ranges)
        self.depth_max = DEPTH_MAX + 2  # the dress is two levels
        self.steps_max = ACCUMULATING_STEPS_MAX if facts.accumulates else STEPS_MAX
        self.seconds_max = CHEAP_S_MAX if facts.cheap else DEAR_S_MAX

    def run(self, document: Mapping[str, Any], now_ms: int, seed: int, shadows: frozenset[str]) -> Any:
        """The value of the expression. Raises `JsonataError`.

        `shadows` are the built-in functions that workflow variables hide.
        """
        value = self._run("evaluate", document, now_ms, seed, shadows)
        if value is not None:
            return value
        kind = self._run("evaluate", document, now_ms, seed, shadows, typed=True)
        return _nothing(kind)

    def run_json(self, text: str, now_ms: int, seed: int, shadows: frozenset[str]) -> str:
        """The same from text to text; other threads run meanwhile, except during one of AWS's functions."""
        answer = self._run("evaluate_json", text, now_ms, seed, shadows)
        if answer is not None and answer != "null":
            return str(answer)
        kind = self._run("evaluate_json", text, now_ms, seed, shadows, typed=True)
        return print_json(_nothing(kind[1:-1] if kind else None))

    def _run(
        self, method: str, document: Any, now_ms: int, seed: int, shadows: frozenset[str], typed: bool = False
    ) -> Any:
        import jlens

        expression = None if self._volatile else self._variants.get((typed, shadows))
        if expression is None:
            expression = self._compile(self._dress(shadows, typed), typed, shadows)
        options = self._options(now_ms, seed)
        try:
            return getattr(expression, method)(document, None, **options)
        except jlens.JlensError as error:
            if error.code == "D1001" and error.token in _OPERATORS:
                return self._run_beyond_numbers(method, document, options, expression.source, error)
            raise _failure(error) from None
        except _Failures as error:
            raise JsonataError(INTERNAL, str(error)) from None

    def _options(self, now_ms: int, seed: int) -> dict[str, Any]:
        return {
            "timeout": self.seconds_max,
            "max_depth": self.depth_max,
            "max_steps": self.steps_max,
            "max_string_length": STRING_BYTES_MAX,
            "max_array_length": ITEMS_MAX,
            "now": now_ms,
            "seed": seed,
        }

    def _compile(self, dressed: str, typed: bool, shadows: frozenset[str]) -> Any:
        expression = _compile(dressed, self._facts.functions - shadows)
        if self._volatile:
            expression.register_function("range_", range_guard())
        else:
            self._variants[typed, shadows] = expression
        return expression

    def _dress(self, shadows: frozenset[str], typed: bool) -> str:
        facts = self._facts
        parts = ["("]
        functions = facts.functions - shadows
        if functions & {"uuid", "random"}:
            parts.append(DICE)
        parts.extend(text for name, text in PRELUDE.items() if name in functions)
        if facts.reads.states:
            parts.append(f"$states:=$$.`{STATES_KEY}`;")
        names = sorted(facts.reads.variables | shadows)
        parts.extend(f"${name}:=$$.`{VARIABLES_KEY}`.`{name}`;" for name in names)
        if facts.has_root:
            parts.append("$$:=$$.`%none`;")
        body = _guard_ranges(self._source, facts) if facts.ranges else self._source
        parts.append(f"$type({body}))" if typed else f"{body})")
        return "".join(parts)

    def _run_beyond_numbers(self, method: str, document: Any, options: dict[str, Any], source: str, error: Any) -> Any:
        """In 2.0.6 arithmetic may leave the range of numbers, and AWS prints "Infinity"; in the library it fails.

        The operation that failed is replaced by a function that gives the text, and the expression runs again. When
        the text meets more arithmetic, the first failure stands: so it is in the reference.
        """
        import jlens

        first = error
        for _ in range(ROUNDS_MAX):
            source = _replace_arithmetic(source, error)
            try:
                expression = _compile(source, self._facts.functions)
                expression.register_function("arithmetic_", _calculate)
                if self._volatile:
                    expression.register_function("range_", range_guard())
                return getattr(expression, method)(document, None, **options)
            except jlens.JlensError as again:
                if again.code != "D1001" or again.token not in _OPERATORS:
                    break
                error = again
            except _Failures:
                break
        raise _failure(first) from None


def _compile(dressed: str, functions: Collection[str]) -> Any:
    import jlens

    expression = jlens.Expression(dressed)
    for name in functions:
        for registered, function, signature in REGISTERED.get(name, ()):
            expression.register_function(registered, function, signature)
    return expression


def _guard_ranges(source: str, facts: Facts) -> str:
    inserts: list[tuple[int, str]] = []
    for number, node in enumerate(facts.ranges):
        first, last = node.parts
        inserts += [
            (first.start, f"($first{number}_:=("),
            (first.end, f");[$first{number}_"),
            (last.start, "$range_(("),
            (last.end, f"),$first{number}_)])"),
        ]
    parts, at = [], 0
    for position, text in sorted(inserts, key=lambda insert: insert[0]):
        parts += [source[at:position], text]
        at = position
    return "".join([*parts, source[at:]])


_OPERATORS: Final = frozenset("+-*/%")


def _replace_arithmetic(source: str, error: Any) -> str:
    """The operation `a / b` that the error is about as `$arithmetic_("/", a, b)`."""
    operator = error.position - 1
    left, right = source[error.start : operator], source[error.position : error.end]
    return f'{source[: error.start]}$arithmetic_("{error.token}",({left}),({right})){source[error.end :]}'


def _calculate(operator: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    try:
        number = _apply(operator, float(left), float(right))
    except OverflowError:
        number = float("inf")
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def _apply(operator: str, left: float, right: float) -> float:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if right == 0:
        return float("nan") if left == 0 or operator == "%" else left * float("inf")
    return left / right if operator == "/" else left % right


def _nothing(kind: Any) -> Any:
    """What an absent value is, by its type's name: null, not a number, a function or nothing at all."""
    if kind == "null":
        return None
    if kind is None:
        raise JsonataError(UNDEFINED)
    if kind == "function":
        raise JsonataError(UNSUPPORTED_RESULT)
    return "NaN"


def _failure(error: Any) -> JsonataError:
    code, text = error.code, str(error)
    if code in _LIMIT_TEXTS:
        return JsonataError(LIMIT, _LIMIT_TEXTS[code])
    if code == "U1001" or code == "D2016":
        return memory_exceeded()
    if code.startswith("U"):
        return JsonataError(INTERNAL, text)
    if code in _TEXTS_206:
        text = text.replace(*_TEXTS_206[code])
    return JsonataError(ERROR, text, code)
