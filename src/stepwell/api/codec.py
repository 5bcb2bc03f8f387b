"""Wire JSON to members and back: for each shape of the service model one function, built once.

What lives here: types, constraints and their texts, spellings of members. What never does: what an operation means.
Decoding gives a dict of snake_case members; a value of the wrong JSON type raises `SerializationException` at once, and
broken constraints are collected, so that one answer names them all. Encoding takes such a dict and leaves out None.
Sources: AWS's service model; texts recorded where the function says so, otherwise those of AWS's other JSON services.
"""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from stepwell.errors import ConstraintViolation, SerializationException
from stepwell.payload import print_double

Shapes = Mapping[str, Mapping[str, Any]]
Decoder = Callable[[Any, str, list[str]], Any]
Encoder = Callable[[Any], Any]

PASSED_THROUGH: Final = frozenset({"HistoryEventList"})
"""Shapes whose values arrive in wire spelling already: history events are rendered by the engine."""

_ENUM_ORDERS: Final = {
    # Recorded: the service prints its own order, not the model's.
    "ExecutionStatus": ("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"),
}
_FAULTS_MAX: Final = 100
_UNBOUNDED: Final = float("inf")
_WORD_START: Final = re.compile("(.)([A-Z][a-z]+)")
_WORD_END: Final = re.compile("([a-z0-9])([A-Z])")
_PLURAL_ACRONYM: Final = re.compile("[A-Z]{2,}s$")


def snake_name(name: str) -> str:
    """The snake_case spelling of a wire name: `billedMemoryUsedInMB` is `billed_memory_used_in_mb`, as in botocore."""
    acronym = _PLURAL_ACRONYM.search(name)
    if acronym:
        name = f"{name[: acronym.start()]}_{acronym[0].lower()}"
    return _WORD_END.sub(r"\1_\2", _WORD_START.sub(r"\1_\2", name)).lower()


def check(faults: list[str]) -> None:
    """Raises the one error that names all broken constraints (recorded: "1 validation error detected: ...")."""
    if faults:
        count = len(faults)
        raise ConstraintViolation(f"{count} validation error{'s'[: count > 1]} detected: {'; '.join(faults)}")


# --- decoding ---------------------------------------------------------------------------------------------------------


class Decoders:
    """The decoder of each shape, built when first asked for."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._built: dict[str, Decoder] = {}
        self._building: set[str] = set()

    def of(self, name: str) -> Decoder:
        """`decode(value, path, faults)` for a shape: `value` is parsed JSON and never None; `path` stands in texts."""
        if name in self._built:
            return self._built[name]
        if name in self._building:  # a shape that contains itself
            return partial(self._apply, name)
        self._building.add(name)
        made = self._built[name] = self._build(name, self._shapes[name])
        return made

    def _apply(self, name: str, value: Any, path: str, faults: list[str]) -> Any:
        return self._built[name](value, path, faults)

    def _build(self, name: str, shape: Mapping[str, Any]) -> Decoder:
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return self._list(shape)
        if kind == "map":
            return self._map(shape)
        if kind == "string":
            return _string_decoder(name, shape)
        if kind in ("integer", "long"):
            return _integer_decoder(kind, shape)
        return _number_decoder(shape) if kind in ("float", "double") else _PLAIN_DECODERS[kind]

    def _structure(self, shape: Mapping[str, Any]) -> Decoder:
        required = shape.get("required", ())
        table = [
            (wire, snake_name(wire), self.of(member["shape"]), wire in required)
            for wire, member in shape["members"].items()
        ]

        def decode(document: Any, path: str, faults: list[str]) -> dict[str, Any]:
            if document.__class__ is not dict:
                raise _misplaced(document, "a structure")
            members: dict[str, Any] = {}
            get = document.get
            for wire, name, member, needed in table:
                value = get(wire)
                if value is not None:
                    members[name] = member(value, f"{path}.{wire}" if path else wire, faults)
                elif needed:
                    faults.append(_null_fault(f"{path}.{wire}" if path else wire))
            return members

        return decode

    def _list(self, shape: Mapping[str, Any]) -> Decoder:
        member = self.of(shape["member"]["shape"])
        low, high = shape.get("min", 0), shape.get("max", _UNBOUNDED)

        def decode(document: Any, path: str, faults: list[str]) -> list[Any]:
            if document.__class__ is not list:
                raise _misplaced(document, "a list")
            if not low <= len(document) <= high:
                printed = self._print(shape, document)
                faults.extend(_fault(printed, path, rule) for rule in _length_rules(len(document), low, high))
            items = []
            for index, value in enumerate(document, 1):
                if value is None:
                    faults.append(_null_fault(f"{path}.{index}.member"))
                else:
                    items.append(member(value, f"{path}.{index}.member", faults))
                if len(faults) >= _FAULTS_MAX:
                    break
            return items

        return decode

    def _map(self, shape: Mapping[str, Any]) -> Decoder:
        member = self.of(shape["value"]["shape"])

        def decode(document: Any, path: str, faults: list[str]) -> dict[str, Any]:
            if document.__class__ is not dict:
                raise _misplaced(document, "a map")
            return {
                key: member(value, f"{path}.{key}.member", faults)
                for key, value in document.items()
                if value is not None
            }

        return decode

    def _print(self, shape: Mapping[str, Any], value: Any) -> str:
        """A value as the service prints it in texts (recorded: `[RoutingConfigurationListItem(weight=50), ...]`)."""
        if shape["type"] == "list" and isinstance(value, list):
            name = shape["member"]["shape"]
            return f"[{', '.join(self._print_item(name, item) for item in value)}]"
        return _print_plain(value)

    def _print_item(self, name: str, value: Any) -> str:
        shape = self._shapes[name]
        if shape["type"] != "structure" or not isinstance(value, dict):
            return self._print(shape, value)
        members = (
            f"{wire}={self._print_item(member['shape'], value[wire])}"
            for wire, member in shape["members"].items()
            if value.get(wire) is not None
        )
        return f"{name}({', '.join(members)})"


def _string_decoder(name: str, shape: Mapping[str, Any]) -> Decoder:
    low, high = shape.get("min", 0), shape.get("max", _UNBOUNDED)
    sensitive = shape.get("sensitive", False)
    accepts, rule = _text_rule(name, shape)

    def decode(value: Any, path: str, faults: list[str]) -> str:
        if value.__class__ is not str:
            raise _wrong_type(value, "a String")
        legal = accepts is None or accepts(value)
        if legal and low <= len(value) <= high:
            return value
        rules = [*_length_rules(len(value), low, high), *(() if legal else (rule,))]
        faults.extend(_fault(None if sensitive and value else value, path, broken) for broken in rules)
        return value

    return decode


def _text_rule(name: str, shape: Mapping[str, Any]) -> tuple[Callable[[str], object] | None, str]:
    if "enum" in shape:
        printed = ", ".join(_ENUM_ORDERS.get(name, shape["enum"]))
        return frozenset(shape["enum"]).__contains__, f"satisfy enum value set: [{printed}]"
    if "pattern" in shape:
        pattern = shape["pattern"]
        return _compile_pattern(pattern), f"satisfy regular expression pattern: {pattern}"
    return None, ""


def _compile_pattern(pattern: str) -> Callable[[str], object] | None:
    """A matcher of whole texts for one of the model's patterns; None for one that only Java understands."""
    try:
        return re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]")).fullmatch
    except re.error:
        return None


def _integer_decoder(kind: str, shape: Mapping[str, Any]) -> Decoder:
    low, high = shape.get("min", -_UNBOUNDED), shape.get("max", _UNBOUNDED)
    edge = 2**31 if kind == "integer" else 2**63
    wanted = "an Integer" if kind == "integer" else "a Long"

    def decode(value: Any, path: str, faults: list[str]) -> int:
        if value.__class__ is float and value.is_integer():
            value = int(value)
        if value.__class__ is not int or not -edge <= value < edge:
            raise _wrong_type(value, wanted)
        if not low <= value <= high:
            faults.extend(_fault(str(value), path, rule) for rule in _value_rules(value, low, high))
        return value

    return decode


def _number_decoder(shape: Mapping[str, Any]) -> Decoder:
    low, high = shape.get("min", -_UNBOUNDED), shape.get("max", _UNBOUNDED)

    def decode(value: Any, path: str, faults: list[str]) -> float:
        if value.__class__ is not float and value.__class__ is not int:
            raise _wrong_type(value, "a Float")
        number = float(value)
        if not low <= number <= high:
            faults.extend(_fault(print_double(number), path, rule) for rule in _value_rules(number, low, high))
        return number

    return decode


def _decode_boolean(value: Any, path: str, faults: list[str]) -> bool:
    if value.__class__ is not bool:
        raise _wrong_type(value, "a Boolean")
    return value


def _decode_timestamp(value: Any, path: str, faults: list[str]) -> int:
    """Epoch seconds with fraction, to milliseconds."""
    if value.__class__ is not float and value.__class__ is not int:
        raise _wrong_type(value, "a Timestamp")
    return round(value * 1000)


def _decode_blob(value: Any, path: str, faults: list[str]) -> bytes:
    if value.__class__ is not str:
        raise _wrong_type(value, "a Blob")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:  # binascii.Error is one
        raise SerializationException(f"The value at '{path}' is not base64") from None


_PLAIN_DECODERS: Final[Mapping[str, Decoder]] = {
    "boolean": _decode_boolean,
    "timestamp": _decode_timestamp,
    "blob": _decode_blob,
}


# --- texts ------------------------------------------------------------------------------------------------------------


def _fault(printed: str | None, path: str, rule: str) -> str:
    """Recorded: "Value '<value>' at '<path>' failed to satisfy constraint: Member must <rule>"; None hides it."""
    shown = "" if printed is None else f" '{printed}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: Member must {rule}"


def _null_fault(path: str) -> str:
    """Recorded: "Value at 'output' failed to satisfy constraint: Member must not be null"."""
    return _fault(None, path, "not be null")


def _length_rules(length: int, low: float, high: float) -> Iterable[str]:
    if length < low:
        yield f"have length greater than or equal to {low}"
    if length > high:
        yield f"have length less than or equal to {high}"


def _value_rules(value: float, low: float, high: float) -> Iterable[str]:
    if value < low:
        yield f"have value greater than or equal to {low}"
    if value > high:
        yield f"have value less than or equal to {high}"


def _print_plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return print_double(value) if isinstance(value, float) else str(value)


def _wrong_type(value: Any, wanted: str) -> SerializationException:
    """A scalar was wanted. AWS's JSON services: "STRING_VALUE can not be converted to an Integer"."""
    if isinstance(value, dict):
        return SerializationException("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return SerializationException("Start of list found where not expected")
    if isinstance(value, bool):
        token = "TRUE_VALUE" if value else "FALSE_VALUE"
    else:
        token = "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
    return SerializationException(f"{token} can not be converted to {wanted}")


def _misplaced(value: Any, wanted: str) -> SerializationException:
    """A structure, list or map was wanted."""
    if isinstance(value, dict | list):
        return _wrong_type(value, wanted)
    return SerializationException(f"Unexpected value found where {wanted} was expected")


# --- encoding ---------------------------------------------------------------------------------------------------------


class Encoders:
    """The encoder of each shape, built when first asked for; None for shapes whose values need no change."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._built: dict[str, Encoder | None] = {}
        self._building: set[str] = set()

    def of(self, name: str) -> Encoder | None:
        """`encode(value)` of a shape, or None. A member that the model lacks is a KeyError: a fault of ours."""
        if name in self._built:
            return self._built[name]
        if name in self._building:  # a shape that contains itself
            return partial(self._apply, name)
        self._building.add(name)
        made = self._built[name] = self._build(name, self._shapes[name])
        return made

    def _apply(self, name: str, value: Any) -> Any:
        encode = self._built[name]
        return encode(value) if encode else value

    def _build(self, name: str, shape: Mapping[str, Any]) -> Encoder | None:
        if name in PASSED_THROUGH:
            return None
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            item = self.of(shape["member"]["shape"])
            return item and (lambda values: [item(value) for value in values])
        if kind == "map":
            member = self.of(shape["value"]["shape"])
            return member and (lambda values: {key: member(value) for key, value in values.items()})
        return _PLAIN_ENCODERS.get(kind)

    def _structure(self, shape: Mapping[str, Any]) -> Encoder:
        table = {snake_name(wire): (wire, self.of(member["shape"])) for wire, member in shape["members"].items()}

        def encode(members: Mapping[str, Any]) -> dict[str, Any]:
            document: dict[str, Any] = {}
            for name, value in members.items():
                if value is not None:
                    wire, convert = table[name]
                    document[wire] = value if convert is None else convert(value)
            return document

        return encode


def _encode_timestamp(milliseconds: int) -> float:
    """Epoch seconds with fraction, the form in which AWS's JSON protocol writes dates."""
    return milliseconds / 1000


def _encode_blob(value: bytes) -> str:
    return base64.b64encode(value).decode()


_PLAIN_ENCODERS: Final[Mapping[str, Encoder]] = {"timestamp": _encode_timestamp, "blob": _encode_blob}
