"""Lines over TCP: frames behind their length, after both ends have proved that they know the database's key.

The proof goes by challenge and answer (a keyed BLAKE2b over both ends' random bytes and the id of the node that is
called), so the key itself is never sent. What follows is not encrypted: it is for one machine, or a private network.
An address of loopback is good on its own machine only, so it carries the machine's name.
"""

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import socket
from collections.abc import Callable
from typing import Final, cast

from stepwell.runtime.carrier import Accept, CarrierError, Hear

_LENGTH_BYTES: Final = 4
_FRAME_MAX: Final = 8 * 1_048_576
_GREETING_MAX: Final = 256
_CHALLENGE_BYTES: Final = 16
_GREETING_S: Final = 5.0
_GREETINGS_MAX: Final = 64
_UNSENT_MAX: Final = 1_048_576


class TcpLine(asyncio.Protocol):
    """One end of a connection. Until it is `open`, frames are short and wait to be fetched."""

    def __init__(self, made: Callable[["TcpLine"], None] | None = None) -> None:
        self._made = made
        self._buffer = bytearray()
        self._greetings: asyncio.Queue[bytes] = asyncio.Queue()
        self._hear: Hear = self._greetings.put_nowait
        self._lost: Callable[[], None] | None = None
        self._frame_max = _GREETING_MAX
        self._transport: asyncio.Transport | None = None
        self._keeps_up = True

    @property
    def is_free(self) -> bool:
        """See `carrier.Line`."""
        return self._keeps_up and self.stands

    @property
    def stands(self) -> bool:
        """Whether neither end has hung up, as far as is known."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, frame: bytes) -> None:
        """See `carrier.Line`."""
        if self._transport is not None and self.stands:
            self._transport.write(len(frame).to_bytes(_LENGTH_BYTES, "big") + frame)

    def close(self) -> None:
        """See `carrier.Line`."""
        self._lost = None
        if self._transport is not None:
            self._transport.close()

    async def greeting(self) -> bytes:
        """The next frame, before the line is open. Raises CarrierError when the other end hangs up."""
        frame = await self._greetings.get()
        if not frame:
            raise CarrierError("the other end hung up")
        return frame

    def open(self, hear: Hear, lost: Callable[[], None] | None = None) -> None:
        """From now on frames are heard, those that came already first. Raises CarrierError for a line that is lost."""
        if not self.stands:
            raise CarrierError("the other end hung up")
        self._frame_max = _FRAME_MAX
        self._hear, self._lost = hear, lost
        while not self._greetings.empty():
            hear(self._greetings.get_nowait())

    # What the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a connection."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_UNSENT_MAX)
        if self._made is not None:
            self._made(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have come; whole frames are heard."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= _LENGTH_BYTES:
            begins = at + _LENGTH_BYTES
            size = int.from_bytes(buffer[at:begins], "big")
            if size > self._frame_max and self._transport is not None:
                self._transport.abort()
                break
            if len(buffer) - begins < size:
                break
            at = begins + size
            self._hear(bytes(buffer[begins:at]))
        del buffer[:at]

    def pause_writing(self) -> None:
        """The other end does not keep up."""
        self._keeps_up = False

    def resume_writing(self) -> None:
        """It does again."""
        self._keeps_up = True

    def connection_lost(self, error: Exception | None) -> None:
        """The other end has gone, or this one has hung up."""
        self._greetings.put_nowait(b"")
        lost, self._lost = self._lost, None
        if lost is not None:
            lost()


class TcpCarrier:
    """Listens on one address, and calls others."""

    def __init__(self, host: str, port: int = 0) -> None:
        self._host = host
        self._port = port
        self._key = b""
        self._server: asyncio.Server | None = None
        self._greeting: set[asyncio.Task[None]] = set()
        self._taken: set[TcpLine] = set()

    async def listen(self, key: bytes, own_id: Callable[[], bytes], accept: Accept) -> str:
        """See `carrier.Carrier`."""
        self._key = key

        def take(line: TcpLine) -> None:
            if len(self._greeting) >= _GREETINGS_MAX:
                line.close()
                return
            task = asyncio.get_running_loop().create_task(self._take(line, own_id, accept), name="line")
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)

        self._server = await asyncio.get_running_loop().create_server(lambda: TcpLine(take), self._host, self._port)
        return write_address(*self._server.sockets[0].getsockname()[:2])

    async def close(self) -> None:
        """See `carrier.Carrier`."""
        if self._server is not None:
            self._server.close()
        for task in self._greeting:
            task.cancel()
        for line in self._taken:
            line.close()

    async def call(self, address: str, node_id: bytes, hear: Hear, lost: Callable[[], None]) -> TcpLine:
        """See `carrier.Carrier`."""
        host, port = read_address(address)
        line = TcpLine()
        try:
            async with asyncio.timeout(_GREETING_S):
                await asyncio.get_running_loop().create_connection(lambda: line, host, port)
                await self._greet(line, node_id)
            line.open(hear, lost)
        except (OSError, TimeoutError, CarrierError) as error:
            line.close()
            raise CarrierError(
                f"{address} does not answer as a node of this database: {error or 'no answer'}"
            ) from None
        except BaseException:
            line.close()
            raise
        return line

    async def _greet(self, line: TcpLine, node_id: bytes) -> None:
        theirs, ours = await line.greeting(), secrets.token_bytes(_CHALLENGE_BYTES)
        line.send(ours + node_id + self._proof(b"calls", theirs, ours, node_id))
        if not hmac.compare_digest(await line.greeting(), self._proof(b"answers", theirs, ours, node_id)):
            raise CarrierError("it does not know the key")

    async def _take(self, line: TcpLine, own_id: Callable[[], bytes], accept: Accept) -> None:
        try:
            async with asyncio.timeout(_GREETING_S):
                await self._answer(line, own_id)
            line.open(accept(line), lambda: self._taken.discard(line))
        except (TimeoutError, CarrierError):
            line.close()
        else:
            self._taken.add(line)

    async def _answer(self, line: TcpLine, own_id: Callable[[], bytes]) -> None:
        ours = secrets.token_bytes(_CHALLENGE_BYTES)
        line.send(ours)
        greeting = await line.greeting()
        theirs, rest = greeting[:_CHALLENGE_BYTES], greeting[_CHALLENGE_BYTES:]
        node_id = own_id()
        if not hmac.compare_digest(rest, node_id + self._proof(b"calls", ours, theirs, node_id)):
            raise CarrierError("it does not know the key, or wants another node")
        line.send(self._proof(b"answers", ours, theirs, node_id))

    def _proof(self, role: bytes, listener: bytes, caller: bytes, node_id: bytes) -> bytes:
        return hashlib.blake2b(role + listener + caller + node_id, key=self._key).digest()


def write_address(host: str, port: int) -> str:
    """An address for others; one of loopback with the name of this machine."""
    name = f"@{socket.gethostname()}" if _is_loopback(host) else ""
    return f"{host}:{port}{name}"


def read_address(address: str) -> tuple[str, int]:
    """Where to call. Raises CarrierError for the loopback of another machine."""
    place, _, machine = address.partition("@")
    if machine and machine != socket.gethostname():
        raise CarrierError(f"{place} can be reached on {machine} only")
    host, _, port = place.rpartition(":")
    with contextlib.suppress(ValueError):
        return host, int(port)
    raise CarrierError(f"{address!r} is not an address")


def _is_loopback(host: str) -> bool:
    return host == "::1" or host.startswith("127.")
