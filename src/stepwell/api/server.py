"""The HTTP server: uvicorn as a library inside the program's own event loop, bounded in every direction.

What lives here: sockets, bounds on connections, headers and time, and the order of stopping. What never does: anything
about requests' meaning. Signals belong to `app`; this server only starts and drains when told to.
"""

import asyncio
import contextlib
import errno
import logging
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.server import Server

from stepwell.api.headers import HEADER_BYTES_MAX

BACKLOG: Final = 2_048
CONNECTIONS_MAX: Final = 10_000
IDLE_S: Final = 65
HEAD_S: Final = 20.0
BODY_S: Final = 60.0
_SWEEP_S: Final = 5.0
_NO_INTERFACE: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""What binding says of an address that a name has and this machine has not, such as ::1 without IPv6."""
_log = logging.getLogger("stepwell.api")


class HttpServer:
    """Serves one ASGI application on one address; small requests go to its `answer`, if it has that (see `protocol`).

    `connections_max` bounds connections (more are answered 503 and closed). A connection may take `HEAD_S` seconds to
    send a request's head, `BODY_S` for its body, and may lie idle for `IDLE_S` between requests (longer than clients
    keep pooled connections, so that they close first). With `share_port` other processes may listen on the port, too.
    """

    def __init__(self, app: Any, *, connections_max: int = CONNECTIONS_MAX, share_port: bool = False) -> None:
        self._share_port = share_port
        self._connected = asyncio.Event()
        self._config = Config(
            app,
            http=_protocol_class(self._connected.set, getattr(app, "answer", None)),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,  # uvicorn's own is made ten times a second, also when nobody asks; `app` sends one
            backlog=BACKLOG,
            limit_concurrency=connections_max,
            timeout_keep_alive=IDLE_S,
            h11_max_incomplete_event_size=HEADER_BYTES_MAX,
        )
        self._server = Server(self._config)
        self._sockets: list[socket.socket] = []
        self._chores: list[asyncio.Task[None]] = []
        self._drain_calls: list[Callable[[], None]] = []

    def at_drain(self, call: Callable[[], None]) -> None:
        """Has `call` made when draining begins: there long polls are told to end with empty answers."""
        self._drain_calls.append(call)

    async def start(self, host: str, port: int) -> int:
        """Listens on all addresses of `host`; port 0 takes a free one. Gives the port; OSError if it is taken."""
        self._sockets = listen(host, port, share_port=self._share_port)
        self._config.load()
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=self._sockets)
        self._chores = [asyncio.create_task(self._sweep())]
        return cast("int", self._sockets[0].getsockname()[1])

    async def drain(self, grace_s: float) -> None:
        """Stops: no new connections, long polls end, open requests get `grace_s` seconds, then are answered 503."""
        for server in self._server.servers:
            server.close()
        for call in self._drain_calls:
            try:
                call()
            except Exception:
                _log.exception("A call at the server's end failed")
        self._config.timeout_graceful_shutdown = cast("int", grace_s)  # any number of seconds will do
        self._server.should_exit = True
        requests = set(self._server.server_state.tasks)
        await self._server.shutdown(sockets=self._sockets)
        requests |= self._server.server_state.tasks
        await asyncio.gather(*requests, return_exceptions=True)
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return len(self._server.server_state.connections)

    async def _sweep(self) -> None:
        """Closes connections that take too long to send a request. One look at all costs less than a timer for each."""
        since: dict[Any, tuple[object, float]] = {}
        while True:
            if not self.connections:
                self._connected.clear()
                await self._connected.wait()
            await asyncio.sleep(_SWEEP_S)
            since = self._close_late(since, time.monotonic())

    def _close_late(self, since: dict[Any, tuple[object, float]], now: float) -> dict[Any, tuple[object, float]]:
        still: dict[Any, tuple[object, float]] = {}
        for connection in list(self._server.server_state.connections):
            patience_s = _patience_s(connection)
            if patience_s is None:
                continue
            phase = (getattr(connection, "cycle", None), patience_s)
            known = since.get(connection)
            began = known[1] if known is not None and known[0] == phase else now
            if now - began >= patience_s:
                connection.transport.close()
            else:
                still[connection] = (phase, began)
        return still


def _patience_s(connection: Any) -> float | None:
    """How long a connection may stay as it is; None where nothing is to come, or uvicorn's own timer runs."""
    cycle = getattr(connection, "cycle", None)
    if cycle is not None and not cycle.response_complete:
        return BODY_S if cycle.more_body else None
    if getattr(connection, "rests", False):
        return IDLE_S
    return HEAD_S if getattr(connection, "timeout_keep_alive_task", None) is None else None


def listen(host: str, port: int, *, share_port: bool = False) -> list[socket.socket]:
    """A bound socket for each address of the host, all on one port. Raises OSError if none can be had."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listening: list[socket.socket] = []
    absent: OSError | None = None
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            listening.append(_bind(family, (address[0], port, *address[2:]), share_port))
            port = listening[0].getsockname()[1]
        except OSError as error:
            absent = error
            if error.errno not in _NO_INTERFACE:
                for bound in listening:
                    bound.close()
                raise
    if absent is not None and not listening:
        raise absent
    return listening


def _bind(family: int, address: tuple[Any, ...], share_port: bool) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


def _protocol_class(connected: Callable[[], None], direct: Any) -> Any:
    """uvicorn's fast protocol, bounded; its h11 one, which bounds heads itself, where httptools is missing."""
    with contextlib.suppress(ImportError):
        from stepwell.api.protocol import Answers, BoundedProtocol, DirectProtocol

        if direct is not None:
            return partial(DirectProtocol, connected=connected, direct=direct, answers=Answers())
        return partial(BoundedProtocol, connected=connected)
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class ReportingProtocol(H11Protocol):
        """Says when somebody connects, so that nothing needs to look while nobody is there."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            connected()

    return ReportingProtocol
