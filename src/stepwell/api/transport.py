"""A request's body in, an answer out: what all that is served here has in common. Plain ASGI."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from functools import lru_cache
from typing import Any, Final

from stepwell.api.model import write_json
from stepwell.errors import ApiError, RequestTooLarge, ServiceUnavailable

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON_1_0: Final = b"application/x-amz-json-1.0"
_DRAINED_BYTES_MAX: Final = 16 * 1_048_576


class ClientGone(Exception):
    """The connection closed before the answer: nobody is there to be told."""


async def read_body(receive: Receive, bytes_max: int) -> bytes:
    """The body. Raises `RequestTooLarge`, but reads on a while first: a client still writing would miss the answer."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > bytes_max:
            raise too_large(bytes_max)
        return body
    chunks, size = [], 0
    while True:
        if message["type"] != "http.request":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= bytes_max:
            chunks.append(chunk)
        if size > _DRAINED_BYTES_MAX or not message.get("more_body", False):
            break
        message = await receive()
    if size > bytes_max:
        raise too_large(bytes_max)
    return b"".join(chunks)


def too_large(bytes_max: int) -> RequestTooLarge:
    """What a request is answered that is larger than this server takes."""
    return RequestTooLarge(f"The request is larger than {bytes_max} bytes")


def fields_of(body: bytes, request_id: str, error: ApiError | None = None) -> bytes:
    """The header fields of an operation's answer as they go over the wire, but for `connection`."""
    given = (request_id.encode(), _date(int(time.time())), JSON_1_0, len(body))
    fields = b"x-amzn-requestid: %s\r\ndate: %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n" % given
    return fields if error is None else b"%sx-amzn-errortype: %s\r\n" % (fields, error.code.encode())


def is_last(error: ApiError | None) -> bool:
    """Whether the connection is closed behind this answer."""
    return isinstance(error, RequestTooLarge | ServiceUnavailable)


def error_headers(error: ApiError) -> list[Header]:
    """The headers that an error's answer has besides."""
    headers = [(b"x-amzn-errortype", error.code.encode())]
    if is_last(error):
        headers.append((b"connection", b"close"))
    return headers


async def send_error(send: Send, error: ApiError, request_id: str, status: int | None = None, *more: Header) -> None:
    """Answer with an error."""
    headers = (*error_headers(error), *more)
    await send_body(send, status or error.status, write_json(error.body()), request_id, JSON_1_0, *headers)


async def send_body(
    send: Send, status: int, body: bytes, request_id: str, content_type: bytes = JSON_1_0, *more: Header
) -> None:
    """Answer."""
    headers = [
        (b"x-amzn-requestid", request_id.encode()),
        (b"date", _date(int(time.time()))),
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=1)
def _date(at_s: int) -> bytes:
    """The Date header (RFC 9110), made once a second."""
    return formatdate(at_s, usegmt=True).encode()
