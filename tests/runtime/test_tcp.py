"""Lines over real sockets: both ends know the key, frames arrive whole and in order, and whoever else calls is refused."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from stepwell.runtime.carrier import CarrierError, Hear, Line
from stepwell.runtime.tcp import TcpCarrier, TcpLine, read_address, write_address

KEY, NODE = b"k" * 32, b"n" * 16
PATIENCE_S = 10.0


class Listener:
    """A node that keeps what it hears."""

    def __init__(self) -> None:
        self.carrier = TcpCarrier("127.0.0.1")
        self.node_id = NODE
        self.heard: list[bytes] = []
        self.line: Line | None = None
        self.news = asyncio.Event()

    async def listen(self) -> str:
        return await self.carrier.listen(KEY, lambda: self.node_id, self._accept)

    def _accept(self, line: Line) -> Hear:
        self.line = line
        self.news.set()
        return self._hear

    def _hear(self, frame: bytes) -> None:
        self.heard.append(frame)
        self.news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    yield made
    await made.carrier.close()


async def called(address: str, key: bytes = KEY, hear: Hear = bytes, lost: Callable[[], None] = int) -> Line:
    carrier = TcpCarrier("127.0.0.1")
    await carrier.listen(key, lambda: b"c" * 16, lambda line: bytes)
    return await carrier.call(address, NODE, hear, lost)


async def test_frames_arrive_whole_and_in_order(listener: Listener) -> None:
    answers: list[bytes] = []
    come = asyncio.Event()

    def hear(frame: bytes) -> None:
        answers.append(frame)
        come.set()

    line = await called(await listener.listen(), hear=hear)
    frames = [os.urandom(size) for size in (1, 0, 100, 70_000, 1_000_000, 3)]
    for frame in frames:
        line.send(frame)
    await listener.until(lambda: len(listener.heard) == len(frames))
    assert listener.heard == frames
    assert listener.line is not None
    listener.line.send(b"well")
    async with asyncio.timeout(PATIENCE_S):
        await come.wait()
    assert answers == [b"well"]
    assert line.is_free
    line.close()
    assert not line.is_free


async def test_who_does_not_know_the_key_is_refused(listener: Listener) -> None:
    with pytest.raises(CarrierError, match="does not answer as a node of this database: the other end hung up"):
        await called(await listener.listen(), key=b"?" * 32)
    assert listener.line is None


async def test_another_node_has_that_address_by_now(listener: Listener) -> None:
    address = await listener.listen()
    listener.node_id = b"m" * 16
    with pytest.raises(CarrierError):
        await called(address)


async def test_who_answers_without_the_key_gets_nothing() -> None:
    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\0\0\0\x10" + bytes(16))
        await reader.readexactly(4)
        writer.write(b"\0\0\0\x40" + bytes(64))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(pretend, "127.0.0.1", 0)
    with pytest.raises(CarrierError, match="it does not know the key"):
        await called(write_address(*server.sockets[0].getsockname()))
    server.close()


@pytest.mark.parametrize("sent", [b"\xff\xff\xff\xff", b"\0\0\1\1" + bytes(257), b"\0\0\0\1?", b""])
async def test_strangers_are_hung_up_on(listener: Listener, sent: bytes) -> None:
    host, port = read_address(await listener.listen())
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(sent)
    if not sent:
        writer.write_eof()
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
    writer.close()
    assert listener.line is None


async def test_the_other_end_is_told_when_one_hangs_up(listener: Listener) -> None:
    gone = asyncio.Event()
    await called(await listener.listen(), lost=gone.set)
    await listener.until(lambda: listener.line is not None)
    await listener.carrier.close()
    async with asyncio.timeout(PATIENCE_S):
        await gone.wait()


async def test_a_line_that_is_not_read_takes_no_more() -> None:
    class Deaf(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.pause_reading()

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Deaf, "127.0.0.1", 0)
    _, line = await loop.create_connection(TcpLine, *server.sockets[0].getsockname())
    for _ in range(100):
        if not line.is_free:
            break
        line.send(bytes(1_000_000))
    assert not line.is_free
    line.close()
    server.close()


async def test_a_line_that_is_lost_before_it_is_open(listener: Listener) -> None:
    """The other end has hung up right behind its last greeting."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
    transport, line = await loop.create_connection(TcpLine, *server.sockets[0].getsockname())
    transport.abort()
    with pytest.raises(CarrierError, match="hung up"):
        line.open(bytes)
    line.send(b"into nothing")
    server.close()


async def test_nobody_listens_there() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(CarrierError):
            await called(write_address(*bound.getsockname()))


def test_addresses() -> None:
    assert read_address(write_address("10.0.0.5", 70)) == ("10.0.0.5", 70)
    assert read_address(write_address("fd00::5", 70)) == ("fd00::5", 70)
    assert read_address(write_address("127.0.0.1", 70)) == ("127.0.0.1", 70)
    for wrong in ("127.0.0.1:70@elsewhere", "::1:70@elsewhere", "nothing", "host:port", ""):
        with pytest.raises(CarrierError):
            read_address(wrong)
