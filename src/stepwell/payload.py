"""JSON text with a lazy value.

Most states hand their input on untouched, so the text is kept and parsed only when somebody looks inside; a value made
here is printed only when somebody needs its text. Text never holds a lone surrogate: those stay escaped, so that every
text can be stored as UTF-8.

Numbers follow what AWS does with them (recorded): integers keep all their digits, other numbers are doubles printed as
Java prints them (`1.00` becomes `1.0`, `1e10` becomes `1.0E10`).
"""

import json
import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Final

import msgspec
import orjson

_decode: Final = msgspec.json.Decoder().decode  # keeps integers of any length, which orjson turns into doubles
_DOUBLE: Final = re.compile(rb"[0-9](?:\.[0-9]|e)")
_DOUBLES: Final = re.compile(rb"[0-9]+(?:\.[0-9]+(?:e[-+]?[0-9]+)?|e[-+]?[0-9]+)")
_PRINTED_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_NO_BRACKET: Final = re.compile(r"[^\[\]{}]+")
_LEVELS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_UNSET: Final = object()
DEPTH_MAX: Final = 512


class JsonError(ValueError):
    """Text that is not JSON, or that goes beyond what the service accepts; the message says where."""


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text, exactly: integers of any length, no NaN, no infinite number, bounded depth.

    Raises `JsonError`. (RFC 8259; number and depth bounds are ours.)
    """
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise JsonError(f"Invalid UTF-8: {error}") from None
    if text.count("[") + text.count("{") > DEPTH_MAX and _is_too_deep(text):
        raise JsonError(f"Document nesting depth exceeds the maximum allowed ({DEPTH_MAX})")
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return _parse_exactly(text)  # either wrong, or one of the texts that only the exact reader takes: it judges


def _is_too_deep(text: str) -> bool:
    """Whether brackets outside of strings nest too deep; one pass over them, at C's speed."""
    brackets = _NO_BRACKET.sub("", _STRING.sub("", text))
    return max(accumulate(map(_LEVELS.__getitem__, brackets)), default=0) > DEPTH_MAX


def _parse_exactly(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer)
    except RecursionError:
        raise JsonError("Document nesting is too deep") from None
    except json.JSONDecodeError as error:
        raise JsonError(str(error)) from None


def _refuse_constant(name: str) -> Any:
    raise JsonError(f"Non-standard token '{name}'")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise JsonError(f"Number '{digits[:40]}' is out of range")
    return number


def _integer(digits: str) -> int:
    if len(digits) > 1_000:  # Jackson's own bound on the length of a number
        raise JsonError(f"Number value length ({len(digits)}) exceeds the maximum allowed (1000)")
    return int(digits)


def print_json(value: Any) -> str:
    """Compact JSON text of a value, key order kept, doubles as Java prints them, lone surrogates escaped.

    Raises `JsonError` for a value that nests deeper than `parse_json` reads. (What orjson prints nests far less deep.)
    """
    try:
        raw = orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return _print_exactly(value)
    return _print_exactly(value) if _DOUBLE.search(raw) and _has_odd_double(raw) else raw.decode()


def _has_odd_double(raw: bytes) -> bool:
    """Whether there is a double that Java prints with an exponent, or orjson does. Texts (a time, an address, a hash)
    often look as if they were some; printing a value exactly takes fifty times as long as looking closer.
    """
    for text in _DOUBLES.findall(_PRINTED_STRING.sub(b"", raw)):
        if b"e" in text or not (1e-3 <= float(text) < 1e7 or float(text) == 0):
            return True
    return False


def _print_exactly(value: Any) -> str:
    parts: list[str] = []
    try:
        _print_into(value, parts.append, 0)
    except RecursionError:
        raise JsonError("Document nesting is too deep") from None
    text = "".join(parts)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _print_into(value: Any, put: Callable[[str], None], depth: int) -> None:
    if depth == DEPTH_MAX and isinstance(value, dict | list | tuple):  # nobody could read it again
        raise JsonError(f"Document nesting depth exceeds the maximum allowed ({DEPTH_MAX})")
    if isinstance(value, dict):
        for index, (key, member) in enumerate(value.items()):
            put("," if index else "{")
            put(json.dumps(key, ensure_ascii=False))
            put(":")
            _print_into(member, put, depth + 1)
        put("}" if value else "{}")
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            put("," if index else "[")
            _print_into(member, put, depth + 1)
        put("]" if value else "[]")
    elif isinstance(value, float):
        put(print_double(value))
    else:
        put(json.dumps(value, ensure_ascii=False))


def print_double(number: float) -> str:
    """A double as `java.lang.Double.toString` prints it: plain from 1e-3 up to 1e7, otherwise as `d.dE±n`."""
    if number == 0:
        return "-0.0" if str(number).startswith("-") else "0.0"
    if 1e-3 <= abs(number) < 1e7:
        return repr(number)
    sign = "-" if number < 0 else ""
    digits, exponent = _shortest_digits(abs(number))
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _shortest_digits(number: float) -> tuple[str, int]:
    mantissa, _, power = f"{number!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    exponent = len(whole) - 1 - leading + int(power or 0)
    return digits.rstrip("0") or "0", exponent


def size_bytes(text: str) -> int:
    """Length of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


class Payload:
    """One JSON value on its way through an execution: its text, its parsed value, or both.

    `blob` is the number under which the store already holds a large text of this execution, or None.
    """

    __slots__ = ("_text", "_value", "blob")

    def __init__(self, text: str, value: Any = _UNSET) -> None:
        self._text: str | None = text
        self._value = value
        self.blob: int | None = None

    @classmethod
    def of(cls, value: Any) -> "Payload":
        """A payload whose text is printed when first asked for."""
        made = cls.__new__(cls)
        made._text = None
        made._value = value
        made.blob = None
        return made

    @property
    def text(self) -> str:
        text = self._text
        if text is None:
            text = self._text = print_json(self._value)
        return text

    @property
    def value(self) -> Any:
        value = self._value
        if value is _UNSET:
            value = self._value = parse_json(self._text or "")
        return value

    @property
    def size_bytes(self) -> int:
        """Length of the text in UTF-8, the measure of AWS's payload limits."""
        return size_bytes(self.text)

    def __repr__(self) -> str:
        text = self.text
        return f"Payload({text if len(text) <= 60 else text[:57] + '...'})"


EMPTY_OBJECT: Final = "{}"
