"""The query language of the list of executions: tokens, all of which must hold.

    status=FAILED,ABORTED name^order- duration>5s started>=-24h input.$.order.id=4711 "not found"

Parsed into tokens here; what they look into is `search`'s affair. Whoever writes a query by hand is told where it is
wrong.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from msgspec import Struct

from stepwell.errors import ValidationException

QUERY_CHARACTERS_MAX: Final = 4_096
TOKENS_MAX: Final = 32
VALUES_MAX: Final = 64
_TEXT: Final = ("=", "!=", ":", "!:", "^")
_ORDER: Final = ("<", "<=", ">", ">=")
_SAME: Final = ("=", "!=")
_TOKEN: Final = re.compile(r"(?P<property>[A-Za-z]+(?:\.[^\s=!:^<>\"]+)?)(?P<operator>!=|!:|<=|>=|[=:^<>])")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_BARE: Final = re.compile(r"[^\s,\"]+")
_AGE: Final = re.compile(r"-(\d{1,9})([smhd])")
_SPAN: Final = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)?")
_UNIT_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_STATUSES: Final = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE")


class Token(Struct, frozen=True):
    """One condition. `path` is what follows the first dot of the property; several values are alternatives."""

    property: str
    path: str
    operator: str
    values: tuple[Any, ...]


class _Kind(Struct, frozen=True):
    operators: tuple[str, ...]
    read: Callable[[str, int], Any]
    takes_path: bool = False
    needs_path: bool = False


def parse_query(text: str, now_ms: int) -> list[Token]:
    """The tokens of a query. Raises `ValidationException`, which says where it is wrong."""
    if len(text) > QUERY_CHARACTERS_MAX:
        raise ValidationException(f"A query has at most {QUERY_CHARACTERS_MAX} characters")
    tokens: list[Token] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return tokens
        if len(tokens) == TOKENS_MAX:
            raise ValidationException(f"A query has at most {TOKENS_MAX} tokens")
        token, at = _read_token(text, at, now_ms)
        tokens.append(token)


def _read_token(text: str, at: int, now_ms: int) -> tuple[Token, int]:
    found = _TOKEN.match(text, at)
    name, _, path = found["property"].partition(".") if found else ("", "", "")
    if found is None or name not in _KINDS:
        value, at = _read_value(text, at)
        if at < len(text) and not text[at].isspace():
            raise _wrong(text, at, "this is neither a word nor a token of a known property")
        return Token("text", "", ":", (value.casefold(),)), at
    kind, operator = _KINDS[name], found["operator"]
    if operator not in (_TEXT + _ORDER if path and name in ("input", "output") else kind.operators):
        raise _wrong(text, at, f"{name} does not take '{operator}', but {' '.join(kind.operators)}")
    if bool(path) > kind.takes_path or (kind.needs_path and not path):
        raise _wrong(text, at, f"{name} {'needs' if kind.needs_path else 'takes no'} path")
    values, end = _read_values(text, found.end(), operator)
    read = _plain if path and name in ("input", "output") else kind.read
    try:
        return Token(name, path, operator, tuple(read(value, now_ms) for value in values)), end
    except ValueError as error:
        raise _wrong(text, found.end(), str(error)) from None


def _read_values(text: str, at: int, operator: str) -> tuple[list[str], int]:
    values = []
    while True:
        value, at = _read_value(text, at)
        values.append(value)
        if at < len(text) and text[at] == "," and operator in _SAME and len(values) < VALUES_MAX:
            at += 1
            continue
        if at < len(text) and not text[at].isspace():
            raise _wrong(text, at, "a value with spaces, quotes or commas is written as a JSON string")
        return values, at


def _read_value(text: str, at: int) -> tuple[str, int]:
    quoted = _STRING.match(text, at)
    if quoted:
        try:
            value: str = orjson.loads(quoted.group())
        except orjson.JSONDecodeError:
            raise _wrong(text, at, "this is no JSON string") from None
        return value, quoted.end()
    bare = _BARE.match(text, at)
    if bare is None:
        raise _wrong(text, at, "a value is missing")
    return bare.group(), bare.end()


def _wrong(text: str, at: int, why: str) -> ValidationException:
    return ValidationException(f"The query is wrong at character {at + 1}, '{text[at : at + 20]}': {why}")


# Values


def _folded(text: str, _now_ms: int) -> str:
    return text.casefold()


def _plain(text: str, _now_ms: int) -> str:
    return text


def _number(text: str, _now_ms: int) -> int:
    if not re.fullmatch(r"\d{1,18}", text):
        raise ValueError("a whole number is wanted")
    return int(text)


def _status(text: str, _now_ms: int) -> str:
    if text not in _STATUSES:
        raise ValueError(f"a status is one of {', '.join(_STATUSES)}")
    return text


def _time(text: str, now_ms: int) -> int:
    age = _AGE.fullmatch(text)
    if age:
        return now_ms - int(age[1]) * _UNIT_MS[age[2]]
    if re.fullmatch(r"\d{10,15}", text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time is 2026-11-01T08:00:00Z, -24h or milliseconds since 1970") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _span(text: str, _now_ms: int) -> float:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError("a duration is 1500ms, 5s, 2m, 1h or 3d")
    return float(found[1]) * _UNIT_MS[found[2] or "s"]


_KINDS: Final[dict[str, _Kind]] = {
    "status": _Kind(_SAME, _status),
    "name": _Kind(_TEXT, _folded),
    "machine": _Kind(_TEXT, _folded),
    "version": _Kind(_SAME + _ORDER, _number),
    "redrives": _Kind(_SAME + _ORDER, _number),
    "alias": _Kind(_SAME, _folded),
    "started": _Kind(_ORDER, _time),
    "stopped": _Kind(_ORDER, _time),
    "duration": _Kind(_ORDER, _span),
    "error": _Kind(_TEXT, _folded),
    "cause": _Kind(_TEXT, _folded),
    "state": _Kind(_TEXT, _folded),
    "input": _Kind((":", "!:"), _folded, takes_path=True),
    "output": _Kind((":", "!:"), _folded, takes_path=True),
    "tag": _Kind(_SAME, _plain, takes_path=True, needs_path=True),
    "mapRun": _Kind(("=",), _plain),
    "text": _Kind((":",), _folded),
}


# Holding


def holds(token: Token, value: Any) -> bool:
    """Whether a value, None for none, meets a token."""
    if token.operator in _ORDER:
        return value is not None and _ordered(token.operator, value, token.values[0])
    text = value.casefold() if isinstance(value, str) and token.property not in ("status", "tag", "mapRun") else value
    if token.operator == "=":
        return text in token.values
    if token.operator == "!=":
        return text not in token.values
    if token.operator == "^":
        return isinstance(text, str) and text.startswith(token.values[0])
    contains = isinstance(text, str) and token.values[0] in text
    return contains if token.operator == ":" else not contains


def holds_json(token: Token, value: Any) -> bool:
    """Whether a JSON value that a path led to meets a token: numbers as numbers, all else as its text."""
    if token.operator in _ORDER or (token.operator in _SAME and _is_number(value)):
        wanted = [_as_number(text) for text in token.values]
        if token.operator in _ORDER:
            return _is_number(value) and wanted[0] is not None and _ordered(token.operator, value, wanted[0])
        return (value in wanted) == (token.operator == "=")
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    return holds(Token("input", "", token.operator, tuple(one.casefold() for one in token.values)), text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _ordered(operator: str, value: float, limit: float) -> bool:
    if operator == "<":
        return value < limit
    if operator == "<=":
        return value <= limit
    return value > limit if operator == ">" else value >= limit
