"""Functions behind Lambda's HTTP API: AWS itself, or an emulator at an endpoint.

One shared HTTP session, loaded at the first call; one request for each call, never repeated here.
"""

import json
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote

from msgspec.structs import replace

from stepwell.integrations.answer_body import AnswerBodies
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_lambda import Invoke, Invoked, LambdaError
from stepwell.integrations.aws_roles import Principal, principal_of
from stepwell.integrations.aws_signature import signed_headers
from stepwell.integrations.base import Call
from stepwell.integrations.circuit import Circuits
from stepwell.integrations.invocations import Invocations, now_ms
from stepwell.integrations.sdk_metadata import NO_CREDENTIALS, new_request_id, no_answer_text

if TYPE_CHECKING:
    import aiohttp

_ANSWER_S: Final = 960.0
_CONNECT_S: Final = 10.0
_ANSWER_BYTES_MAX: Final = 8 * 1024 * 1024
"""More than Lambda's 6 MB, and than a payload may have anyway."""


class Credentials(Protocol):
    """Whoever has credentials for calls in somebody's name (`AwsTasks`)."""

    async def credentials(self, principal: Principal, *, emulated: bool) -> Any:
        """botocore's credentials, None where there are none, or a `Refusal`."""
        ...


class EndpointInvoker:
    """Calls Lambda's Invoke operation at `endpoint` (an URL), or at AWS's own endpoints if that is None; in whose name,
    `aws` knows.
    """

    def __init__(self, endpoint: str | None, aws: Credentials, invocations: Invocations) -> None:
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._aws = aws
        self._invocations = invocations
        self._session: aiohttp.ClientSession | None = None
        self._bodies = AnswerBodies(_ANSWER_BYTES_MAX)
        self._circuits = Circuits()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def invoke(self, call: Call, request: Invoke) -> Invoked:
        """Run a function. Raises `LambdaError`: the service's refusal, or no code where nothing answered."""
        import aiohttp

        region = _region(request.function_name) or call.region
        endpoint = self._endpoint or f"https://lambda.{region}.amazonaws.com"
        untried = self._circuits.refusal(endpoint)
        if untried is not None:
            raise LambdaError(None, untried)
        url = f"{endpoint}{_path(request)}"
        session = self._connected()
        principal = replace(principal_of(call), region=region)
        credentials = await self._aws.credentials(principal, emulated=self._endpoint is not None)
        if isinstance(credentials, Refusal):
            raise LambdaError(None, credentials.message, forbidden=credentials.kind == "forbidden")
        if credentials is None:
            raise LambdaError(None, NO_CREDENTIALS)
        began_ms = now_ms()
        headers = signed_headers(url, _headers(request), request.payload, credentials, region, "lambda")
        try:
            async with session.post(url, data=request.payload, headers=headers) as response:
                body = await self._bodies.read(response)
                self._circuits.answered(endpoint)
                request_id = response.headers.get("x-amzn-RequestId")
                if request_id is not None:
                    self._invocations.put(call, request.function_name, request_id, began_ms)
                return _read(response.status, response.headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._circuits.failed(endpoint)
            raise LambdaError(None, no_answer_text(error)) from error

    def _connected(self) -> "aiohttp.ClientSession":
        if self._session is None:
            import aiohttp

            limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_ANSWER_S)
            connector = aiohttp.TCPConnector(limit=0)  # calls are bounded before they get here
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(timeout=limits, connector=connector, cookie_jar=jar)
        return self._session


def _path(request: Invoke) -> str:
    """The signature covers the path's spelling, so it is one that the HTTP client sends unchanged."""
    path = f"/2015-03-31/functions/{quote(request.function_name, safe=':$')}/invocations"
    return f"{path}?Qualifier={quote(request.qualifier, safe='')}" if request.qualifier else path


def _headers(request: Invoke) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "X-Amz-Invocation-Type": request.invocation_type}
    if request.client_context is not None:
        headers["X-Amz-Client-Context"] = request.client_context
    if request.log_type is not None:
        headers["X-Amz-Log-Type"] = request.log_type
    return headers


def _region(function_name: str) -> str | None:
    parts = function_name.split(":")
    return parts[3] if len(parts) > 6 and parts[0] == "arn" and parts[3] else None


def _read(status: int, headers: Any, body: bytes | None) -> Invoked:
    request_id = headers.get("x-amzn-RequestId", "")
    if body is None:
        text = f"The answer exceeds {_ANSWER_BYTES_MAX} bytes"
        raise LambdaError("ServiceException", text, status, request_id)
    if status >= 300:
        raise _refusal(status, headers.get("x-amzn-ErrorType", ""), body, request_id)
    version = headers.get("X-Amz-Executed-Version")
    log_result = headers.get("X-Amz-Log-Result")
    return Invoked(
        status, body, headers.get("X-Amz-Function-Error"), version, request_id or new_request_id(), log_result
    )


def _refusal(status: int, error_type: str, body: bytes, request_id: str) -> LambdaError:
    try:
        members = json.loads(body)
    except ValueError:
        members = {}
    if not isinstance(members, dict):
        members = {}
    code = error_type.partition(":")[0] or str(members.get("__type", members.get("code", ""))).rpartition("#")[2]
    message = members.get("Message") or members.get("message") or body.decode(errors="replace")[:1_000]
    return LambdaError(code or "ServiceException", str(message), status, request_id)
