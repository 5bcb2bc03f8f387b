"""Finding JSON values in a window of text that may end in the middle of one.

The standard library's scanner, written in C, parses one value at a position and says where it ends. It keeps integers
exact, and its positions make reading resumable; incremental parsers give no positions and are no faster here. What it
takes that JSON does not have (NaN, infinite numbers) is refused, and depth is bounded as in every other payload.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, NoReturn

from stepwell.payload import DEPTH_MAX, parse_json

NOT_ITERABLE: Final = "Attempting to map over non-iterable node."
_TOKEN_CHARACTERS: Final = 32  # the longest that is judged by its own end: an escaped pair of surrogates
_LONG_CHARACTERS: Final = 65_536  # shorter elements are within every limit
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_AFTER_ELEMENT: Final = re.compile(r"[ \t\r\n]*([,\]])[ \t\r\n]*")
_AFTER_MEMBER: Final = re.compile(r"[ \t\r\n]*([,}])[ \t\r\n]*")
_COLON: Final = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")


class Scanned(NamedTuple):
    """Values, where the next one starts, whether the closing bracket came, and what broke scanning off, or None."""

    values: list[Any]
    end: int
    closed: bool
    broken: "Unfinished | None" = None


class Unfinished(Exception):
    """There is no whole value at this position: it goes on beyond the window, or it is not JSON, as `why` says.

    `certain`: more text cannot help.
    """

    def __init__(self, why: str, *, certain: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.certain = certain


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"Non-standard token '{name}'")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"Number '{digits[:40]}' is out of range")
    return number


_decode: Final = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite).raw_decode


def after_space(text: str, at: int) -> int:
    """The position of the first character that is no white space."""
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def value_at(text: str, at: int) -> tuple[Any, int]:
    """The value that starts at a position, and where it ends. A number may go on beyond the window: look at what
    follows it. Raises `Unfinished`.
    """
    try:
        value, end = _decode(text, at)
    except RecursionError:
        raise Unfinished("Document nesting is too deep", certain=True) from None
    except json.JSONDecodeError as error:  # its own text counts lines and characters of the window
        raise _unfinished(error.msg, text, error.pos) from None
    except ValueError as error:
        raise Unfinished(str(error), certain=True) from None
    if end - at > 2 * DEPTH_MAX and text.count("[", at, end) + text.count("{", at, end) > DEPTH_MAX:
        try:
            parse_json(text[at:end])  # the judge of depth
        except ValueError as error:
            raise Unfinished(str(error), certain=True) from None
    return value, end


def _unfinished(why: str, text: str, at: int) -> Unfinished:
    """A value that breaks off is missed at the text's end; only of a string the beginning is told."""
    certain = after_space(text, at) < len(text) - _TOKEN_CHARACTERS and not why.startswith("Unterminated")
    return Unfinished(why, certain=certain)


def key_at(text: str, at: int) -> tuple[str, int]:
    """The member name that starts at a position, and where its value starts. Raises `Unfinished`."""
    if text[at : at + 1] != '"':
        raise _unfinished("Expecting property name enclosed in double quotes", text, at)
    key, end = value_at(text, at)
    colon = _COLON.match(text, end)
    if colon is None:
        raise _unfinished("Expecting ':' delimiter", text, end)
    return key, colon.end()


def next_at(text: str, at: int, shape: str) -> tuple[bool, int]:
    """What follows a value inside of `[` or `{`: (another one, where it starts) or (False, behind the bracket).

    Raises `Unfinished`.
    """
    found = (_AFTER_ELEMENT if shape == "[" else _AFTER_MEMBER).match(text, at)
    if found is None:
        raise _unfinished("Expecting ',' delimiter", text, at)
    return found[1] == ",", found.end()


def scan_elements(text: str, shape: str, enough: int, check: Callable[[str, int, int], None]) -> Scanned:
    """The whole elements at the start of a text, until about `enough` characters are used.

    `check` is asked about each element's start and end. Members of an object become `{"Key": …, "Value": …}` (seen at
    AWS).
    """
    values: list[Any] = []
    put, at, keyed = values.append, after_space(text, 0), shape == "{"
    start, key = at, ""
    try:
        while at < enough:
            start = at
            if keyed:
                key, at = key_at(text, at)
            value, end = value_at(text, at)
            another, at = next_at(text, end, shape)
            if end - start > _LONG_CHARACTERS:
                check(text, start, end)
            put({"Key": key, "Value": value} if keyed else value)
            if not another:
                return Scanned(values, at, True)
    except Unfinished as unfinished:
        return Scanned(values, start, False, unfinished)
    return Scanned(values, at, False)
