"""The context object that a test of a state may give: which fields it may have. (Texts recorded.)"""

from collections.abc import Mapping
from typing import Any, Final

from stepwell.errors import ValidationException
from stepwell.payload import JsonError, parse_json

_WRONG: Final = "Invalid Context object provided: "
_FIELDS: Final[Mapping[str, Mapping[str, type]]] = {
    "Execution": {
        "Id": str,
        "Input": object,
        "Name": str,
        "RoleArn": str,
        "StartTime": str,
        "RedriveCount": int,
        "RedriveTime": str,
    },
    "State": {"EnteredTime": str, "Name": str, "RetryCount": int},
    "StateMachine": {"Id": str, "Name": str},
    "Task": {"Token": str},
}
_NAMES: Final[Mapping[type, str]] = {str: "a string", int: "a number"}


def read_context(text: str, *, waits: bool) -> dict[str, Any]:
    """The given context object; `waits` says that the state is a task with `.sync` or `.waitForTaskToken`."""
    try:
        value = parse_json(text)
    except JsonError:
        raise ValidationException("Context object must be valid JSON") from None
    if not isinstance(value, dict):
        raise ValidationException("Context object must be a valid JSON object")
    if "Map" in value:
        raise ValidationException("'Map' field is not supported when mocking a Context object")
    for name, part in value.items():
        _check_part(name, part)
    if "Task" in value and not waits:
        raise ValidationException(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' "
            "service integration pattern"
        )
    return value


def _check_part(name: str, part: Any) -> None:
    fields = _FIELDS.get(name)
    if fields is None:
        raise ValidationException(f"{_WRONG}Field '{name}' is not allowed")
    if not isinstance(part, dict):
        raise ValidationException(f"{_WRONG}{name} must be an object")
    for field, value in part.items():
        kind = fields.get(field)
        if kind is None:
            raise ValidationException(f"{_WRONG}Field '{field}' is not allowed")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ValidationException(f"{_WRONG}{name}.{field} must be {_NAMES.get(kind, 'valid')}")
