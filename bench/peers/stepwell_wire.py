"""The cheapest client of Stepwell's API that measures anything but itself; it needs nothing but Python."""

import asyncio
import json
from typing import Any


class Wire(asyncio.Protocol):
    """One connection that is kept: a request at a time, by the AWS JSON protocol."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[Any] | None = None
        self._transport: Any = None

    @classmethod
    async def to(cls, port: int) -> "Wire":
        """Connect."""
        _, wire = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or self._answer is None:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) >= length:
            self._buffer = b""
            self._answer.set_result(json.loads(body or b"{}"))

    async def call(self, operation: str, **members: Any) -> Any:
        """One operation. Raises RuntimeError when it is refused."""
        body = json.dumps(members).encode()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\n"
            b"X-Amz-Target: AWSStepFunctions.%s\r\nContent-Length: %d\r\n\r\n%s" % (operation.encode(), len(body), body)
        )
        answer = await self._answer
        if "__type" in answer:
            raise RuntimeError(f"{operation}: {answer}")
        return answer
