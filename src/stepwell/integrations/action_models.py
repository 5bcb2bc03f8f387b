"""What a task can call, and with which arguments: by the table of optimized integrations and botocore's service models.

For people who write tasks: an editor's list of actions, and the form of an action's arguments. Members are spelled as
tasks spell them, the required ones first. What a call does with its arguments never lives here.
"""

import re
from functools import lru_cache
from typing import Any, Final

from stepwell.integrations import answer_shapes, aws_names, aws_shapes
from stepwell.integrations.aws_sdk import PREFIX
from stepwell.integrations.catalog_services import SERVICES

Schema = dict[str, Any]
_DEPTH_MAX: Final = 5
_WORDS_MAX: Final = 240
_TAGS: Final = re.compile(r"<[^>]*>")
_NUMBERS: Final = {"integer": "integer", "long": "integer", "float": "number", "double": "number"}
_JSON_TEXTS: Final = {("lambda", "invoke"): frozenset({"Payload"}), ("states", "startExecution"): frozenset({"Input"})}
_TEXTS: Final = {
    **{(service.name, action.name): action.texts for service in SERVICES for action in service.actions},
    **_JSON_TEXTS,
}
_RUNTIMES: Final = {("bedrock", "invokeModel"): "bedrock-runtime"}


def _object(required: str, optional: str, **members: Schema) -> Schema:
    """An object of texts and, by name, other members."""
    names = [*required.split(), *optional.split()]
    properties = {name: members.get(name, {"type": "string"}) for name in names}
    return {"type": "object", "properties": properties, "required": required.split()}


_FREE: Final[Schema] = {"type": "object"}
_LISTS: Final[Schema] = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
_METHOD: Final[Schema] = {"type": "string", "enum": ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]}
_OWN: Final[dict[tuple[str, str], Schema]] = {
    ("apigateway", "invoke"): _object(
        "ApiEndpoint Method",
        "Stage Path Headers QueryParameters RequestBody AllowNullValues AuthType",
        Method=_METHOD,
        Headers=_LISTS,
        QueryParameters=_LISTS,
        RequestBody={},
        AllowNullValues={"type": "boolean"},
        AuthType={"type": "string", "enum": ["NO_AUTH", "IAM_ROLE", "RESOURCE_POLICY"]},
    ),
    ("http", "invoke"): _object(
        "ApiEndpoint Method",
        "Authentication InvocationConfig Headers QueryParameters RequestBody Transform",
        Method=_METHOD,
        Authentication=_object("ConnectionArn", ""),
        InvocationConfig=_object("ConnectionArn", ""),
        Headers=_FREE,
        QueryParameters=_FREE,
        RequestBody={},
        Transform=_FREE,
    ),
    ("eks", "call"): _object(
        "ClusterName CertificateAuthority Endpoint Method Path",
        "QueryParameters RequestBody",
        Method=_METHOD,
        QueryParameters=_LISTS,
        RequestBody={},
    ),
    ("eks", "runJob"): _object(
        "ClusterName CertificateAuthority Endpoint Job", "Namespace LogOptions", Job=_FREE, LogOptions=_FREE
    ),
}
"""Actions that are no operation of a service, so that no model has them. (AWS, developer guide)"""


@lru_cache(maxsize=1)
def sdk_services() -> tuple[str, ...]:
    """The services that `aws-sdk:` tasks can name, in alphabetical order."""
    available = _available()
    renamed = {model: name for name, model in aws_names.SERVICES.items()}
    return tuple(sorted(renamed.get(model, model.replace("-", "")) for model in available))


@lru_cache(maxsize=64)
def sdk_actions(service: str) -> tuple[str, ...] | None:
    """The actions of a service as `aws-sdk:` tasks name them, or None for a service that botocore does not know."""
    model = aws_names.service_of(service, _available())
    if model is None:
        return None
    return tuple(sorted(aws_names.action_name(name) for name in _service_model(model).operation_names))


@lru_cache(maxsize=256)
def arguments_schema(service: str, action: str) -> Schema | None:
    """The JSON schema of a task's Arguments or Parameters, or None where no model tells.

    `service` is the resource's: `dynamodb`, `aws-sdk:s3`. Members are described in the model's own words.
    """
    own = _OWN.get((service, action))
    if own is not None:
        return own
    operation = _operation(service, action)
    if operation is None:
        return None
    is_sdk = service.startswith(f"{PREFIX}:")
    member = aws_names.member_name if is_sdk else aws_shapes.upper_first
    spelling = aws_shapes.Spelling(member, _TEXTS.get((service, action), frozenset()))
    if operation.input_shape is None:
        return {"type": "object", "properties": {}}
    schema = _structure(operation.input_shape, spelling, 0)
    filled = {spelling.member(name) for name in operation.idempotent_members}
    return {**schema, "required": [name for name in schema["required"] if name not in filled]}


def _operation(service: str, action: str) -> Any:
    if service.startswith(f"{PREFIX}:"):
        model = aws_names.service_of(service.removeprefix(f"{PREFIX}:"), _available())
    else:
        name = _RUNTIMES.get((service, action)) or answer_shapes.BOTOCORE_NAMES.get(service, service)
        model = name if name in _available() else None
    if model is None:
        return None
    found = _service_model(model)
    wanted = next((name for name in found.operation_names if aws_names.action_name(name) == action), None)
    return None if wanted is None else found.operation_model(wanted)


@lru_cache(maxsize=1)
def _available() -> frozenset[str]:
    from botocore.loaders import Loader

    return frozenset(Loader().list_available_services("service-2"))


@lru_cache(maxsize=8)
def _service_model(name: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def _of_shape(shape: Any, spelling: aws_shapes.Spelling, depth: int, name: str = "") -> Schema:
    kind = shape.type_name
    if depth >= _DEPTH_MAX or getattr(shape, "is_document_type", False):
        return {}
    if kind == "structure":
        return _structure(shape, spelling, depth)
    if kind == "list":
        return {"type": "array", "items": _of_shape(shape.member, spelling, depth + 1)}
    if kind == "map":
        return {"type": "object", "additionalProperties": _of_shape(shape.value, spelling, depth + 1)}
    if kind in _NUMBERS:
        return {"type": _NUMBERS[kind]}
    if kind == "boolean":
        return {"type": "boolean"}
    if kind == "blob" or name in spelling.texts:
        return {}
    return {"type": "string", "enum": list(shape.enum)} if getattr(shape, "enum", None) else {"type": "string"}


def _structure(shape: Any, spelling: aws_shapes.Spelling, depth: int) -> Schema:
    members = spelling.members(shape)
    wanted = [name for name, (own, _) in members.items() if own in shape.required_members]
    ordered = [*wanted, *(name for name in members if name not in wanted)]
    properties = {}
    for name in ordered:
        inner = members[name][1]
        properties[name] = _of_shape(inner, spelling, depth + 1, name)
        said = _words(inner.documentation)
        if said and depth == 0:
            properties[name]["description"] = said
    return {"type": "object", "properties": properties, "required": wanted}


def _words(documentation: str) -> str:
    """The first sentence of a model's documentation, without its marks."""
    plain = " ".join(_TAGS.sub("", documentation or "").split())
    first = re.split(r"(?<=\.)\s", plain, maxsplit=1)[0]
    return first if len(first) <= _WORDS_MAX else first[: _WORDS_MAX - 1] + "…"
