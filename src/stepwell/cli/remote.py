"""What the command line asks a running server: by the API, and by the reads of the console."""

import json
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from stepwell.cli.terminal import Failed
from stepwell.engine.model import Model

_PATIENCE_S: Final = 30
_ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024


def fetch_execution(endpoint: str, arn: str) -> tuple[str, Model]:
    """The definition that an execution runs with, and the picture of the execution at this moment."""
    import msgspec

    described = _call(endpoint, "DescribeStateMachineForExecution", {"executionArn": arn})
    answer = _get(endpoint, f"/console/api/executions/{quote(arn, safe='')}/model")
    try:
        return described["definition"], msgspec.convert(answer["model"], Model, str_keys=True)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise Failed(f"{endpoint} answers as no Stepwell of this version does: {error!r}.") from None


def _call(endpoint: str, operation: str, members: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"}
    return _answer(endpoint, Request(endpoint.rstrip("/") + "/", json.dumps(members).encode(), headers))


def _get(endpoint: str, path: str) -> Any:
    return _answer(endpoint, Request(endpoint.rstrip("/") + path))


def _answer(endpoint: str, request: Request) -> Any:
    if request.type not in ("http", "https"):
        raise Failed(f"{endpoint} is no address of a server: it begins with http:// or https://.")
    try:
        with urlopen(request, timeout=_PATIENCE_S) as response:
            return json.loads(response.read(_ANSWER_BYTES_MAX))
    except HTTPError as error:
        raise Failed(_refusal(error.read(_ANSWER_BYTES_MAX), error.code)) from None
    except (URLError, HTTPException, OSError, ValueError) as error:
        raise Failed(f"{endpoint} does not answer: {getattr(error, 'reason', error)}.") from None


def _refusal(body: bytes, status: int) -> str:
    """The error of an answer in one line."""
    try:
        said = json.loads(body)
        kind, message = str(said["__type"]).rpartition("#")[2], said.get("message") or said.get("Message")
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"The server answered with status {status}."
    return f"{kind}: {message}"
