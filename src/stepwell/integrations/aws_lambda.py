"""Tasks that call functions: by the function's ARN, by `lambda:invoke`, and by `aws-sdk:lambda:invoke`.

The three differ in what they show of the same call. Where the function runs (a local pool, Lambda's API) is behind the
`Invoker` Protocol; parameters, outputs and failures are here.
"""

import base64
import json
from typing import Any, Final, Protocol

from msgspec import Struct

from stepwell.engine.failure import TASK_FAILED, Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.base import Call, Outcome, WithoutJobs
from stepwell.payload import JsonError, Payload, parse_json, print_json

REQUEST_RESPONSE: Final = "RequestResponse"
EVENT: Final = "Event"
DRY_RUN: Final = "DryRun"

_MODELLED: Final = frozenset(
    {
        *(
            "CodeStorageExceededException",
            "EC2AccessDeniedException",
            "EC2ThrottledException",
            "EC2UnexpectedException",
        ),
        *("EFSIOException", "EFSMountConnectivityException", "EFSMountFailureException", "EFSMountTimeoutException"),
        *("ENILimitReachedException", "InvalidParameterValueException", "InvalidRequestContentException"),
        *("InvalidRuntimeException", "InvalidSecurityGroupIDException", "InvalidSubnetIDException"),
        *("InvalidZipFileException", "KMSAccessDeniedException", "KMSDisabledException", "KMSInvalidStateException"),
        *("KMSNotFoundException", "RecursiveInvocationException", "RequestTooLargeException"),
        *("ResourceConflictException", "ResourceNotFoundException", "ResourceNotReadyException", "ServiceException"),
        *("SnapStartException", "SnapStartNotReadyException", "SnapStartTimeoutException"),
        *("SubnetIPAddressLimitReachedException", "TooManyRequestsException", "UnsupportedMediaTypeException"),
    }
)
_TEXT_MEMBERS: Final = ("FunctionName", "Qualifier", "InvocationType", "ClientContext", "LogType")
REQUIRED: Final = ("FunctionName",)
MEMBERS: Final = (*_TEXT_MEMBERS, "Payload")


class Invoke(Struct, frozen=True):
    """A request to run a function; `payload` is JSON text, not looked into, `client_context` base64 of JSON."""

    function_name: str
    payload: bytes
    qualifier: str | None = None
    invocation_type: str = REQUEST_RESPONSE
    client_context: str | None = None
    log_type: str | None = None


class Invoked(Struct, frozen=True):
    """The answer: status 200 (202 for Event, 204 for DryRun), the payload, and how the function failed, if it did."""

    status: int
    payload: bytes
    function_error: str | None
    version: str | None
    request_id: str
    log_result: str | None = None


class LambdaError(Exception):
    """Lambda refused the request. `code` is None where nobody answered: the SDK's own trouble, or, `forbidden`, a role
    that could not be assumed.
    """

    def __init__(
        self, code: str | None, message: str, status: int = 400, request_id: str = "", *, forbidden: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.forbidden = forbidden
        self.request_id = request_id or sdk_metadata.new_request_id()


class Invoker(Protocol):
    """Where functions run. Raises `LambdaError`; calls at most once."""

    async def invoke(self, call: Call, request: Invoke) -> Invoked:
        """Run a function and wait for its answer."""
        ...


class LambdaIntegration(WithoutJobs):
    """`lambda:invoke`, its token form, and tasks whose resource is a function's ARN."""

    def __init__(self, invoker: Invoker) -> None:
        self._invoker = invoker

    async def perform(self, call: Call) -> Outcome:
        """Run the function. A function that fails is a failure under its own error name (recorded)."""
        plain = call.resource.startswith("arn:")
        if plain:
            request: Invoke | Failure = Invoke(call.resource, call.parameters.text.encode())
        else:
            request = read_request(call.parameters)
        if isinstance(request, Failure):
            return request
        try:
            invoked = await self._invoker.invoke(call, request)
        except LambdaError as error:
            return _service_failure(error)
        if invoked.function_error is not None:
            return _function_failure(invoked.payload, as_given=plain)
        return _plain_output(invoked) if plain else Payload.of(_invoke_output(invoked))


class SdkLambdaInvoke(WithoutJobs):
    """`aws-sdk:lambda:invoke`: the API's answer as it is; a function that fails does not fail the task."""

    def __init__(self, invoker: Invoker) -> None:
        self._invoker = invoker

    async def perform(self, call: Call) -> Outcome:
        """Run the function and give the API's answer: payload as text, `FunctionError` beside it (recorded)."""
        request = read_request(call.parameters)
        if isinstance(request, Failure):
            return request
        try:
            invoked = await self._invoker.invoke(call, request)
        except LambdaError as error:
            return _sdk_failure(error)
        output = {
            "ExecutedVersion": invoked.version,
            "FunctionError": invoked.function_error,
            "LogResult": invoked.log_result,
            "Payload": invoked.payload.decode(errors="replace"),
            "StatusCode": invoked.status,
        }
        return Payload.of({name: value for name, value in output.items() if value is not None})


# --- parameters -------------------------------------------------------------------------------------------------------


def read_request(parameters: Payload) -> Invoke | Failure:
    """The request that a Task's parameters describe, or the failure that says what is wrong with them."""
    members = parameters.value
    reasons = _reasons(members)
    if reasons:
        return sdk_metadata.parameters_failure(parameters.text, reasons)
    return Invoke(
        members["FunctionName"],
        _payload_bytes(members.get("Payload")),
        members.get("Qualifier"),
        members.get("InvocationType") or REQUEST_RESPONSE,
        _client_context(members.get("ClientContext")),
        members.get("LogType"),
    )


def _reasons(members: Any) -> list[str]:
    if not isinstance(members, dict) or members.get("FunctionName") is None:
        return [sdk_metadata.missing("FunctionName")]
    texts = [name for name in _TEXT_MEMBERS if not isinstance(members.get(name), str | None)]
    reasons = [sdk_metadata.wrong_type(name, "STRING") for name in texts if name != "ClientContext"]
    return [sdk_metadata.unsupported(name, MEMBERS) for name in members if name not in MEMBERS] or reasons


def _payload_bytes(payload: Any) -> bytes:
    """Recorded: null or nothing arrives as `{}`, a string as its own characters, anything else as its JSON text."""
    if payload is None:
        return b"{}"
    if isinstance(payload, str):
        return payload.encode(errors="replace")
    return print_json(payload).encode()


def _client_context(value: Any) -> str | None:
    """The API wants base64 of a JSON object; an object is taken as well."""
    return value if isinstance(value, str | None) else base64.b64encode(print_json(value).encode()).decode()


# --- outputs ----------------------------------------------------------------------------------------------------------


def _plain_output(invoked: Invoked) -> Payload:
    """Recorded: the function's own text, spaces and all. Text that is not JSON becomes a JSON string."""
    text = invoked.payload.decode(errors="replace")
    if not text:
        return Payload.of(None)
    try:
        return Payload(text, parse_json(text))
    except JsonError:
        return Payload.of(text)


def _invoke_output(invoked: Invoked) -> dict[str, Any]:
    """Recorded: `{ExecutedVersion, Payload, SdkHttpMetadata, SdkResponseMetadata, StatusCode}`, Event no version."""
    size_bytes = len(invoked.payload)
    output: dict[str, Any] = {}
    if invoked.version is not None:
        output["ExecutedVersion"] = invoked.version
    if invoked.log_result is not None:
        output["LogResult"] = invoked.log_result
    metadata = sdk_metadata.lambda_call_metadata(invoked.request_id, size_bytes, invoked.version, invoked.status)
    output["Payload"] = _parsed(invoked.payload)
    output["SdkHttpMetadata"] = metadata
    output["SdkResponseMetadata"] = sdk_metadata.response_metadata(invoked.request_id)
    output["StatusCode"] = invoked.status
    return output


def _parsed(payload: bytes) -> Any:
    if not payload:
        return None
    try:
        return parse_json(payload)
    except JsonError:
        return payload.decode(errors="replace")


# --- failures ---------------------------------------------------------------------------------------------------------


def _function_failure(payload: bytes, *, as_given: bool) -> Failure:
    """Recorded: the error's name is the function's `errorType`; the cause is its error object, re-printed without
    spaces by `lambda:invoke`, as the function gave it by the ARN form. Without a type the error is `Lambda.Unknown`.
    """
    text = payload.decode(errors="replace")
    try:
        members = parse_json(text)
    except JsonError:
        members = None
    error = members.get("errorType") if isinstance(members, dict) else None
    if not isinstance(error, str) or not error:
        reason = "The cause could not be determined because Lambda did not return an error type. Returned payload: "
        return Failure("Lambda.Unknown", reason + text)
    return Failure(error, text if as_given else print_json(members))


def _service_failure(error: LambdaError) -> Failure:
    if error.forbidden:
        return Failure(TASK_FAILED, error.message)
    if error.code is None:
        return Failure("Lambda.SdkClientException", error.message)
    known = error.code in _MODELLED
    return sdk_metadata.v1_failure(
        *("Lambda", "AWSLambda", error.code, error.message),
        status=error.status,
        request_id=error.request_id,
        modelled=known,
    )


def _sdk_failure(error: LambdaError) -> Failure:
    if error.forbidden:
        return Failure(TASK_FAILED, error.message)
    if error.code is None:
        return Failure("Lambda.SdkClientException", f"{error.message} (SDK Attempt Count: 1)")
    known = error.code in _MODELLED
    return sdk_metadata.v2_failure(
        "Lambda", error.code, error.message, status=error.status, request_id=error.request_id, modelled=known
    )


def unreadable_payload(text: str) -> LambdaError:
    """Lambda's refusal of a payload that is not JSON (recorded: "... Unrecognized token ..."; the position is ours)."""
    token = next(iter(text.split()), "")
    word = token[: next((at for at, letter in enumerate(token) if not (letter.isalnum() or letter == "_")), len(token))]
    expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    reason = f"Unrecognized token '{word or token[:20]}': was expecting {expected}"
    where = f"\n at [Source: (byte[]){json.dumps(text[:500], ensure_ascii=False)}; line: 1, column: {len(word) + 1}]"
    message = f"Could not parse request body into json: Could not parse payload into json: {reason}{where}"
    return LambdaError("InvalidRequestContentException", message)
