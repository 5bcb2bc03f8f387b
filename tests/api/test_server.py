"""Starting, bounds, stopping: on real sockets."""

import asyncio
import logging
import socket
import sys
import time

import pytest

from stepwell.api import HttpServer, make_app
from stepwell.api import server as server_module
from stepwell.api.headers import HEADER_BYTES_MAX, HEADERS_MAX

HEAD = (
    b"POST / HTTP/1.1\r\nhost: sync-localhost\r\ncontent-type: application/x-amz-json-1.0\r\n"
    b"x-amz-target: AWSStepFunctions.%s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
)
POLL = b'{"activityArn":"a"}'


async def nothing(caller, name, members):
    return {}


async def connect(port):
    return await asyncio.open_connection("127.0.0.1", port)


async def exchange(port, data):
    """Everything that comes back until the server closes or is silent for a while."""
    reader, writer = await connect(port)
    writer.write(data)
    received = b""
    try:
        async with asyncio.timeout(2):
            while part := await reader.read(65_536):
                received += part
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return received


async def started(dispatch=nothing, **options):
    server = HttpServer(make_app(dispatch), **options)
    return server, await server.start("127.0.0.1", 0)


def request(name, body):
    return HEAD % (name, len(body)) + body


@pytest.fixture(params=["default", "fallback"])
def loop_and_parser(request, monkeypatch):
    """uvloop and httptools, then asyncio and h11: what is there where the fast ones are not installed."""
    if request.param == "fallback":
        monkeypatch.setitem(sys.modules, "stepwell.api.protocol", None)
        return asyncio.run
    uvloop = pytest.importorskip("uvloop")
    return uvloop.run


def test_serves_and_stops(loop_and_parser):
    async def run():
        server, port = await started()
        answer = await exchange(port, request(b"DeleteActivity", POLL))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"{}")
        assert b"\nserver:" not in answer.lower()
        assert b"x-amzn-requestid: " in answer
        await server.drain(1)
        with pytest.raises(OSError, match=r"."):
            await connect(port)

    loop_and_parser(run())


def test_long_polls_end_empty_at_drain(loop_and_parser):
    async def run():
        closing = asyncio.Event()

        async def poll(caller, name, members):
            await closing.wait()
            return {}

        server, port = await started(poll)
        server.at_drain(closing.set)
        polls = [asyncio.create_task(exchange(port, request(b"GetActivityTask", POLL))) for _ in range(20)]
        idle = await connect(port)
        await asyncio.sleep(0.2)
        assert server.connections == 21
        begun = time.monotonic()
        await server.drain(10)
        assert time.monotonic() - begun < 2
        for answer in await asyncio.gather(*polls):
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.endswith(b"{}")
        assert await idle[0].read() == b""
        idle[1].close()

    loop_and_parser(run())


def test_stubborn_request_is_answered_503_when_grace_is_over(loop_and_parser, caplog):
    async def run():
        async def never(caller, name, members):
            await asyncio.Event().wait()

        server, port = await started(never)

        def broken():
            raise RuntimeError

        server.at_drain(broken)
        waiting = asyncio.create_task(exchange(port, request(b"DeleteActivity", POLL)))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        await server.drain(0.3)
        assert time.monotonic() - begun < 2
        assert (await waiting).startswith(b"HTTP/1.1 503 ")

    with caplog.at_level(logging.ERROR):
        loop_and_parser(run())
    assert not [record for record in caplog.records if "ASGI" in record.getMessage()]


def test_port_taken():
    async def run():
        server, port = await started()
        with pytest.raises(OSError, match=r"."):
            await HttpServer(make_app(nothing)).start("127.0.0.1", port)
        await server.drain(0)

    asyncio.run(run())


def test_name_with_several_addresses_is_served_on_all(monkeypatch):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),  # of no interface
    ]

    async def run():
        server = HttpServer(make_app(nothing))
        with monkeypatch.context() as patch:
            patch.setattr(server_module.socket, "getaddrinfo", lambda *_, **__: found)
            port = await server.start("both", 0)
        for host in ("127.0.0.1", "127.0.0.2"):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
        await server.drain(0)
        only_absent = HttpServer(make_app(nothing))
        monkeypatch.setattr(server_module.socket, "getaddrinfo", lambda *_, **__: found[2:])
        with pytest.raises(OSError, match=r"."):
            await only_absent.start("absent", 0)

    asyncio.run(run())


def test_too_many_connections_are_refused():
    async def run():
        server, port = await started(connections_max=3)
        held = [await connect(port) for _ in range(3)]
        await asyncio.sleep(0.05)
        answer = await exchange(port, request(b"DeleteActivity", POLL))
        assert answer.startswith(b"HTTP/1.1 503 ")
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.05)
        assert (await exchange(port, request(b"DeleteActivity", POLL))).startswith(b"HTTP/1.1 200 ")
        await server.drain(0)

    asyncio.run(run())


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\n" + b"x-a: " + b"a" * (HEADER_BYTES_MAX * 12),
        b"POST /" + b"a" * (HEADER_BYTES_MAX * 12),
        b"POST / HTTP/1.1\r\n" + b"x-a: a\r\n" * (HEADERS_MAX * 100),
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + b"x-a: a\r\n" * (HEADERS_MAX * 100),
    ],
    ids=["value", "path", "headers", "trailers"],
)
def test_endless_head_is_refused(loop_and_parser, data):
    async def run():
        server, port = await started()
        begun = time.monotonic()
        answer = await exchange(port, data)
        assert answer == b"" or answer.split(b" ")[1] in (b"400", b"431")
        assert time.monotonic() - begun < 1.5
        assert (await exchange(port, request(b"DeleteActivity", POLL))).startswith(b"HTTP/1.1 200 ")
        await server.drain(0)

    loop_and_parser(run())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"POST / HT",
        HEAD % (b"DeleteActivity", 100) + b"{",
    ],
    ids=["silent", "head", "body"],
)
@pytest.mark.parametrize("before", [b"", request(b"DeleteActivity", POLL).replace(b"connection: close\r\n", b"")])
def test_slow_client_is_closed(loop_and_parser, monkeypatch, before, data):
    for name, value in (("_SWEEP_S", 0.05), ("HEAD_S", 0.2), ("BODY_S", 0.2), ("IDLE_S", 1)):
        monkeypatch.setattr(server_module, name, value)

    async def run():
        server, port = await started()
        reader, writer = await connect(port)
        if before:
            writer.write(before)
            assert b"200 OK" in await reader.readuntil(b"{}")
        writer.write(data)
        async with asyncio.timeout(5):
            while await reader.read(65_536):
                pass
        writer.close()
        await server.drain(0)

    loop_and_parser(run())


def test_patient_client_with_a_request_under_way_is_not_closed(loop_and_parser, monkeypatch):
    for name, value in (("_SWEEP_S", 0.02), ("HEAD_S", 0.1), ("BODY_S", 0.1)):
        monkeypatch.setattr(server_module, name, value)

    async def slow(caller, name, members):
        await asyncio.sleep(0.5)
        return {}

    async def run():
        server, port = await started(slow)
        answer = await exchange(port, request(b"DeleteActivity", POLL))
        assert answer.startswith(b"HTTP/1.1 200 ")
        await server.drain(0)

    loop_and_parser(run())
