"""The way of one request: read, identify, authenticate, decode, authorise, dispatch, encode; then audit.

What lives here: headers, status codes, the order of these steps (`Api._outcome` is the list) and the one place where an
`ApiError` becomes an answer. What never does: what an operation does, and how its members are spelled (`codec`).
Plain ASGI without a framework, and without ASGI for small requests (`answer`), since every microsecond here is paid by
every request. Sources: AWS JSON 1.0 protocol; recorded answers for headers, namespaces and status.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from stepwell.api.headers import Headers, check_host, shown
from stepwell.api.model import TARGET_PREFIX, Operation, load_operations, write_json
from stepwell.api.transport import (
    JSON_1_0,
    App,
    ClientGone,
    Receive,
    Scope,
    Send,
    error_headers,
    fields_of,
    is_last,
    read_body,
    send_body,
    send_error,
    too_large,
)
from stepwell.api.trusting import Authenticate, trusting_authenticate
from stepwell.caller import Caller
from stepwell.errors import (
    ApiError,
    InternalFailure,
    ServiceUnavailable,
    UnknownOperationException,
)
from stepwell.hosts import Hosts
from stepwell.limits import AWS, Limits

if TYPE_CHECKING:  # it needs httptools, which is not everywhere
    from stepwell.api.protocol import DirectRequest

Dispatch = Callable[[Caller, str, dict[str, Any]], Awaitable[dict[str, Any] | None]]
Authorise = Callable[[Caller, str, dict[str, Any]], None]

_CONTENT_TYPES: Final = frozenset({JSON_1_0, b"application/json"})
_PAGE_TYPE: Final = b"text/plain; charset=utf-8"
_WELCOME: Final = (
    "This is Stepwell, an open service that speaks the AWS Step Functions API.\n\n"
    "Point a client at this address, for example\n\n"
    "    aws stepfunctions list-state-machines --endpoint-url http://{host}\n\n"
    "{rooms}GET /health answers whether the server is up, GET /health/ready whether it takes new executions.\n"
)
_WATCHED: Final = frozenset({"GetActivityTask"})
"""Operations that wait for something that only this client can use: they end when the client has gone."""

_log = logging.getLogger("stepwell.api")


class Exchange:
    """One request and its answer, as far as it came: what `audit` is given after the answer was sent.

    `source` is the address that the request came from, empty if the transport has none; `error` is None for a success;
    `members` and `result` are in snake_case; `elapsed_ms` is wall time.
    """

    operation: str | None = None
    caller: Caller | None = None
    members: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    error: ApiError | None = None
    status = 200
    elapsed_ms = 0.0

    def __init__(self, headers: Headers, source: str, request_id: str) -> None:
        self._started = time.perf_counter()
        self.request_id = request_id
        self.headers = headers
        self.source = source

    def finish(self) -> None:
        self.elapsed_ms = (time.perf_counter() - self._started) * 1000

    @property
    def user_agent(self) -> str:
        """What the client calls itself."""
        return self.headers.get(b"user-agent", b"").decode("latin-1")


Audit = Callable[[Exchange], None]


class Api:
    """The ASGI application. Its seams are arguments, so that `app` can put in signatures, policies and an audit log."""

    def __init__(
        self,
        dispatch: Dispatch,
        *,
        authenticate: Authenticate,
        authorise: Authorise,
        audit: Audit | None,
        available: Collection[str] | None,
        limits: Limits,
        hosts: Hosts,
        ready: Callable[[], bool],
        rooms: Mapping[str, App],
        hooks: Mapping[str, App],
    ) -> None:
        self._rooms = rooms
        self._hooks = hooks
        self._dispatch = dispatch
        self._ready = ready
        self._authenticate = authenticate
        self._authorise = authorise
        self._audit = audit
        self._body_bytes_max = limits.request_bytes_max
        self._hosts = hosts
        self._id_start = str(uuid4())[:24]
        self._count = count(1)
        operations = load_operations(limits)
        self._targets = {
            f"{TARGET_PREFIX}{name}".encode(): operation
            for name, operation in operations.items()
            if available is None or name in available
        }
        self._missing = operations.keys() - {operation.name for operation in self._targets.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request (ASGI). Never raises for what a client does."""
        if scope["type"] != "http":
            return
        if scope["path"] != "/" or scope["method"] != "POST":
            await self._serve_other(scope, receive, send)
            return
        client = scope.get("client")
        exchange = Exchange(dict(scope["headers"]), client[0] if client else "", self._request_id())
        body = await self._outcome(exchange, None, receive)
        if body is not None:
            more = () if exchange.error is None else error_headers(exchange.error)
            await send_body(send, exchange.status, body, exchange.request_id, JSON_1_0, *more)
            self._tell(exchange)

    async def answer(self, request: "DirectRequest") -> None:
        """One request of an operation, as it comes without ASGI (see `protocol`)."""
        exchange = Exchange(request.headers, request.source, self._request_id())
        body = await self._outcome(exchange, request.body, request.receive)
        if body is not None:
            error = exchange.error
            fields = fields_of(body, exchange.request_id, error)
            request.respond(exchange.status, fields, body, last=is_last(error))
            self._tell(exchange)

    async def _outcome(self, exchange: Exchange, body: bytes | None, receive: Receive) -> bytes | None:
        """The body of the answer, be it an error's. None if the client has gone."""
        try:
            if body is None:
                body = await read_body(receive, self._body_bytes_max)
            elif len(body) > self._body_bytes_max:
                raise too_large(self._body_bytes_max)
            check_host(exchange.headers, self._hosts)
            operation = self._identify(exchange.headers)
            work = self._begin(exchange, operation, body)
            result = await (_while_listening(work, receive) if operation.name in _WATCHED else work)
            exchange.result = result
            return operation.encode(result)
        except ApiError as error:
            exchange.error = error
        except ClientGone:
            return None
        except asyncio.CancelledError:  # the server stops and its grace is over
            exchange.error = ServiceUnavailable("The service is stopping")
        except Exception:
            _log.exception("Request %s (%s) failed", exchange.request_id, exchange.operation)
            exchange.error = InternalFailure("The request could not be answered because of an internal fault")
        exchange.status = exchange.error.status
        return write_json(exchange.error.body())

    def _begin(self, exchange: Exchange, operation: Operation, body: bytes) -> Awaitable[dict[str, Any] | None]:
        """The steps before an operation, in order. Signature before parsing, rights before anything is looked up."""
        name = exchange.operation = operation.name
        caller = exchange.caller = self._authenticate(exchange.headers, body, exchange.request_id)
        members = exchange.members = operation.decode(body)
        self._authorise(caller, operation.action, members)
        return self._dispatch(caller, name, members)

    def _identify(self, headers: Headers) -> Operation:
        """The operation that the target header names. Raises `UnknownOperationException`."""
        content_type = headers.get(b"content-type", b"")
        if content_type != JSON_1_0 and content_type.partition(b";")[0].strip().lower() not in _CONTENT_TYPES:
            raise UnknownOperationException(
                f"Content type '{shown(content_type)}' is not served here: this service speaks AWS JSON 1.0 "
                "(application/x-amz-json-1.0)"
            )
        target = headers.get(b"x-amz-target", b"")
        operation = self._targets.get(target)
        if operation is None:
            raise self._unknown(shown(target))
        return operation

    def _unknown(self, target: str) -> UnknownOperationException:
        name = target.removeprefix(TARGET_PREFIX)
        if name in self._missing and name != target:
            return UnknownOperationException(f"The operation {name} is not available in this release of Stepwell")
        if not target:
            return UnknownOperationException("The header X-Amz-Target is missing: it names the operation")
        return UnknownOperationException(f"Unknown operation: '{target}'")

    def _request_id(self) -> str:
        """A UUID that is unique, which is all that a request id need be: a random beginning and a count."""
        return f"{self._id_start}{next(self._count):012x}"

    def _tell(self, exchange: Exchange) -> None:
        if self._audit is None:
            return
        exchange.finish()
        try:
            self._audit(exchange)
        except Exception:
            _log.exception("Audit of request %s failed", exchange.request_id)

    async def _serve_other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is not an operation goes to the room that has its path, if there is one."""
        hook = self._hooks.get(scope["path"])
        if hook is not None:
            await hook(scope, receive, send)
            return
        for base, room in self._rooms.items():
            if scope["path"].startswith(base) or scope["path"] == base.rstrip("/"):
                await room(scope, receive, send)
                return
        await self._serve_page(scope, send)

    async def _serve_page(self, scope: Scope, send: Send) -> None:
        """What is not an operation: the two pages for people and probes, and clear refusals of the rest."""
        method, path, request_id = scope["method"], scope["path"], self._request_id()
        reading = method in ("GET", "HEAD")
        if path == "/health" and reading:
            await send_body(send, 200, b'{"status":"ok"}', request_id, b"application/json")
        elif path == "/health/ready" and reading:
            status, word = (200, b"ready") if self._ready() else (503, b"not ready")
            await send_body(send, status, b'{"status":"%s"}' % word, request_id, b"application/json")
        elif path == "/" and reading:
            host = shown(dict(scope["headers"]).get(b"host", b"localhost"))
            page = _WELCOME.format(host=host, rooms=self._rooms_of(host))
            await send_body(send, 200, page.encode(), request_id, _PAGE_TYPE)
        elif path in ("/", "/health", "/health/ready"):
            allowed = "GET, HEAD, POST" if path == "/" else "GET, HEAD"
            error = UnknownOperationException(f"Method {method} is not allowed here: use {allowed}")
            await send_error(send, error, request_id, 405, (b"allow", allowed.encode()))
        else:
            error = UnknownOperationException("Nothing is served at this path: operations are sent by POST to /")
            await send_error(send, error, request_id, 404)

    def _rooms_of(self, host: str) -> str:
        return "".join(f"A browser finds more at http://{host}{base}\n\n" for base in self._rooms)


def make_app(
    dispatch: Dispatch,
    *,
    account: str = "000000000000",
    region: str = "us-east-1",
    limits: Limits = AWS,
    available: Collection[str] | None = None,
    authenticate: Authenticate | None = None,
    authorise: Authorise | None = None,
    audit: Audit | None = None,
    hosts: Hosts | None = None,
    ready: Callable[[], bool] = lambda: True,
    rooms: Mapping[str, App] | None = None,
    hooks: Mapping[str, App] | None = None,
) -> Api:
    """The API as an ASGI application.

    `dispatch(caller, operation, members)` does the work; `account` and `region` are those of requests that name none;
    `available` names the operations that this server has (None: all of the model); `authenticate(headers, body,
    request_id)` says who asks (default: whoever the signature claims, unchecked); `authorise(caller, action, members)`
    raises an `ApiError` to refuse (default: allows all); `audit(exchange)` is called after each answer; `hosts` are the
    names by which it may be asked (default: those of loopback); `ready()` says whether new executions are taken.
    `rooms` are other applications by the paths that they have, each with a slash at both ends; `hooks` are for programs
    and have one path each.
    """
    return Api(
        dispatch,
        authenticate=authenticate or trusting_authenticate(account, region),
        authorise=authorise or _allow,
        audit=audit,
        available=available,
        limits=limits,
        hosts=hosts or Hosts(),
        ready=ready,
        rooms=rooms or {},
        hooks=hooks or {},
    )


# --- steps ------------------------------------------------------------------------------------------------------------


def _allow(caller: Caller, action: str, members: dict[str, Any]) -> None:
    """Everybody may do everything, until `app` puts in policies."""


async def _while_listening(work: Awaitable[dict[str, Any] | None], receive: Receive) -> dict[str, Any] | None:
    """The work's result, or `ClientGone` and the work cancelled if the client closes the connection first."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(receive())
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone
        return task.result()
    finally:
        gone.cancel()
        task.cancel()
