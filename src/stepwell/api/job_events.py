"""News of jobs from elsewhere: events of EventBridge, which an API destination or any client may send here.

They are hints (`integrations.hints`): each makes a question about a job come sooner, and no more.
"""

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from stepwell.api.headers import check_host
from stepwell.api.transport import ClientGone, Receive, Scope, Send, read_body, send_body, send_error
from stepwell.errors import ApiError, SerializationException, UnknownOperationException
from stepwell.hosts import Hosts
from stepwell.limits import Limits
from stepwell.payload import JsonError, parse_json

PATH: Final = "/job-events"
_JSON: Final = b"application/json"


class JobEvents:
    """The application at `PATH`: takes one event by POST."""

    def __init__(self, hear: Callable[[Any], object], hosts: Hosts, limits: Limits) -> None:
        """`hear` is given each event as it came."""
        self._hear = hear
        self._hosts = hosts
        self._bytes_max = limits.request_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request (ASGI). Never raises for what a client does."""
        request_id = str(uuid4())
        if scope["method"] != "POST":
            error: ApiError = UnknownOperationException(f"Method {scope['method']} is not allowed here: use POST")
            await send_error(send, error, request_id, 405, (b"allow", b"POST"))
            return
        try:
            await self._take(scope, receive)
        except ApiError as error:
            await send_error(send, error, request_id)
        except ClientGone:
            return
        else:
            await send_body(send, 202, b"{}", request_id, _JSON)

    async def _take(self, scope: Scope, receive: Receive) -> None:
        """Raises `ApiError`."""
        body = await read_body(receive, self._bytes_max)
        headers = dict(scope["headers"])
        check_host(headers, self._hosts)
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != _JSON:
            raise SerializationException("The content type of an event is application/json")
        try:
            self._hear(parse_json(body))
        except JsonError as error:
            raise SerializationException(f"The event is not JSON: {error}") from None
