"""Reading answers within a budget, against a server that sends as much as it is asked for."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from stepwell.integrations.answer_body import LARGE_TOGETHER, SMALL_BYTES, AnswerBodies


class Sender:
    """Sends so many bytes; of a slow answer the last one only when it is told to."""

    def __init__(self):
        self.go_on = asyncio.Event()
        self.url = ""

    async def answer(self, request):
        size, slow = int(request.query["size"]), "slow" in request.query
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * (size - slow))
        if slow:
            await self.go_on.wait()
            await response.write(b"x")
        await response.write_eof()
        return response


@pytest.fixture
async def sender():
    made = Sender()
    runner = web.ServerRunner(web.Server(made.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    made.go_on.set()
    await runner.cleanup()


@pytest.fixture
async def read(sender):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def read(bodies, size, **more):
            async with session.get(sender.url, params={"size": size, **more}) as response:
                return await bodies.read(response)

        yield read


@pytest.mark.parametrize("size", [0, 1, SMALL_BYTES, SMALL_BYTES + 1, 1_000_000])
async def test_an_answer_is_read_whole(read, size):
    assert await read(AnswerBodies(1_000_000), size) == b"x" * size


@pytest.mark.parametrize("size, most", [(1_000_001, 1_000_000), (101, 100), (SMALL_BYTES + 1, SMALL_BYTES)])
async def test_one_that_is_too_large_is_none(read, size, most):
    assert await read(AnswerBodies(most), size) is None


async def test_few_large_ones_at_the_same_time_and_small_ones_meanwhile(read, sender):
    bodies = AnswerBodies(1_000_000)
    slow = [asyncio.create_task(read(bodies, 900_000, slow="yes")) for _ in range(LARGE_TOGETHER)]
    async with asyncio.timeout(20):
        while not bodies._large.locked():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    waiting = asyncio.create_task(read(bodies, 900_000))
    assert await read(bodies, 1_000) == b"x" * 1_000
    assert not waiting.done()
    sender.go_on.set()
    assert [len(body) for body in await asyncio.gather(*slow, waiting)] == [900_000] * (LARGE_TOGETHER + 1)
