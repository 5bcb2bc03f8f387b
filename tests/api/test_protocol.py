"""The short way of small requests beside uvicorn's: the same from outside, on real sockets."""

import asyncio
import re

import pytest
import uvloop

from stepwell.api import HttpServer, make_app
from stepwell.api import server as server_module

BODY = b'{"activityArn":"a"}'
FIELDS = (
    b"host: localhost\r\ncontent-type: application/x-amz-json-1.0\r\nx-amz-target: AWSStepFunctions.DeleteActivity\r\n"
)
LENGTH = b"content-length: %d\r\n" % len(BODY)
PLAIN = b"POST / HTTP/1.1\r\n" + FIELDS + LENGTH + b"\r\n" + BODY


class Conversation:
    """A connection to a server whose operations take one turn of the loop; `direct` counts those of the short way."""

    def __init__(self, dispatch=None) -> None:
        self.direct = 0
        self._dispatch = dispatch or self._nothing

    async def _nothing(self, caller, name, members):
        await asyncio.sleep(0)
        return {}

    async def __aenter__(self):
        app = make_app(self._dispatch)
        answer = app.answer

        async def counted(request):
            self.direct += 1
            await answer(request)

        app.answer = counted
        self.server = HttpServer(app)
        port = await self.server.start("127.0.0.1", 0)
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()
        await self.server.drain(1)

    async def send(self, *parts):
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0.01)

    async def answer(self):
        """One answer: its head, in lines, and its body."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).lower()
        chunk = re.search(rb"content-length: (\d+)", head)
        body = await self.reader.readexactly(int(chunk[1]) if chunk else 0)
        return head.split(b"\r\n"), body


def run(work):
    return uvloop.run(work())


@pytest.mark.parametrize(
    ("request_parts", "direct"),
    [
        pytest.param([PLAIN], 1, id="whole"),
        pytest.param([PLAIN[:30], PLAIN[30:90], PLAIN[90:-5], PLAIN[-5:]], 1, id="in pieces"),
        pytest.param([PLAIN.replace(b"POST /", b"POST /?x=1")], 0, id="with a query"),
        pytest.param([PLAIN.replace(LENGTH, b"content-length: %06d\r\n" % len(BODY))], 0, id="long length"),
        pytest.param(
            [
                PLAIN.replace(
                    LENGTH + b"\r\n" + BODY, b"transfer-encoding: chunked\r\n\r\n13\r\n" + BODY + b"\r\n0\r\n\r\n"
                )
            ],
            0,
            id="chunked",
        ),
        pytest.param([PLAIN.replace(LENGTH, LENGTH + b"expect: something\r\n")], 0, id="expecting"),
    ],
)
def test_both_ways_answer_alike_and_leave_the_connection_open(request_parts, direct):
    async def work():
        async with Conversation() as talk:
            for _ in range(2):
                await talk.send(*request_parts)
                head, body = await talk.answer()
                assert head[0] == b"http/1.1 200 ok"
                names = [line.partition(b":")[0] for line in head[1:-2]]
                assert names == [b"x-amzn-requestid", b"date", b"content-type", b"content-length"]
                assert body == b"{}"
            assert talk.direct == 2 * direct

    run(work)


@pytest.mark.parametrize(
    "plain",
    [PLAIN.replace(LENGTH, LENGTH + b"connection: close\r\n"), PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0")],
    ids=["close", "HTTP/1.0"],
)
def test_a_connection_that_is_to_close_does(plain):
    async def work():
        async with Conversation() as talk:
            await talk.send(plain)
            head, _ = await talk.answer()
            assert b"connection: close" in head
            assert await talk.reader.read() == b""
            assert talk.direct == 0

    run(work)


def test_a_client_that_waits_for_100_gets_it():
    async def work():
        async with Conversation() as talk:
            await talk.send(PLAIN.replace(LENGTH, LENGTH + b"expect: 100-continue\r\n").removesuffix(BODY))
            assert (await talk.answer())[0][0] == b"http/1.1 100 continue"
            await talk.send(BODY)
            assert (await talk.answer())[0][0] == b"http/1.1 200 ok"

    run(work)


def test_pipelined_requests_are_answered_in_order():
    """What arrives before the last one was answered waits on uvicorn's way behind it."""
    order = []

    async def slow_first(caller, name, members):
        order.append(members["activity_arn"])
        await asyncio.sleep(0.05 if len(order) == 1 else 0)
        return {}

    async def work():
        async with Conversation(slow_first) as talk:
            await talk.send(PLAIN + PLAIN.replace(b'"a"', b'"b"') + PLAIN.replace(b'"a"', b'"c"'))
            for _ in range(3):
                assert (await talk.answer())[0][0] == b"http/1.1 200 ok"
            assert (order, talk.direct) == (["a", "b", "c"], 1)
            await talk.send(PLAIN)
            await talk.answer()
            assert talk.direct == 2

    run(work)


def test_errors_have_their_headers():
    async def work():
        async with Conversation() as talk:
            await talk.send(PLAIN.replace(b"DeleteActivity", b"Dance"))
            head, body = await talk.answer()
            assert head[0] == b"http/1.1 400 bad request"
            assert b"x-amzn-errortype: unknownoperationexception" in head
            assert b"UnknownOperationException" in body
            assert talk.direct == 1

    run(work)


def test_no_body_is_one_too():
    async def work():
        async with Conversation() as talk:
            await talk.send(b"POST / HTTP/1.1\r\n" + FIELDS + b"content-length: 0\r\n\r\n")
            head, body = await talk.answer()
            assert head[0] == b"http/1.1 400 bad request"
            assert b"Value at 'activityArn'" in body
            assert talk.direct == 1

    run(work)


def test_a_poll_ends_when_its_client_goes():
    ended = asyncio.Event()

    async def poll(caller, name, members):
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def work():
        async with Conversation(poll) as talk:
            await talk.send(PLAIN.replace(b"DeleteActivity", b"GetActivityTask"))
            talk.writer.close()
            await asyncio.wait_for(ended.wait(), 10)

    run(work)


def test_a_resting_connection_is_closed_in_time(monkeypatch):
    async def work():
        for name, value in (("_SWEEP_S", 0.02), ("HEAD_S", 60), ("IDLE_S", 0.2)):
            monkeypatch.setattr(server_module, name, value)
        async with Conversation() as talk:
            await talk.send(PLAIN)
            await talk.answer()
            assert await asyncio.wait_for(talk.reader.read(), 10) == b""

    run(work)
