"""A task's parameters and results against the shapes of a service's model: what is wrong, and the spelling both ways.

Tasks spell members PascalCase at every depth; map keys are the user's, and documents are left as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from stepwell.integrations import sdk_metadata
from stepwell.integrations.own_operations import iso_date
from stepwell.payload import JsonError, parse_json, print_json

_NUMBERS: Final = (int, float)
_KINDS: Final[dict[str, tuple[Any, str]]] = {
    "string": (str, "STRING"),
    "character": (str, "STRING"),
    "integer": (int, "INTEGER"),
    "long": (int, "LONG"),
    "float": (_NUMBERS, "FLOAT"),
    "double": (_NUMBERS, "DOUBLE"),
    "list": (list, "LIST"),
    "structure": (dict, "STRUCTURE"),
    "map": (dict, "MAP"),
    "timestamp": ((str, int, float), "TIMESTAMP"),
}
_BOOLEAN_TEXTS: Final = {"true": True, "TRUE": True, "false": False, "FALSE": False, "": None, "null": None}


@dataclass(frozen=True, slots=True)
class Spelling:
    """How an integration spells: `member` turns a model's name into the task's; string members named in `texts` take
    any JSON and send its text; `json_body` sends even strings as JSON where the body is one member; `date` prints
    milliseconds since 1970. `wraps` names structures, by shape, that a bare text may stand for, and the member that
    the text becomes.
    """

    member: Callable[[str], str]
    texts: frozenset[str] = frozenset()
    json_body: bool = False
    date: Callable[[int], Any] = iso_date
    wraps: Mapping[str, str] = field(default_factory=dict)

    def members(self, shape: Any) -> dict[str, tuple[str, Any]]:
        """The members of a structure by the task's spelling: the model's name and the shape of each."""
        return {self.member(name): (name, inner) for name, inner in shape.members.items()}


def upper_first(name: str) -> str:
    """The spelling of optimized integrations (recorded: `MD5OfMessageBody`)."""
    return name[:1].upper() + name[1:]


# --- what is wrong ----------------------------------------------------------------------------------------------------


def faults(operation: Any, given: Any, spelling: Spelling) -> list[str]:
    """The reasons why parameters cannot be used: missing members, or else unknown ones, or else wrong types (recorded).

    Only the top level is searched for missing members. Null passes everywhere. Idempotency tokens are made for those
    who give none, as the SDK does.
    """
    if not isinstance(given, dict):
        return ["Unable to parse the parameters as a JSON object"]
    shape = operation.input_shape
    if shape is None:
        return [sdk_metadata.unsupported(name, ()) for name in given]
    known = spelling.members(shape)
    made = operation.idempotent_members
    required = [spelling.member(name) for name in (*shape.required_members, *_streamed(shape)) if name not in made]
    reasons = [sdk_metadata.missing(name) for name in required if name not in given]
    reasons = reasons or [sdk_metadata.unsupported(name, known) for name in given if name not in known]
    return reasons or [
        reason for name, value in given.items() for reason in _value_faults(name, value, known[name][1], spelling)
    ]


def _streamed(shape: Any) -> list[str]:
    """The body that is streamed, which counts as required (recorded)."""
    body = body_member(shape)
    if body is None or body in shape.required_members or not shape.members[body].serialization.get("streaming"):
        return []
    return [body]


def _value_faults(name: str, value: Any, shape: Any, spelling: Spelling) -> list[str]:
    if value is None or _is_free(shape) or (name in spelling.texts and shape.type_name == "string"):
        return []
    if shape.type_name == "boolean":
        return [] if _is_boolean(value) else [_no_boolean(value)]
    if isinstance(value, str) and shape.name in spelling.wraps:
        return []
    kind, type_name = _KINDS[shape.type_name]
    if not isinstance(value, kind) or isinstance(value, bool):
        return [sdk_metadata.wrong_type(name, type_name)]
    if shape.type_name == "list":
        return [reason for item in value for reason in _value_faults(name, item, shape.member, spelling)]
    if shape.type_name == "map":
        return [reason for item in value.values() for reason in _value_faults(name, item, shape.value, spelling)]
    if shape.type_name != "structure":
        return []
    known = spelling.members(shape)
    reasons = [sdk_metadata.unsupported(member, ()) for member in value if member not in known]
    return reasons or [
        reason for member, inner in value.items() for reason in _value_faults(member, inner, known[member][1], spelling)
    ]


def _is_free(shape: Any) -> bool:
    """Whether any JSON value may stand there: documents, JSON in headers, bytes."""
    return (
        shape.type_name == "blob"
        or getattr(shape, "is_document_type", False)
        or bool(shape.serialization.get("jsonvalue"))
        or shape.type_name not in (*_KINDS, "boolean")
    )


def _no_boolean(value: Any) -> str:
    """The reason for a value that is no boolean, in the words of the library that AWS reads JSON with (recorded)."""
    start = "Cannot deserialize value of type `java.lang.Boolean` from"
    match value:
        case str():
            return f'{start} String "{value}": only "true" or "false" recognized'
        case float():
            return f"{start} Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)"
        case list():
            return f"{start} Array value (token `JsonToken.START_ARRAY`)"
        case _:
            return f"{start} Object value (token `JsonToken.START_OBJECT`)"


def _is_boolean(value: Any) -> bool:
    """Recorded: integers and these texts are booleans too."""
    return isinstance(value, int) or (isinstance(value, str) and value.strip() in _BOOLEAN_TEXTS)


# --- to the service ---------------------------------------------------------------------------------------------------


def to_service(operation: Any, given: dict[str, Any], spelling: Spelling) -> dict[str, Any]:
    """Parameters without faults as the model spells them; null members are left out, but not a body (recorded)."""
    shape = operation.input_shape
    if shape is None:
        return {}
    members: dict[str, Any] = _inward(shape, given, spelling)
    if spelling.json_body:
        body = body_member(shape)
        name = spelling.member(body) if body is not None else None
        if body is not None and name in given:
            members[body] = print_json(given[name]).encode()
    return members


def body_member(shape: Any) -> str | None:
    """The member that is a request's or an answer's body as it is, streamed bytes, or None."""
    payload: str | None = shape.serialization.get("payload")
    if payload is None or shape.members[payload].type_name != "blob":
        return None
    return payload


def _inward(shape: Any, value: Any, spelling: Spelling, name: str = "") -> Any:
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return value
    if shape.serialization.get("jsonvalue"):
        return _parsed(value)
    if kind == "structure" and isinstance(value, str):
        return {spelling.wraps[shape.name]: _sendable(value)}
    if kind == "structure":
        known = spelling.members(shape)
        return {
            known[member][0]: _inward(known[member][1], inner, spelling, member)
            for member, inner in value.items()
            if inner is not None
        }
    if kind == "list":
        return [_inward(shape.member, item, spelling, name) for item in value if item is not None]
    if kind == "map":
        return {_sendable(key): _inward(shape.value, item, spelling) for key, item in value.items() if item is not None}
    return _inward_scalar(kind, value, name in spelling.texts)


def _inward_scalar(kind: str, value: Any, is_text: bool) -> Any:
    if kind == "blob":
        return (value if isinstance(value, str) else print_json(value)).encode("utf-8", "replace")
    if kind == "boolean":
        return bool(_BOOLEAN_TEXTS.get(value.strip()) if isinstance(value, str) else value)
    if kind == "string" and is_text and not isinstance(value, str):
        return print_json(value)
    return _sendable(value) if isinstance(value, str) else value


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except JsonError:
        return value


def _sendable(text: str) -> str:
    """A workflow's data may hold lone surrogates, a request cannot. Java writes `?`."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


# --- from the service -------------------------------------------------------------------------------------------------


def to_result(operation: Any, answer: dict[str, Any], spelling: Spelling) -> dict[str, Any]:
    """An answer as a task's result: keys in alphabetical order, a streamed body last (recorded)."""
    shape = operation.output_shape
    if shape is None:
        return {}
    result: dict[str, Any] = outward(shape, answer, spelling)
    body = body_member(shape)
    if body is not None and spelling.member(body) in result:
        name = spelling.member(body)
        result[name] = result.pop(name)
    return result


def outward(shape: Any, value: Any, spelling: Spelling) -> Any:
    """A value of a shape as a task's result shows it: blobs as text, dates as `spelling.date` prints them."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return value
    if kind == "structure":
        known = spelling.members(shape)
        return {
            name: outward(known[name][1], value[known[name][0]], spelling)
            for name in sorted(known)
            if value.get(known[name][0]) is not None
        }
    if kind == "list":
        return [outward(shape.member, item, spelling) for item in value]
    if kind == "map":
        return {key: outward(shape.value, item, spelling) for key, item in value.items()}
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return spelling.date(round(value.timestamp() * 1000))
    return value
