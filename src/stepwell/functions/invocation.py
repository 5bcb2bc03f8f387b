"""What a call of a function gives, and the error texts that Lambda itself writes when the function cannot."""

import json
from dataclasses import dataclass
from typing import Final

LATEST: Final = "$LATEST"
UNHANDLED: Final = "Unhandled"
REQUEST_BYTES_MAX: Final = 6_291_456
RESPONSE_BYTES_MAX: Final = 6_291_556


class RequestTooLarge(ValueError):
    """The payload is larger than a synchronous invocation may carry (AWS: 6 MB)."""


class TooManyCalls(RuntimeError):
    """As many calls of the function wait or run as its reserved concurrency allows."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has reached its reserved concurrency")


@dataclass(frozen=True, slots=True)
class Invocation:
    """The answer to one call.

    `status` is 200 (also when the function failed, as in Lambda), `payload` the function's JSON text or its error's,
    `function_error` None or "Unhandled", `version` always "$LATEST".
    """

    status: int
    payload: bytes
    function_error: str | None
    version: str = LATEST


def failed(error: bytes) -> Invocation:
    """The answer of a function that failed with this error object."""
    return Invocation(200, error, UNHANDLED)


def timed_out(request_id: str, timeout_s: float) -> Invocation:
    """AWS: a function that takes too long is killed and answers with `Sandbox.Timedout`."""
    return _fault("Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds")


def exited(request_id: str, code: int | None) -> Invocation:
    """AWS: a runtime process that ends without answering. A negative code is the number of a signal."""
    return _fault("Runtime.ExitError", f"RequestId: {request_id} Error: {_exit_text(code)}")


def not_started(request_id: str, reason: str) -> Invocation:
    """The process could not be made at all (Lambda's name for a runtime that cannot be started)."""
    return _fault("Runtime.InvalidEntrypoint", f"RequestId: {request_id} Error: {reason}")


def too_large(request_id: str, size_bytes: int) -> Invocation:
    """AWS: an answer of more than 6 MB."""
    text = f"Response payload size ({size_bytes} bytes) exceeded maximum allowed payload size"
    return _fault("Function.ResponseSizeTooLarge", f"{text} ({RESPONSE_BYTES_MAX} bytes).")


def with_request_id(error: bytes, request_id: str) -> bytes:
    """An init error with the id of the call that it answers, as Lambda shows it; other texts stay as they are."""
    try:
        members = json.loads(error)
    except ValueError:
        return error
    if not isinstance(members, dict) or members.get("requestId") != "":
        return error
    return json.dumps({**members, "requestId": request_id}).encode()


def _fault(error_type: str, message: str) -> Invocation:
    return failed(json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode())


_SIGNALS: Final = {1: "hangup", 2: "interrupt", 6: "aborted", 9: "killed", 11: "segmentation fault", 15: "terminated"}


def _exit_text(code: int | None) -> str:
    if not code:
        return "Runtime exited without providing a reason"
    if code < 0:
        return f"Runtime exited with error: signal: {_SIGNALS.get(-code, -code)}"
    return f"Runtime exited with error: exit status {code}"
