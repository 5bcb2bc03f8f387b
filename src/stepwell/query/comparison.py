"""When two JSON values are the same, and which of two comes first. Never conversions for printing."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

NUMBER_CHARACTERS_MAX: Final = 400


class Missing:
    """The answer of a path that leads nowhere, where that is no error."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


def same(left: Any, right: Any) -> bool:
    """Deep equality as Java's `equals` sees it: key order does not matter, `1`, `1.0` and `true` are three values."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict | list):
        return len(left) == len(right) and fingerprint(left) == fingerprint(right)
    return bool(left == right)


def fingerprint(value: Any) -> str:
    """A text that two values share exactly if they are the `same`. Iterates, so that depth costs no stack."""
    if not isinstance(value, dict | list):
        return repr(value)
    parts: list[str] = []
    open_containers: list[Iterator[tuple[str, Any]]] = [iter([("", value)])]
    closers: list[str] = [""]
    while open_containers:
        for mark, item in open_containers[-1]:
            parts.append(mark)
            if isinstance(item, dict):
                parts.append("{")
                closers.append("}")
                open_containers.append(iter(_sorted_members(item)))
                break
            if isinstance(item, list):
                parts.append("[")
                closers.append("]")
                open_containers.append((",", element) for element in item)
                break
            parts.append(repr(item))
        else:
            open_containers.pop()
            parts.append(closers.pop())
    return "".join(parts)


def _sorted_members(members: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(repr(key) + ":", members[key]) for key in sorted(members)]


def loosely_equal(left: Any, right: Any) -> bool:
    """Equality of a filter: numbers by value, and a number equals the string that spells it. (Jayway)"""
    if left is MISSING or right is MISSING:
        return left is right
    if is_number(left) and is_number(right):
        return bool(left == right)
    if is_number(left) and isinstance(right, str):
        return _spells(right, left)
    if isinstance(left, str) and is_number(right):
        return _spells(left, right)
    return same(left, right)


def order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 for two numbers or two strings; None for anything else, which no filter puts in order. (Jayway)"""
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return int(left > right) - int(left < right)
    return None


def is_number(value: Any) -> bool:
    """True for a JSON number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spells(text: str, number: Any) -> bool:
    if len(text) > NUMBER_CHARACTERS_MAX:
        return False
    try:
        return Decimal(text) == Decimal(str(number))
    except InvalidOperation:
        return False
