"""What is wrong with a task's arguments before anything runs, judged by the models of the services, as AWS judges them
when a definition is created. A member whose value is known only at run time is None here: it counts as there.
"""

from functools import lru_cache
from typing import Any, Final

from stepwell.integrations import aws_lambda, aws_names, aws_sdk, aws_shapes, sdk_metadata
from stepwell.integrations.catalog import Action
from stepwell.integrations.catalog_services import SERVICES
from stepwell.integrations.http import request as http_request
from stepwell.integrations.services import apigateway, kubernetes, states

_MODELS_MAX: Final = 16
_OWN_TEXTS: Final = frozenset({"Input", "Output", "Definition"})
_SFN: Final = aws_shapes.Spelling(aws_names.member_name, _OWN_TEXTS)
_CATALOG: Final = {
    (service.name, action.name): (action.model or service.model, action)
    for service in SERVICES
    for action in service.actions
}
_MEMBERS: Final[dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]]] = {
    ("apigateway", "invoke"): (apigateway.REQUIRED, apigateway.MEMBERS),
    ("eks", "call"): (kubernetes.CALL_REQUIRED, kubernetes.CALL_MEMBERS),
    ("eks", "runJob"): (kubernetes.JOB_REQUIRED, kubernetes.JOB_MEMBERS),
    ("http", "invoke"): (http_request.REQUIRED, http_request.MEMBERS),
    ("lambda", "invoke"): (aws_lambda.REQUIRED, aws_lambda.MEMBERS),
    ("states", "startExecution"): (states.REQUIRED, tuple(states.MEMBERS)),
}
"""The required members and all members of integrations with code of their own."""


def is_known(service: str, action: str) -> bool:
    """Whether there is such an action, or was. Reads the service's model, which may take a tenth of a second."""
    if service.startswith(f"{aws_sdk.PREFIX}:"):
        return _is_retired(service) or _sdk_operation(service, action) is not None
    return (service, action) in _CATALOG or (service, action) in _MEMBERS


def faults(service: str, action: str, given: Any) -> list[str]:
    """The reasons why arguments of a known action cannot be used: missing members, or else unknown ones, or else
    wrong types (recorded). Reads the service's model; of a service without one nothing is known.
    """
    if service.startswith(f"{aws_sdk.PREFIX}:"):
        operation = _sdk_operation(service, action)
        if operation is None:
            return []
        spelling = _SFN if operation.service_model.service_name == "stepfunctions" else aws_sdk.spelling_of(operation)
        return aws_shapes.faults(operation, given, spelling)
    if (service, action) in _MEMBERS:
        required, members = _MEMBERS[service, action]
        return sdk_metadata.member_faults(given, required, members)
    model, described = _CATALOG[service, action]
    return described.faults(_model(model).operation_model(described.operation), given, _spelling(described))


def _is_retired(service: str) -> bool:
    return service.removeprefix(f"{aws_sdk.PREFIX}:") in aws_names.RETIRED


def _spelling(action: Action) -> aws_shapes.Spelling:
    return aws_shapes.Spelling(aws_shapes.upper_first, action.texts, date=int, wraps=action.wraps)


def _sdk_operation(service: str, action: str) -> Any:
    name = aws_names.service_of(service.removeprefix(f"{aws_sdk.PREFIX}:"), aws_sdk.services())
    if name is None:
        return None
    operation = _actions(name).get(action)
    return None if operation is None else _model(name).operation_model(operation)


@lru_cache(maxsize=_MODELS_MAX)
def _model(service: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@lru_cache(maxsize=_MODELS_MAX)
def _actions(service: str) -> dict[str, str]:
    """The operations of a service by the names of its actions."""
    return {aws_names.action_name(name): name for name in _model(service).operation_names}
