"""Where a diagnostic's location is in the text of a definition: line and column, as editors count them."""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_INDEX: Final = re.compile(r"\[([0-9]+)\]")
_SOURCE_END: Final = re.compile(r"; line: ([0-9]+), column: ([0-9]+)\]$")
_decode: Final = json.JSONDecoder(strict=False).raw_decode


class Position(NamedTuple):
    """A place in a text, counted from 1."""

    line: int
    column: int


class _Member(NamedTuple):
    """A member of an object, or an item of an array, by the offsets of its beginning and of its value."""

    name: str
    start: int
    value: int


def find_position(text: str, location: str | None) -> Position | None:
    """The position that a location means, or that of the nearest thing around it; None if it means none.

    Locations are those of `Diagnostic`: `/States/A/Branches[0]/StartAt`, or the reader's `[Source: ...; line: 1,
    column: 2]` where the text is not JSON. A state's name may hold slashes and brackets, so names are tried as they are
    in the text.
    """
    if location is None:
        return None
    reported = _SOURCE_END.search(location)
    if reported is not None:
        return Position(int(reported[1]), int(reported[2]))
    reached = _reach(text, location)
    return None if reached is None else position_of(text, reached[1])


def find_scalar(text: str, location: str | None) -> tuple[int, int] | None:
    """Where the value that a location means begins and ends; None unless it is a string, a number or a word."""
    reached = None if location is None else _reach(text, location)
    if reached is None or reached[0] or text[reached[2]] in "{[":
        return None
    return reached[2], _decode(text, reached[2])[1]


def members_within(text: str, location: str | None) -> Iterator[tuple[str, int, int]]:
    """Each member in the object or array that a location means, however deep: its name and where it begins and ends.

    Of a member that holds others its own part is the name; an item of an array goes by the name of the array.
    """
    reached = None if location is None else _reach(text, location)
    if reached is not None and not reached[0]:
        yield from _members_below(text, "", reached[2])


def _members_below(text: str, name: str, value: int) -> Iterator[tuple[str, int, int]]:
    if text[value] not in "{[":
        return
    for member in _members(text, value) if text[value] == "{" else _items(text, value):
        named = member.name or name
        is_scalar = text[member.value] not in "{["
        yield named, member.start, _decode(text, member.value)[1] if is_scalar else member.value
        yield from _members_below(text, named, member.value)


def position_of(text: str, offset: int) -> Position:
    """The position of an offset."""
    line = text.count("\n", 0, offset) + 1
    return Position(line, offset - (text.rfind("\n", 0, offset) + 1) + 1)


def offset_of(text: str, position: Position) -> int:
    """The offset of a position, at most the text's length."""
    start = 0
    for _ in range(position.line - 1):
        start = text.find("\n", start) + 1 or len(text)
    return min(start + position.column - 1, len(text))


def _reach(text: str, location: str) -> tuple[int, int, int] | None:
    """What `_find` says, from the beginning on; None where the text is no JSON that could be followed."""
    try:
        return _find(text, _after_blanks(text, 0), _after_blanks(text, 0), location.rstrip("/"))
    except (ValueError, IndexError, RecursionError):
        return None


def _find(text: str, start: int, value: int, rest: str) -> tuple[int, int, int]:
    """How much of `rest` could not be followed, and where what was reached and its value begin."""
    best = (len(rest), start, value)
    if not rest:
        return best
    for member, left in _steps(text, value, rest):
        best = min(best, _find(text, member.start, member.value, left))
        if best[0] == 0:
            break
    return best


def _steps(text: str, value: int, rest: str) -> Iterator[tuple[_Member, str]]:
    """Each way to go one step along a location, and what is left of it then."""
    opener = text[value]
    if opener == "{" and rest[0] == "/":
        for member in _members(text, value):
            for name in {member.name, member.name[:80]}:  # locations cut long names
                left = rest[1 + len(name) :]
                if rest.startswith(name, 1) and left[:1] in ("", "/", "["):
                    yield member, left
    elif opener == "[":
        found = _INDEX.match(rest)
        if found is not None:
            for place, member in enumerate(_items(text, value)):
                if place == int(found[1]):
                    yield member, rest[found.end() :]
                    return


def _members(text: str, at: int) -> Iterator[_Member]:
    at = _after_blanks(text, at + 1)
    while text[at] != "}":
        name, end = _decode(text, at)
        value = _after_blanks(text, _after_blanks(text, end) + 1)
        yield _Member(name, at, value)
        at = _after_entry(text, value)


def _items(text: str, at: int) -> Iterator[_Member]:
    at = _after_blanks(text, at + 1)
    while text[at] != "]":
        yield _Member("", at, at)
        at = _after_entry(text, at)


def _after_entry(text: str, value: int) -> int:
    """The beginning of the entry after a value, or the closing bracket."""
    at = _after_blanks(text, _decode(text, value)[1])
    return _after_blanks(text, at + 1) if text[at] == "," else at


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()
