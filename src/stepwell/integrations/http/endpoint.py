"""HTTP tasks: `http:invoke`, one request to one API in the name of a connection.

One call, no redirect, a minute at most, 256 KiB of answer. Anything but 2xx is `States.Http.StatusCode.<n>`, with the
body as cause; trouble on the way is `States.Http.Socket`. (Recorded.)
"""

from collections.abc import Sequence
from dataclasses import replace
from email.message import Message
from typing import Any, Final

from stepwell.engine.failure import RUNTIME, Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.base import Call, HttpReceived, HttpSent, Outcome, WithoutJobs
from stepwell.integrations.http.connection import NOT_FOUND, Additions, Connection, Connections
from stepwell.integrations.http.credentials import bearer
from stepwell.integrations.http.egress import Egress, NoAnswer, Oversize, Response, Unreadable
from stepwell.integrations.http.oauth import Tokens
from stepwell.integrations.http.request import HttpRequest, build, connection_arn, parameter_failure
from stepwell.payload import JsonError, Payload, parse_json

SOCKET: Final = "States.Http.Socket"
STATUS: Final = "States.Http.StatusCode."
_UNAUTHORIZED: Final = (401, 407)
_BINARY_TYPES: Final = ("image", "audio", "video", "font", "model", "multipart")
_TEXT_TYPES: Final = tuple(
    f"application/{name}"
    for name in ("xml", "javascript", "x-www-form-urlencoded", "graphql", "yaml", "x-yaml", "x-ndjson", "jsonl")
)
_PLEASE: Final = "Please see documentation for list of unsupported content-types."


class HttpIntegration(WithoutJobs):
    """`http:invoke`."""

    def __init__(self, egress: Egress, connections: Sequence[Connections]) -> None:
        """`connections` are asked in turn: the first that knows an ARN decides."""
        self._egress = egress
        self._connections = connections
        self._tokens = Tokens(egress)

    async def perform(self, call: Call) -> Outcome:
        """Make the request."""
        failure = parameter_failure(call.parameters)
        if failure is not None:
            return failure
        arn = connection_arn(call.parameters.value) or ""
        connection = await self._find(arn, call)
        if isinstance(connection, Failure):
            return connection
        key = f"{call.account} {call.region} {call.role_arn} {call.credentials_role_arn} {arn}"
        additions = await self._authorized(key, connection)
        request = additions if isinstance(additions, Failure) else build(call, additions)
        if isinstance(request, Failure):
            return request
        if call.trace is not None and not isinstance(additions, Failure):
            shown = request if call.trace.reveal else build(call, additions, hide=True)
            call.trace.request = None if isinstance(shown, Failure) else _shown_request(shown)
        return await self._ask(call, key, request)

    async def _find(self, arn: str, call: Call) -> Connection | Failure:
        for connections in self._connections:
            found = await connections.find(arn, call)
            if found is not None:
                return found
        return Failure(NOT_FOUND, f"The connection {arn} does not exist.")

    async def _authorized(self, key: str, connection: Connection) -> Additions | Failure:
        if connection.oauth is None:
            return connection.additions
        token = await self._tokens.get(key, connection.oauth)
        if isinstance(token, Failure):
            return token
        headers = {**connection.additions.headers, **bearer(token)}
        return replace(connection.additions, headers=headers)

    async def _ask(self, call: Call, key: str, request: HttpRequest) -> Outcome:
        body = None if request.body is None else request.body.encode("utf-8", "replace")
        try:
            response = await self._egress.request(request.method, request.url, request.headers, body)
        except NoAnswer as error:
            return Failure(SOCKET, str(error))
        except Oversize:
            return sdk_metadata.oversize_failure(call.resource_type)
        except Unreadable as error:
            return Failure(RUNTIME, f"{error} {_PLEASE}")
        if response.status in _UNAUTHORIZED:
            self._tokens.drop(key)
        if call.trace is not None:
            call.trace.response = _shown_response(response)
        return outcome_of(request.method, response)


def outcome_of(method: str, response: Response) -> Outcome:
    """What an answer makes of the task."""
    if not 200 <= response.status < 300:
        cause = response.body.decode("utf-8", "replace") or (response.reason if method == "HEAD" else None)
        return Failure(f"{STATUS}{response.status}", cause)
    output: dict[str, Any] = {"Headers": header_lists(response)}
    if method != "HEAD" and response.status != 204:
        body = read_body(response)
        if isinstance(body, Failure):
            return body
        output["ResponseBody"] = body.value
    return Payload.of({**output, "StatusCode": response.status, "StatusText": response.reason})


def header_lists(response: Response) -> dict[str, list[str]]:
    """The headers of an answer by name, all values of each."""
    lists: dict[str, list[str]] = {}
    for name, value in response.headers:
        lists.setdefault(name, []).append(value)
    return lists


def read_body(response: Response) -> Payload | Failure:
    """The body: JSON where the answer says so and it is, else its text; what is no text is a failure (recorded)."""
    message = Message()
    message["Content-Type"] = response.header("content-type") or "text/plain"
    kind, main = message.get_content_type(), message.get_content_maintype()
    unsupported = Failure(RUNTIME, f"Unsupported response content-type '{kind}'. {_PLEASE}")
    is_json = kind == "application/json" or kind.endswith("+json")
    is_text = main == "text" or is_json or kind in _TEXT_TYPES or kind.endswith("+xml")
    if main in _BINARY_TYPES or (response.body and not is_text):
        return unsupported
    try:
        text = response.body.decode(message.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return unsupported
    if is_json:
        try:
            return Payload(text, parse_json(text))
        except JsonError:
            pass
    return Payload.of(text)


def _shown_request(request: HttpRequest) -> HttpSent:
    return HttpSent(request.method, request.url, tuple(request.headers.items()), request.body)


def _shown_response(response: Response) -> HttpReceived:
    body = response.body.decode("utf-8", "replace")
    return HttpReceived(response.status, response.reason, response.headers, body)
