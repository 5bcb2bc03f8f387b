"""The AWS Lambda Runtime API, served to the workers on a loopback port.

Only the wire is here: which worker asks (a secret in the path, known to that worker alone), and what the four requests
mean. What a worker gets to do is the pool's business. aiohttp is loaded when the API starts, not before.
Source: AWS, "Using the Lambda runtime API for custom runtimes".
"""

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from stepwell.functions.invocation import RESPONSE_BYTES_MAX

if TYPE_CHECKING:
    from aiohttp import web

_PATH: Final = re.compile(
    r"/([0-9a-f]{32})/2018-06-01/runtime/(?:(invocation/next)|invocation/([A-Za-z0-9-]{1,128})/(response|error)|(init/error))"
)


@dataclass(slots=True)
class NextCall:
    """What the answer to `invocation/next` carries; `deadline_ms` is wall-clock time in milliseconds since 1970."""

    request_id: str
    payload: bytes
    deadline_ms: int
    arn: str
    headers: dict[str, str] = field(default_factory=dict)


class Runtime(Protocol):
    """A worker as its process sees it."""

    async def next_call(self) -> NextCall | None:
        """The next call for this worker, as soon as there is one; None when the worker is to end."""
        ...

    def take_response(self, request_id: str, body: bytes, size_bytes: int) -> bool:
        """The handler returned; `body` is cut where `size_bytes` is beyond the limit. False: no such call."""
        ...

    def take_error(self, request_id: str, body: bytes) -> bool:
        """The handler raised. False: no such call."""
        ...

    def take_init_error(self, body: bytes) -> None:
        """The function's module could not be loaded."""
        ...


class RuntimeApi:
    """The server. One for all workers of a pool."""

    def __init__(self) -> None:
        self._runtimes: dict[str, Runtime] = {}
        self._runner: web.ServerRunner | None = None
        self._port = 0

    async def start(self) -> None:
        """Listen on a free loopback port."""
        from aiohttp import web

        runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._runner = runner
        self._port = runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening and drop all connections."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def admit(self, runtime: Runtime) -> str:
        """Give a worker its address, the value of AWS_LAMBDA_RUNTIME_API in its environment."""
        secret = secrets.token_hex(16)
        self._runtimes[secret] = runtime
        return f"127.0.0.1:{self._port}/{secret}"

    def dismiss(self, address: str) -> None:
        """Forget a worker's address."""
        self._runtimes.pop(address.rpartition("/")[2], None)

    async def _answer(self, request: "web.BaseRequest") -> "web.StreamResponse":
        from aiohttp import web

        found = _PATH.fullmatch(request.path)
        runtime = self._runtimes.get(found[1]) if found else None
        if found is None or runtime is None:
            return web.Response(status=403)
        if found[2]:
            return await _answer_next(runtime) if request.method == "GET" else web.Response(status=405)
        if request.method != "POST":
            return web.Response(status=405)
        body, size_bytes = await _read(request)
        if found[5]:
            runtime.take_init_error(body)
            return web.Response(status=202)
        if found[4] == "error":
            known = runtime.take_error(found[3], body)
        else:
            known = runtime.take_response(found[3], body, size_bytes)
        return web.Response(status=202 if known else 400)


async def _answer_next(runtime: Runtime) -> "web.StreamResponse":
    from aiohttp import web

    call = await runtime.next_call()
    if call is None:
        return web.Response(status=410)
    headers = {
        "Lambda-Runtime-Aws-Request-Id": call.request_id,
        "Lambda-Runtime-Deadline-Ms": str(call.deadline_ms),
        "Lambda-Runtime-Invoked-Function-Arn": call.arn,
        "Content-Type": "application/json",
        **call.headers,
    }
    return web.Response(body=call.payload, headers=headers)


async def _read(request: "web.BaseRequest") -> tuple[bytes, int]:
    """Body and its size; of a body beyond the limit only the size is kept, so that it cannot fill the memory."""
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in request.content.iter_any():
        size_bytes += len(chunk)
        if size_bytes <= RESPONSE_BYTES_MAX:
            chunks.append(chunk)
    return b"".join(chunks) if size_bytes <= RESPONSE_BYTES_MAX else b"", size_bytes
