"""Every operation of Step Functions, as `aws-sdk:sfn:` tasks spell its members: read from botocore's service model.

Parameters and results of tasks are PascalCase at every depth; the operations take snake_case. Map keys are the user's.
"""

from functools import cache
from typing import Any, Final

from stepwell.integrations import sdk_metadata
from stepwell.integrations.own_operations import iso_date, json_text

_JSON_MEMBERS: Final = ("Input", "Output", "Definition")
_KINDS: Final[dict[str, tuple[Any, str]]] = {
    "string": (str, "STRING"),
    "integer": (int, "INTEGER"),
    "long": (int, "LONG"),
    "float": (float, "FLOAT"),
    "double": (float, "DOUBLE"),
    "boolean": (bool, "BOOLEAN"),
    "list": (list, "LIST"),
    "structure": (dict, "STRUCTURE"),
    "map": (dict, "MAP"),
}


@cache
def operations() -> dict[str, Any]:
    """botocore's operation models by action (`startExecution`). The first call reads the model from disk."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    model = ServiceModel(Loader().load_service_model("stepfunctions", "service-2"), "stepfunctions")
    return {_lower_first(name): model.operation_model(name) for name in model.operation_names}


def check(operation: Any, given: Any) -> list[str]:
    """What is wrong with a task's parameters: missing members, or else unknown ones, or else wrong types (recorded)."""
    shape = operation.input_shape
    members = given if isinstance(given, dict) else {}
    required = [_upper_first(name) for name in shape.required_members]
    reasons = [sdk_metadata.missing(name) for name in required if members.get(name) is None]
    if reasons:
        return reasons
    known = {_upper_first(name): member for name, member in shape.members.items()}
    reasons = [sdk_metadata.unsupported(name, known) for name in members if name not in known]
    return reasons or [reason for name, value in members.items() for reason in _check(name, value, known[name])]


def _check(name: str, value: Any, shape: Any) -> list[str]:
    if value is None or (name in _JSON_MEMBERS and shape.type_name == "string"):
        return []
    kind, type_name = _KINDS.get(shape.type_name, (object, ""))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        return [sdk_metadata.wrong_type(name, type_name)]
    if shape.type_name == "list":
        return [reason for item in value for reason in _check(name, item, shape.member)]
    if shape.type_name != "structure":
        return []
    known = {_upper_first(member): inner for member, inner in shape.members.items()}
    reasons = [sdk_metadata.unsupported(member, ()) for member in value if member not in known]
    return reasons or [reason for member, inner in value.items() for reason in _check(member, inner, known[member])]


def to_operation(operation: Any, given: dict[str, Any]) -> dict[str, Any]:
    """A task's parameters as the operation's members; null members are left out."""
    members: dict[str, Any] = _inward("", given, operation.input_shape)
    return members


def _inward(name: str, value: Any, shape: Any) -> Any:
    from botocore import xform_name

    if shape.type_name == "structure":
        known = {_upper_first(member): (member, inner) for member, inner in shape.members.items()}
        return {
            xform_name(known[member][0]): _inward(member, inner, known[member][1])
            for member, inner in value.items()
            if inner is not None
        }
    if shape.type_name == "list":
        return [_inward(name, item, shape.member) for item in value]
    if shape.type_name == "string" and name in _JSON_MEMBERS:
        return json_text(value)
    return value


def to_result(operation: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """An operation's answer as a task's result: PascalCase, keys in alphabetical order, dates as ISO text."""
    if operation.output_shape is None:
        return {}
    result: dict[str, Any] = _outward(answer, operation.output_shape)
    return result


def _outward(value: Any, shape: Any) -> Any:
    if value is None:
        return None
    if shape.type_name == "structure":
        return _outward_structure(value, shape)
    if shape.type_name == "list":
        return [_outward(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: _outward(item, shape.value) for key, item in value.items()}
    if shape.type_name == "timestamp":  # milliseconds, or seconds where history events bring their own spelling
        return iso_date(value if isinstance(value, int) else round(value * 1000))
    return value


def _outward_structure(value: dict[str, Any], shape: Any) -> dict[str, Any]:
    from botocore import xform_name

    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        inner = value.get(xform_name(name), value.get(name))
        if inner is not None:
            found[_upper_first(name)] = _outward(inner, member)
    return {name: found[name] for name in sorted(found)}


def _lower_first(text: str) -> str:
    return text[0].lower() + text[1:]


def _upper_first(text: str) -> str:
    return text[0].upper() + text[1:]
