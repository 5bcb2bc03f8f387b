"""What the AWS SDKs add to answers and errors, in the form that Step Functions shows it.

Optimized integrations were built on the SDK for Java v1, `aws-sdk:` ones on v2; their error texts differ. All shapes
here are recorded.
"""

import time
import uuid
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from stepwell.engine.failure import DATA_LIMIT_EXCEEDED, RUNTIME, Failure, Unstartable

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


NO_CREDENTIALS: Final = "Unable to load credentials from any of the providers in the chain"


def new_request_id() -> str:
    """A request id as AWS makes them."""
    return str(uuid.uuid4())


def http_date(at_s: float | None = None) -> str:
    """The time as an HTTP Date header, without asking the locale."""
    at = time.gmtime(at_s)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
    return f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} {clock}"


def json_call_metadata(request_id: str, content_length: int) -> dict[str, Any]:
    """`SdkHttpMetadata` of a call to Step Functions itself (recorded: states_startExecution cases)."""
    headers = {
        "x-amzn-RequestId": request_id,
        "connection": "keep-alive",
        "Content-Length": str(content_length),
        "Date": http_date(),
        "Content-Type": "application/x-amz-json-1.0",
    }
    order = ("connection", "Content-Length", "Content-Type", "Date", "x-amzn-RequestId")
    return _http_metadata(headers, order, 200)


def lambda_call_metadata(request_id: str, content_length: int, version: str | None, status: int) -> dict[str, Any]:
    """`SdkHttpMetadata` of a call to Lambda (recorded: services_invoke cases)."""
    headers = {
        "X-Amz-Executed-Version": version,
        "x-amzn-Remapped-Content-Length": "0",
        "Connection": "keep-alive",
        "x-amzn-RequestId": request_id,
        "Content-Length": str(content_length),
        "Date": http_date(),
        "X-Amzn-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        "Content-Type": "application/json",
    }
    present = {name: value for name, value in headers.items() if value is not None}
    order = (
        *("Connection", "Content-Length", "Content-Type", "Date", "X-Amz-Executed-Version"),
        *("x-amzn-Remapped-Content-Length", "x-amzn-RequestId", "X-Amzn-Trace-Id"),
    )
    return _http_metadata(present, order, status)


def answered_metadata(headers: dict[str, str], status: int) -> dict[str, Any]:
    """`SdkHttpMetadata` of an answer that came over the network."""
    return _http_metadata(headers, tuple(sorted(headers, key=str.lower)), status)


def response_metadata(request_id: str) -> dict[str, Any]:
    """`SdkResponseMetadata` of any call."""
    return {"RequestId": request_id}


def _http_metadata(headers: dict[str, str], order: tuple[str, ...], status: int) -> dict[str, Any]:
    return {
        "AllHttpHeaders": {name: [value] for name, value in headers.items()},
        "HttpHeaders": {name: headers[name] for name in order if name in headers},
        "HttpStatusCode": status,
    }


# --- errors -----------------------------------------------------------------------------------------------------------


def exception_name(code: str) -> str:
    """The class name of an error code: `StateMachineDoesNotExist` becomes `...Exception` (recorded)."""
    return code if code.endswith("Exception") else f"{code}Exception"


def v1_failure(
    prefix: str,
    service: str,
    code: str,
    message: str,
    *,
    status: int,
    request_id: str,
    modelled: bool,
    shape: str | None = None,
    client: str | None = None,
) -> Failure:
    """A service's error as an optimized integration shows it.

    `prefix` begins the error's name (`StepFunctions`), `service` is the SDK's name (`AWSStepFunctions`). Recorded:
    "<message> (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: <id>;
    Proxy: null)"; an error that the service's model does not know has the name `<prefix>.<service>Exception`. `shape`
    is the model's name of the error where that is not its code (`InvalidParameter`: `InvalidParameterException`),
    `client` the SDK's name where that is not the service's (`AmazonDynamoDB`).
    """
    name = exception_name((shape or code).removesuffix("Fault")) if modelled else f"{client or service}Exception"
    details = f"Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null"
    return Failure(f"{prefix}.{name}", f"{message} ({details})")


def v2_failure(
    service: str, code: str, message: str, *, status: int, request_id: str, modelled: bool, extended_id: str = ""
) -> Failure:
    """A service's error as an `aws-sdk:` integration shows it.

    Recorded: `Sfn.InvalidTokenException`, "<message> (Service: Sfn, Status Code: 400, Request ID: <id>) (SDK Attempt
    Count: 1)"; an error that the model does not know has the name `Sfn.SfnException`.
    """
    name = exception_name(code) if modelled else f"{service}Exception"
    ids = f"Request ID: {request_id}" + (f", Extended Request ID: {extended_id}" if extended_id else "")
    details = f"(Service: {service}, Status Code: {status}, {ids})"
    return Failure(f"{service}.{name}", f"{message} {details} (SDK Attempt Count: 1)")


def no_answer_text(error: BaseException) -> str:
    """The SDK's words for an endpoint that cannot be reached, or that breaks off."""
    import socket

    host = getattr(error, "host", None)
    port = getattr(error, "port", None)
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, socket.gaierror):
        return f"Unable to execute HTTP request: {host}: Name or service not known"
    if isinstance(cause, ConnectionRefusedError):
        return (
            f"Unable to execute HTTP request: Connect to {host}:{port} failed: Connection refused (Connection refused)"
        )
    if isinstance(error, TimeoutError):
        return "Unable to execute HTTP request: Read timed out"
    return f"Unable to execute HTTP request: {error or type(error).__name__}"


def parameters_failure(parameters: str, reasons: list[str]) -> Failure:
    """Parameters of the wrong shape: the call is not made (recorded; the engine puts the state's name in front)."""
    text = f"The Parameters '{parameters}' could not be used to start the Task: [{', '.join(reasons)}]"
    return Unstartable(RUNTIME, text)


def oversize_failure(resource_type: str) -> Failure:
    """The failure of a result that no payload can hold (recorded)."""
    text = "returned a result with a size exceeding the maximum number of bytes service limit."
    return Failure(DATA_LIMIT_EXCEEDED, f"The state/task '{resource_type}' {text}")


def member_faults(given: Any, required: Iterable[str], members: Iterable[str]) -> list[str]:
    """The reasons for members that are absent, or else for members that there are not."""
    if not isinstance(given, dict):
        return ["Unable to parse the parameters as a JSON object"]
    reasons = [missing(name) for name in required if name not in given]
    known = tuple(members)
    return reasons or [unsupported(name, known) for name in given if name not in known]


def missing(name: str) -> str:
    """The reason for a required member that is absent (recorded)."""
    return f"The field '{name}' is required but was missing"


def wrong_type(name: str, type_name: str) -> str:
    """The reason for a member of another type (recorded): "must be a STRING", "must be an INTEGER"."""
    article = "an" if type_name[0] in "AEIOU" else "a"
    return f"The value for the field '{name}' must be {article} {type_name}"


def unsupported(name: str, known: Iterable[str]) -> str:
    """The reason for a member that the service does not have; the nearest known one is offered (recorded)."""
    nearest = get_close_matches(name, list(known), 1, 0.0)
    question = f". Did you mean '{nearest[0]}'?" if nearest else ""
    return f'The field "{name}" is not supported by Step Functions{question}'
