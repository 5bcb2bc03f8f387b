"""Whether a mocked result has the form of the real answer, by the service's own model as botocore ships it.

Members are spelled as tasks see them (PascalCase). Only the first fault is told. (Texts recorded.)
"""

from typing import Any, Final

from stepwell.asl.resource import Resource
from stepwell.errors import ValidationException
from stepwell.integrations.answer_shapes import answer_shape

STRICT: Final = "STRICT"
_NUMBERS: Final = ("integer", "long", "float", "double")
_TEXTS: Final = ("string", "blob", "timestamp", "character")


def check_shape(resource: Resource, result: Any, mode: str) -> None:
    """Raises `ValidationException` where a result cannot be what the service answers.

    STRICT wants required members too. A token task gives whatever it is sent, a function ARN whatever it returns.
    """
    if resource.kind != "service" or resource.pattern == "waitForTaskToken":
        return
    shape = answer_shape(resource.service, resource.action, is_job=bool(resource.pattern))
    if shape is not None:
        _check(shape, result, "", mode == STRICT)


def _check(shape: Any, value: Any, name: str, strict: bool) -> None:
    kind = shape.type_name
    if kind == "structure":
        _wanted(isinstance(value, dict), name, "an object")
        _check_members(shape, value, strict)
    elif kind == "map":
        _wanted(isinstance(value, dict), name, "an object")
        for one in value.values():
            _check(shape.value, one, name, strict)
    elif kind == "list":
        _wanted(isinstance(value, list), name, "an array")
        for one in value:
            _check(shape.member, one, name, strict)
    elif kind == "boolean":
        _wanted(isinstance(value, bool), name, "a boolean")
    elif kind in _NUMBERS:
        _wanted(isinstance(value, int | float) and not isinstance(value, bool), name, "a number")
        _check_number(shape.metadata, value, name)
    elif kind in _TEXTS:
        _wanted(isinstance(value, str), name, "a string")
        _check_text(shape.metadata, value, name)


def _check_members(shape: Any, value: dict[str, Any], strict: bool) -> None:
    """A member that the model lacks is let pass (recorded)."""
    for member, inner in shape.members.items():
        spelled = member[:1].upper() + member[1:]
        given = value.get(spelled)
        if given is not None:
            _check(inner, given, spelled, strict)
        elif strict and member in shape.required_members:
            raise _invalid(f"Required field '{spelled}' is missing")


def _check_number(limits: dict[str, Any], value: float, name: str) -> None:
    if "max" in limits and value > limits["max"]:
        raise _invalid(f"Field '{name}' exceeds the maximum value")
    if "min" in limits and value < limits["min"]:
        raise _invalid(f"Field '{name}' is less than the minimum value")


def _check_text(limits: dict[str, Any], value: str, name: str) -> None:
    if "enum" in limits and value not in limits["enum"]:
        raise _invalid(f"Field '{name}' is not an expected value")
    if len(value) < limits.get("min", 0):
        raise _invalid(f"Field '{name}' is smaller than the minimum length")
    if len(value) > limits.get("max", len(value)):  # (the text is ours, after that of numbers)
        raise _invalid(f"Field '{name}' exceeds the maximum length")


def _wanted(holds: bool, name: str, kind: str) -> None:
    if not holds:
        raise _invalid(f"Field '{name}' must be {kind}")


def _invalid(what: str) -> ValidationException:
    return ValidationException(f"Mock result schema validation error: {what}")
