"""The library that evaluates JSONata, behind one small class: the only file that knows it.

Here live its limits, how an expression is dressed for it, and how its complaints are read. Never AWS's sentences
(`jsonata_failures`) nor what a state may look at (`jsonata`). The library is loaded when the first expression is
compiled, not when the server starts.

How an expression is dressed: `($states:=$$.`%states`;$name:=$$.`%variables`.`name`;EXPRESSION)`. So `$states` and the
variables are read out of the input document, which the library looks at lazily; bindings it would convert whole.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from stepwell.payload import print_json
from stepwell.query.jsonata_check import Facts
from stepwell.query.jsonata_failures import (
    ERROR,
    INTERNAL,
    LIMIT,
    MEMORY_TEXT,
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

DEPTH_MAX: Final = 302  # measured: 100 calls; the reference's own tests count a call as three evaluations
HEIGHT_MAX: Final = 199  # measured: a sum of 200 literal terms overflows AWS's stack
STEPS_MAX: Final = 1_000_000  # ours: about 0.04 s, and about what AWS's own second allows a slower evaluator
ACCUMULATING_STEPS_MAX: Final = 65_000  # ours: freeing deeper values than this makes overflows a stack of 8 MB
MODEST_S_MAX: Final = 0.06  # ours (AWS: 1 s of a slower evaluator): memory is got hold of at up to 4 GB a second
MODEST_STRING_BYTES_MAX: Final = 524_288
MODEST_ITEMS_MAX: Final = 100_000
_LARGE: Final = {"timeout": 0.3, "max_string_length": STRING_BYTES_MAX, "max_array_length": ITEMS_MAX}
_LARGER: Final[dict[str, tuple[dict[str, float], ...]]] = {
    "string": (_LARGE | {"max_steps": 200},),  # doubling a text 22 times takes 130
    "array": ({"timeout": 0.08, "max_array_length": 250_000}, _LARGE | {"max_steps": 40}),
}
_EACH: Final = frozenset({"now", "seed"})  # what differs from run to run
ROUNDS_MAX: Final = 8  # of replacing arithmetic that left the range of numbers
INFINITE_STRING_TEXT: Final = "Attempting to invoke string function on Infinity or NaN"
STATES_KEY: Final = "%states"
VARIABLES_KEY: Final = "%variables"
_NOTHING: Final = "$$.`%none`"

_Failures = (ValueError, TypeError, OverflowError, RecursionError)
_LIMIT_TEXTS: Final = {"D1011": STACK_TEXT, "U1006": TIMEOUT_TEXT}
_NUMBERS: Final = frozenset({"D3060", "D3061", "D3100", "S0213"})  # the library shows whole numbers as `1.0` there
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WHOLE: Final = re.compile(r"(?<=\d)\.0\b")


class _TooLarge(JsonataError):
    """A value beyond the sizes of this go: `code` says which kind, "array" or "string"."""


class _TooSlow(JsonataError):
    """The clock ended this go, not the count of steps."""


def readable_source(source: str) -> str:
    """The expression with lone surrogates escaped, for the library takes UTF-8 only: the same within quotes."""
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", source)


def check_syntax(source: str) -> None:
    """Lets the library compile the bare expression. Raises `JsonataSyntaxError` in the reference's words."""
    import jlens

    try:
        jlens.Expression(source)
    except jlens.JlensError as error:
        raise JsonataSyntaxError(error.code, _message(error), error.position or 0) from None


class Program:
    """One expression, ready to run against documents. May be shared between threads."""

    __slots__ = (
        "_facts",
        "_modest",
        "_plain",
        "_prints",
        "_source",
        "_variants",
        "_volatile",
        "depth_max",
        "seconds_max",
        "steps_max",
    )

    def __init__(self, source: str, facts: Facts) -> None:
        self._source = source
        self._facts = facts
        self._variants: dict[tuple[bool, frozenset[str]], Any] = {}
        self._volatile = bool(facts.ranges)  # each evaluation counts the items of its own ranges
        self._plain: Any = None
        self._modest: dict[str, Any] = {}
        self._prints = "&" in source or "string" in facts.functions  # infinite numbers cannot be made text
        self.depth_max = DEPTH_MAX + 2  # the dress is two levels
        self.steps_max = ACCUMULATING_STEPS_MAX if facts.accumulates else STEPS_MAX
        self.seconds_max = MODEST_S_MAX

    def run(self, document: Mapping[str, Any], now_ms: int, seed: int, shadows: frozenset[str]) -> Any:
        """The value of the expression. Raises `JsonataError`.

        `shadows` are the built-in functions that workflow variables hide.
        """
        value = None if shadows else self._run_quickly(document, now_ms, seed)
        if value is None:
            value = self._run("evaluate", document, now_ms, seed, shadows)
        if value is not None:
            return value
        kind = self._run("evaluate", document, now_ms, seed, shadows, typed=True)
        return _nothing(kind)

    def _run_quickly(self, document: Mapping[str, Any], now_ms: int, seed: int) -> Any:
        """The value of a cheap expression that ran before; None when there is more to say about it."""
        if self._plain is None:
            return None
        try:
            return self._plain.evaluate(document, None, now=now_ms, seed=seed, **self._modest)
        except Exception:  # it is run again with care, and fails again
            return None

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
        """First with modest sizes and many steps, then with larger sizes and less time or fewer steps.

        A step may make a value of the largest size, and none may be given back: few large or many small ones fit.
        """
        if self._facts.height > HEIGHT_MAX:
            raise JsonataError(LIMIT, STACK_TEXT)
        options = self._options(now_ms, seed)
        try:
            return self._go_twice(method, document, options, shadows, typed)
        except _TooLarge as error:
            larger = _LARGER[error.code]
        for sizes in larger:
            try:
                return self._go(method, document, options | sizes, shadows, typed)
            except _TooLarge:
                continue
            except JsonataError as error:
                if error.message != TIMEOUT_TEXT or "max_steps" not in sizes:
                    raise
        raise memory_exceeded()

    def _go_twice(
        self, method: str, document: Any, options: dict[str, Any], shadows: frozenset[str], typed: bool
    ) -> Any:
        """Once more when a short time ran out, for the machine may have been busy elsewhere."""
        try:
            return self._go(method, document, options, shadows, typed)
        except _TooSlow:
            if self.seconds_max > MODEST_S_MAX:
                raise
            return self._go(method, document, options, shadows, typed)

    def _go(self, method: str, document: Any, options: dict[str, Any], shadows: frozenset[str], typed: bool) -> Any:
        import jlens

        source = ""
        try:
            expression = None if self._volatile else self._variants.get((typed, shadows))
            if expression is None:
                expression = self._compile(self._dress(shadows, typed), typed, shadows)
            source = expression.source
            return getattr(expression, method)(document, None, **options)
        except jlens.JlensError as error:
            if error.code == "D1001" and error.token in _OPERATORS and not self._prints:
                return self._go_beyond_numbers(method, document, options, source, error)
            if error.code == "D1001" and _is_argument_of_string(source, error):
                raise JsonataError(ERROR, INFINITE_STRING_TEXT, "D3001") from None
            raise _failure(error) from None
        except _Failures as error:
            raise JsonataError(INTERNAL, str(error)) from None
        except BaseException as error:
            if type(error).__name__ == "PanicException":  # the library's own bug; pyo3 puts it above Exception
                raise JsonataError(INTERNAL, str(error)) from None
            raise

    def _options(self, now_ms: int, seed: int) -> dict[str, Any]:
        return {
            "timeout": self.seconds_max,
            "max_depth": self.depth_max,
            "max_steps": self.steps_max,
            "max_string_length": MODEST_STRING_BYTES_MAX,
            "max_array_length": MODEST_ITEMS_MAX,
            "now": now_ms,
            "seed": seed,
        }

    def _compile(self, dressed: str, typed: bool, shadows: frozenset[str]) -> Any:
        expression = _compile(dressed, self._facts.functions - shadows)
        if self._volatile:
            expression.register_function("range_", range_guard())
        else:
            self._variants[typed, shadows] = expression
            if self._facts.cheap and not typed and not shadows:
                self._modest = {name: value for name, value in self._options(0, 0).items() if name not in _EACH}
                self._plain = expression
        return expression

    def _dress(self, shadows: frozenset[str], typed: bool) -> str:
        facts = self._facts
        parts = ["(0;" if self._source.startswith("/") else "("]  # behind "(" alone a "/" divides
        functions = facts.functions - shadows
        if functions & {"uuid", "random"}:
            parts.append(DICE)
        parts.extend(text for name, text in PRELUDE.items() if name in functions)
        if facts.reads.states:
            parts.append(f"$states:=$$.`{STATES_KEY}`;")
        names = sorted(name for name in facts.reads.variables | shadows if "`" not in name)
        parts.extend(f"${name}:=$$.`{VARIABLES_KEY}`.`{name}`;" for name in names)
        if facts.has_root:
            parts.append(f"$$:={_NOTHING};")
        body = _amended(self._source, facts) if facts.ranges or facts.contextless else self._source
        parts.append(f"$type({body}))" if typed else f"{body})")
        return "".join(parts)

    def _go_beyond_numbers(self, method: str, document: Any, options: dict[str, Any], source: str, error: Any) -> Any:
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


def _amended(source: str, facts: Facts) -> str:
    """With guards around ranges, and nothing as an argument where the library would take the whole document for it."""
    inserts: list[tuple[int, str]] = []
    for number, node in enumerate(facts.ranges):
        first, last = node.parts
        inserts += [
            (first.start, f"($first{number}_:=("),
            (first.end, f");[$first{number}_"),
            (last.start, "$range_(("),
            (last.end, f"),$first{number}_)])"),
        ]
    for call in facts.contextless:
        arguments = call.parts[1:]
        inserts.append((arguments[0].start, f"{_NOTHING},") if arguments else (call.end - 1, _NOTHING))
    parts, at = [], 0
    for position, text in sorted(inserts, key=lambda insert: insert[0]):
        parts += [source[at:position], text]
        at = position
    return "".join([*parts, source[at:]])


_OPERATORS: Final = frozenset("+-*/%")


def _is_argument_of_string(source: str, error: Any) -> bool:
    """Is the operation that left the range of numbers all that stands in a `$string(...)`?"""
    return error.start is not None and source[: error.start].rstrip().endswith("$string(")


def _replace_arithmetic(source: str, error: Any) -> str:
    """The operation `a / b` that the error is about as `$arithmetic_("/", a, b)`."""
    operator = error.position - 1
    left, right = source[error.start : operator], source[error.position : error.end]
    return f'{source[: error.start]}$arithmetic_("{error.token}",({left}),({right})){source[error.end :]}'


def _calculate(operator: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if isinstance(left, str) or isinstance(right, str):
        raise TypeError("an infinite number cannot be calculated with")
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
    code = error.code
    if code in _LIMIT_TEXTS:
        return JsonataError(LIMIT, _LIMIT_TEXTS[code])
    if code == "D1012":
        return _TooSlow(LIMIT, TIMEOUT_TEXT)
    if code == "U1001":
        return _TooLarge(LIMIT, MEMORY_TEXT, "array" if "array" in str(error) else "string")
    if code == "D2016":
        return memory_exceeded()
    if code.startswith("U"):
        return JsonataError(INTERNAL, str(error))
    return JsonataError(ERROR, _message(error), code)


def _message(error: Any) -> str:
    text = str(error)
    return _WHOLE.sub("", text) if error.code in _NUMBERS else text
