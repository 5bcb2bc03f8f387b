"""Tasks that call any AWS API: `aws-sdk:<service>:<action>`, for every service and action that botocore knows.

Results are the API's in PascalCase, without SDK metadata; errors are worded as by the SDK for Java v2 (recorded).
"""

from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from stepwell.engine.failure import RUNTIME, Failure
from stepwell.integrations import aws_names, aws_shapes, sdk_metadata
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_refusals import unrefused
from stepwell.integrations.aws_roles import principal_of
from stepwell.integrations.base import Call, Outcome, WithoutJobs
from stepwell.payload import Payload

PREFIX: Final = "aws-sdk"
SPELLING: Final = aws_shapes.Spelling(aws_names.member_name)
_STORED: Final = aws_shapes.Spelling(aws_names.member_name, json_body=True)
_JSON_BODIES: Final = frozenset({("s3", "PutObject"), ("s3", "UploadPart")})
_TEXT: Final = "text/plain; charset=UTF-8"
"""What a body is said to be where the task does not say it (recorded)."""
_UNTOLD: Final = {
    ("s3", "HeadObject"): ("NoSuchKey", "The specified key does not exist."),
    ("s3", "HeadBucket"): ("NoSuchBucket", "The specified bucket does not exist."),
}
"""What a 404 means where the answer has no body to say it. (SDK for Java v2, ExceptionTranslationInterceptor.)"""
_READING: Final = ("get", "list", "describe", "head", "batchGet", "query", "scan", "search", "lookup")


class SdkAction(WithoutJobs):
    """One action of one service as a task, request-response or waiting for a token."""

    def __init__(self, caller: AwsCaller, service: str, action: str) -> None:
        self._caller = caller
        self._service = service.removeprefix(f"{PREFIX}:")
        self._action = action

    def is_repeatable(self, action: str) -> bool:
        """Reading may be repeated, and so may what takes an idempotency token: it gets one made of the attempt."""
        if action.startswith(_READING):
            return True
        service = aws_names.service_of(self._service, services())
        return service is not None and action in _with_token(service)

    async def perform(self, call: Call) -> Outcome:
        """Make the call. What is wrong with the parameters is found before anything is sent."""
        operation = await self._operation(call)
        if isinstance(operation, Failure):
            return operation
        service = operation.service_model.service_name
        spelling = spelling_of(operation)
        given = call.parameters.value
        reasons = aws_shapes.faults(operation, given, spelling)
        if reasons:
            return sdk_metadata.parameters_failure(call.parameters.text, reasons)
        members = with_token(operation, aws_shapes.to_service(operation, given, spelling), call)
        if spelling.json_body and "ContentType" in operation.input_shape.members:
            members.setdefault("ContentType", _TEXT)
        answer = await self._caller.call(service, operation.name, members, principal=principal_of(call))
        if isinstance(answer, Refusal):
            return _failure(
                _told(answer, service, operation.name), aws_names.class_name(operation.service_model.service_id), call
            )
        return Payload.of(aws_shapes.to_result(operation, answer.members, spelling))

    async def _operation(self, call: Call) -> Any:
        service = aws_names.service_of(self._service, await self._caller.services())
        unknown = Failure(RUNTIME, f"The resource {call.service}:{call.action} is not recognized by this server.")
        if service is None:
            return unknown
        parts = await self._caller.parts(service, call.region)
        operation = parts.action(self._action)
        if operation is None:
            return unknown
        if operation.has_event_stream_input or operation.has_event_stream_output:
            return Failure(
                RUNTIME, f"{call.service}:{call.action} is an event stream, which no task can read or write."
            )
        return operation


def spelling_of(operation: Any) -> aws_shapes.Spelling:
    """How the parameters and results of an operation are spelled."""
    return _STORED if (operation.service_model.service_name, operation.name) in _JSON_BODIES else SPELLING


def with_token(operation: Any, members: dict[str, Any], call: Call) -> dict[str, Any]:
    """The members, with an idempotency token that is the same whenever this attempt is made, where one is taken."""
    return {**dict.fromkeys(operation.idempotent_members, call.attempt_uuid), **members}


def _told(refusal: Refusal, service: str, operation: str) -> Refusal:
    """The refusal, with its error named where the SDK knows it without being told."""
    untold = _UNTOLD.get((service, operation))
    if untold is None or refusal.status != 404:
        return refusal
    shape, message = untold
    return replace(refusal, shape=shape, message=message)


def _failure(refusal: Refusal, service: str, call: Call) -> Failure:
    common = unrefused(refusal, call)
    if common is not None:
        return common
    if refusal.kind == "unreachable":
        return Failure(f"{service}.SdkClientException", f"{refusal.message} (SDK Attempt Count: 1)")
    return sdk_metadata.v2_failure(
        *(service, aws_names.error_name(refusal.shape or ""), refusal.message),
        status=refusal.status,
        request_id=refusal.request_id,
        modelled=refusal.shape is not None,
        extended_id=refusal.extended_id,
    )


@lru_cache(maxsize=1)
def services() -> frozenset[str]:
    """The services that botocore knows, by its names."""
    from botocore.loaders import Loader

    return frozenset(Loader().list_available_services("service-2"))


@lru_cache(maxsize=32)
def _with_token(service: str) -> frozenset[str]:
    """The actions of a service that take an idempotency token. Reads the model: for recovery only."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    operations = (model.operation_model(name) for name in model.operation_names)
    return frozenset(aws_names.action_name(operation.name) for operation in operations if operation.idempotent_members)
