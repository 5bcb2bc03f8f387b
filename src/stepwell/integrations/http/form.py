"""Bodies as forms: `Transform` of HTTP tasks. (Spellings recorded.)"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from stepwell.payload import print_json

ARRAY_FORMATS: Final = ("INDICES", "REPEAT", "COMMAS", "BRACKETS")


def encode_form(body: Any, array_format: str) -> str:
    """A JSON object as `application/x-www-form-urlencoded`; blanks are `%20`, members within are `outer[inner]`."""
    pairs = (pair for name, value in body.items() for pair in _pairs(name, value, array_format))
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _pairs(name: str, value: Any, array_format: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner, member in value.items():
            yield from _pairs(f"{name}[{inner}]", member, array_format)
    elif not isinstance(value, list):
        yield name, text_of(value)
    elif array_format == "COMMAS":
        yield name, ",".join(text_of(item) for item in value)
    else:
        for index, item in enumerate(value):
            yield from _pairs(_item_name(name, index, array_format), item, array_format)


def _item_name(name: str, index: int, array_format: str) -> str:
    match array_format:
        case "INDICES":
            return f"{name}[{index}]"
        case "BRACKETS":
            return f"{name}[]"
        case _:
            return name


def text_of(value: Any) -> str:
    """A scalar as a form, a query or a header spells it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else print_json(value)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")
