"""Values as Java prints them: `{Arg1=1, Arg2=[]}`. Never JSON text: that is `payload.print_json`."""

from typing import Any, Final

from stepwell.payload import print_double

_TYPE_NAMES: Final[dict[type, str]] = {
    str: "java.lang.String",
    float: "java.lang.Double",
    bool: "java.lang.Boolean",
    list: "java.util.ArrayList",
    dict: "java.util.LinkedHashMap",
    type(None): "null",
}


def print_java(value: Any, characters_max: int | None = None) -> str | None:
    """Text of a value as `java.util.Map.toString` gives it; strings are bare, null is `null`. (recorded: States.Format)

    None when the text would be longer than `characters_max`. Iterates, so that depth costs no stack.
    """
    if isinstance(value, str):
        return value if characters_max is None or len(value) <= characters_max else None
    parts: list[str] = []
    left = characters_max if characters_max is not None else -1
    pending: list[Any] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _Text):
            text = item.text
        elif isinstance(item, dict):
            text = "{"
            pending.append(_Text("}"))
            pending.extend(_reversed_members(item))
        elif isinstance(item, list):
            text = "["
            pending.append(_Text("]"))
            pending.extend(_reversed_elements(item))
        else:
            text = print_scalar(item)
        parts.append(text)
        if left >= 0:
            left -= len(text)
            if left < 0:
                return None
    return "".join(parts)


class _Text:
    """Finished text among the values that still wait to be printed."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def _reversed_members(members: dict[str, Any]) -> list[Any]:
    items: list[Any] = []
    for key, member in members.items():
        items.append(_Text(f", {key}=" if items else f"{key}="))
        items.append(member)
    items.reverse()
    return items


def _reversed_elements(elements: list[Any]) -> list[Any]:
    items: list[Any] = []
    for element in elements:
        if items:
            items.append(_Text(", "))
        items.append(element)
    items.reverse()
    return items


def print_scalar(value: Any) -> str:
    """Text of a string, number, boolean or null as Java prints it."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float):
        return print_double(value)
    return str(value)


def java_type(value: Any) -> str:
    """Name of the Java class that holds such a value, as path errors name it."""
    if type(value) is int:
        if -(2**31) <= value < 2**31:
            return "java.lang.Integer"
        return "java.lang.Long" if -(2**63) <= value < 2**63 else "java.math.BigInteger"
    return _TYPE_NAMES[type(value)]
