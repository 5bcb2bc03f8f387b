"""The console behind its own paths: the bundle for browsers, and the reads and streams that it makes.

What lives here: paths, headers, status codes, server-sent events. What never does: what a read answers. A plain ASGI
application: there are two kinds of answers and no more, and a server that nobody looks at loads nothing of this.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from email.utils import formatdate
from typing import Any, Final
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from stepwell.caller import Caller
from stepwell.console.bundle import Bundle, File
from stepwell.console.guard import check_origin
from stepwell.console.routes import Route, body_members, find_route, query_members
from stepwell.errors import (
    AccessDeniedException,
    ApiError,
    InternalFailure,
    RequestTooLarge,
    ServiceUnavailable,
    ThrottlingException,
    ValidationException,
)
from stepwell.hosts import Hosts
from stepwell.operations.reads.table import READS
from stepwell.payload import print_json

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = Mapping[bytes, bytes]
Perform = Callable[[Caller, str, dict[str, Any]], Awaitable[Any]]
Identify = Callable[[Headers], Caller]
Authorise = Callable[[Caller, str, dict[str, Any]], None]

STREAMS_MAX: Final = 1_000
_API: Final = "api/"
_JSON: Final = b"application/json"
_ABSENT: Final = frozenset(
    ("ExecutionDoesNotExist", "ResourceNotFound", "StateMachineDoesNotExist", "ActivityDoesNotExist")
)
_STREAM_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
_encode: Final = msgspec.json.Encoder().encode
_log = logging.getLogger("stepwell.console")


class Console:
    """The ASGI application below `base`, such as `/console/`.

    `perform(caller, read, members)` does a read; `identify(headers)` says who asks; `authorise(caller, action,
    members)` raises an `ApiError` to refuse: it is asked for the API's action that a read is like.
    """

    def __init__(
        self,
        perform: Perform,
        *,
        base: str,
        identify: Identify,
        authorise: Authorise,
        bundle: Bundle | None = None,
        body_bytes_max: int = 1_048_576,
        hosts: Hosts | None = None,
    ) -> None:
        self._perform = perform
        self._base = base
        self._identify = identify
        self._authorise = authorise
        self._bundle = bundle or Bundle(base)
        self._body_bytes_max = body_bytes_max
        self._hosts = hosts or Hosts()
        self._streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request (ASGI). Never raises for what a client does."""
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        below = raw_path.removeprefix(self._base)
        if below.startswith(_API):
            await self._answer(scope, below.removeprefix(_API), receive, send)
        else:
            await self._serve_file(scope, raw_path, send)

    # The bundle

    async def _serve_file(self, scope: Scope, raw_path: str, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        if scope["method"] not in ("GET", "HEAD"):
            file = File(405, b"", {"allow": "GET, HEAD"})
        elif raw_path == self._base.rstrip("/"):
            file = File(308, b"", {"location": self._base})
        else:
            path = scope["path"].removeprefix(self._base)
            accepts = headers.get(b"accept-encoding", b"").decode("latin-1")
            known = headers.get(b"if-none-match")
            file = self._bundle.find(path, accepts, None if known is None else known.decode("latin-1"))
        body = b"" if scope["method"] == "HEAD" else file.body
        more = [(name.encode(), value.encode()) for name, value in file.headers.items()]
        await _send(send, file.status, body, more, len(file.body))

    # Reads

    async def _answer(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        request_id = str(uuid4())
        headers: Headers = dict(scope["headers"])
        error: ApiError
        try:
            check_origin(headers, self._hosts)
            route, members = find_route(scope["method"], path)
            members |= query_members(route, scope.get("query_string", b""))
            if route.body:
                members |= body_members(route, await self._read_body(headers, receive))
            caller = replace(self._identify(headers), request_id=request_id)
            self._authorise(caller, READS[route.read].action_of(members), members)
            if route.streams:
                await self._stream(caller, route, members, headers, receive, send)
                return
            answer = await self._perform(caller, route.read, members)
            await _send_json(send, route.status, answer, request_id)
            return
        except ApiError as refused:
            error = refused
        except asyncio.CancelledError:  # the server stops and its grace is over
            error = ServiceUnavailable("The service is stopping")
        except Exception:
            _log.exception("Console request %s (%s) failed", request_id, path)
            error = InternalFailure("The request could not be answered because of an internal fault")
        body = {"code": error.code, "message": error.message, "requestId": request_id}
        await _send_json(send, _status_of(error), body, request_id)

    async def _read_body(self, headers: Headers, receive: Receive) -> Any:
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != _JSON:
            raise ValidationException("The body's content type is application/json")
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._body_bytes_max:
                raise RequestTooLarge(f"The request is larger than {self._body_bytes_max} bytes")
            if not message.get("more_body", False):
                break
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValidationException(f"The body is not valid JSON: {error}") from None

    # Streams

    async def _stream(
        self,
        caller: Caller,
        route: Route,
        members: dict[str, Any],
        headers: Headers,
        receive: Receive,
        send: Send,
    ) -> None:
        last = headers.get(b"last-event-id", b"")
        if last.isdigit() and "after" in route.query and len(last) < 16:
            members["after"] = int(last)
        if self._streams >= STREAMS_MAX:
            raise ThrottlingException(f"At most {STREAMS_MAX} streams are open at once")
        messages: AsyncGenerator[Any, None] = await self._perform(caller, route.read, members)
        self._streams += 1
        told = asyncio.ensure_future(_tell(messages, send))
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait((told, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams -= 1
            for task in (told, gone):
                task.cancel()
            await asyncio.gather(told, gone, return_exceptions=True)
            await messages.aclose()


async def _tell(messages: AsyncGenerator[Any, None], send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [*_STREAM_HEADERS]})
    try:
        async for event, data, number in messages:
            body = f"event: {event}\ndata: ".encode() + _json(data) + b"\n" if event else b": still here\n"
            if number is not None:
                body += b"id: %d\n" % number
            await send({"type": "http.response.body", "body": body + b"\n", "more_body": True})
    except Exception:
        _log.exception("A stream of the console failed")
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


# Answers


def _status_of(error: ApiError) -> int:
    if error.code in _ABSENT:
        return 404
    if isinstance(error, AccessDeniedException):
        return 403
    return 429 if isinstance(error, ThrottlingException) else error.status


def _json(value: Any) -> bytes:
    """JSON in UTF-8; lone surrogates, which a workflow's own texts may hold, are escaped."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return print_json(msgspec.to_builtins(value, str_keys=True)).encode()


async def _send_json(send: Send, status: int, value: Any, request_id: str) -> None:
    body = _json(value)
    headers = [
        (b"x-amzn-requestid", request_id.encode()),
        (b"content-type", _JSON),
        (b"cache-control", b"no-store"),
    ]
    await _send(send, status, body, headers, len(body))


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]], length: int) -> None:
    common = [
        (b"date", formatdate(time.time(), usegmt=True).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]
    if status != 304:
        common.append((b"content-length", b"%d" % length))
    await send({"type": "http.response.start", "status": status, "headers": [*common, *headers]})
    await send({"type": "http.response.body", "body": body})
