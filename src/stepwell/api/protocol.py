"""One connection: uvicorn's protocol with bounds, and a short way for what the API is asked most.

A small POST to the root, complete in itself, goes from the parser to the API and its answer to the socket, without
ASGI's messages between: those cost half as much as the API's own work on a request. Everything else (other paths, large
or chunked bodies, pipelined requests, HTTP/1.0, clients that expect a 100) takes uvicorn's way. Both ways look the same
from outside, and to the rest of uvicorn: a `DirectRequest` stands where it keeps its own cycle of request and response.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from stepwell.api.headers import HEADER_BYTES_MAX, HEADERS_MAX, Headers

_LENGTH_DIGITS_MAX: Final = 5
"""Of the content length of what goes the short way: 100 kB, about as much as uvicorn takes before it pauses."""
_OPEN_HEAD: Final[dict[str, Any]] = {}
_NOT_DIRECT: Final = frozenset({b"expect", b"upgrade", b"transfer-encoding"})

_log = logging.getLogger("stepwell.api")

Direct = Callable[["DirectRequest"], Awaitable[None]]
"""Answers a request, by its `respond`; never raises for what a client does."""


class BoundedProtocol(HttpToolsProtocol):
    """Refuses heads that never end, which the parser below would keep, and says when somebody connects."""

    scope: Any  # of the newest request; it has a method when the head is complete

    def __init__(self, *given: Any, connected: Callable[[], None], **named: Any) -> None:
        super().__init__(*given, **named)
        self._connected = connected
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._connected()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        scope = self.scope
        if scope is None or "method" in scope:
            self._head_bytes = 0
            if self.headers is None or len(self.headers) <= HEADERS_MAX:
                return
        self._head_bytes += len(data)
        too_much = self._head_bytes > HEADER_BYTES_MAX or len(self.headers) > HEADERS_MAX
        if too_much and not self.transport.is_closing():
            self.send_400_response("Request header fields too large.")


class DirectProtocol(BoundedProtocol):
    """Gives small requests of the root to `direct`."""

    cycle: Any  # uvicorn's, or a DirectRequest

    def __init__(self, *given: Any, direct: Direct, answers: "Answers", **named: Any) -> None:
        super().__init__(*given, **named)
        self.direct = direct
        self.answers = answers
        self.gone = asyncio.Event()
        self.rests = False  # between requests, without a timer

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self.scope = _OPEN_HEAD
        self.rests = False
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        headers = dict(self.headers)
        if self._is_direct(headers):
            self.scope = None
            self.cycle = DirectRequest(self, headers)
        else:
            self._go_by_asgi(headers)

    def _is_direct(self, headers: Headers) -> bool:
        cycle, parser = self.cycle, self.parser
        length = headers.get(b"content-length")
        busy = max(len(self.tasks), len(self.connections))
        return (
            self.url == b"/"
            and length is not None
            and len(length) <= _LENGTH_DIGITS_MAX
            and (cycle is None or cycle.response_complete)
            and _NOT_DIRECT.isdisjoint(headers)
            and parser.get_method() == b"POST"
            and parser.should_keep_alive()
            and parser.get_http_version() == "1.1"
            and (self.limit_concurrency is None or busy < self.limit_concurrency)
            and len(self.headers) <= HEADERS_MAX
        )

    def _go_by_asgi(self, headers: Headers) -> None:
        url, given = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.headers.extend(given)
        self.expect_100_continue = headers.get(b"expect", b"").lower() == b"100-continue"
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        request = self.cycle
        if request.__class__ is not DirectRequest:
            super().on_body(body)
        elif request.body:
            request.rest += body
        else:
            request.body = body  # mostly all of it

    def on_message_complete(self) -> None:
        if self.cycle.__class__ is DirectRequest:
            self.cycle.begin()
        else:
            super().on_message_complete()

    def after(self) -> None:
        """A request was answered the short way."""
        if self.pipeline or self.flow.read_paused or self.transport.is_closing():
            self.on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.rests = True


class DirectRequest:
    """A request and its answer. `headers` have names in lower case; `body` is whole when `begin` is called.

    The rest is what uvicorn and the sweep of late connections ask of a cycle.
    """

    __slots__ = (
        "_protocol",
        "_task",
        "body",
        "disconnected",
        "headers",
        "keep_alive",
        "message_event",
        "more_body",
        "response_complete",
        "rest",
    )

    def __init__(self, protocol: DirectProtocol, headers: Headers) -> None:
        self._protocol = protocol
        self.headers = headers
        self.body = b""
        self.rest = bytearray()  # of the body, while it arrives
        self.more_body = True
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False
        self.message_event = protocol.gone
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The body is complete: answer."""
        self.more_body = False
        if self.rest:
            self.body += self.rest
        self._task = self._protocol.loop.create_task(self._run())
        self._protocol.tasks.add(self._task)

    async def _run(self) -> None:
        flow = self._protocol.flow
        try:
            if flow.write_paused:  # the client has not taken the answers before this one
                await flow.drain()
            await self._protocol.direct(self)
        except Exception:
            _log.exception("A request could not be answered")
            self._protocol.transport.close()
        finally:
            self._protocol.tasks.discard(self._task)

    @property
    def source(self) -> str:
        """The address that the request came from; empty if the transport has none."""
        client = self._protocol.client
        return client[0] if client else ""

    async def receive(self) -> dict[str, Any]:
        """ASGI's message when the client has gone; that is all that is still to come."""
        await self._protocol.gone.wait()
        return {"type": "http.disconnect"}

    def respond(self, status: int, fields: bytes, body: bytes, *, last: bool = False) -> None:
        """Send the answer. `fields` are header fields as they go over the wire. The connection is closed behind the
        `last` answer."""
        self.keep_alive = self.keep_alive and not last
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        self._protocol.answers.put(self, b"%s%s%s%s" % (STATUS_LINE[status], fields, end, body))

    def send(self, answer: bytes) -> None:
        """Write the answer to the socket; to a client that has gone nothing is sent."""
        protocol = self._protocol
        if not protocol.gone.is_set():
            protocol.transport.write(answer)
        self.response_complete = True
        if not self.keep_alive:
            protocol.transport.close()
        protocol.after()


class Answers:
    """The answers of all connections that are ready at the same time, such as those that waited for one commit.

    They are written in one go: a client that is awake takes the next one for half the cost of being woken for each.
    """

    def __init__(self) -> None:
        self._ready: list[tuple[DirectRequest, bytes]] = []

    def put(self, request: DirectRequest, answer: bytes) -> None:
        """Send it when whatever else is ready now is ready, too."""
        self._ready.append((request, answer))
        if len(self._ready) == 1:
            asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        ready, self._ready = self._ready, []
        for request, answer in ready:
            request.send(answer)
