"""The wire of the Runtime API: who is let in, and what each request is answered with."""

import aiohttp
import pytest

from stepwell.functions.runtime_api import NextCall, RuntimeApi


class FakeWorker:
    def __init__(self):
        self.taken = []
        self.call = NextCall("req-1", b'{"a":1}', 1_700_000_000_000, "arn:x", {"Lambda-Runtime-Trace-Id": "Root=1"})

    async def next_call(self):
        return self.call

    def take_response(self, request_id, body, size_bytes):
        self.taken.append(("response", request_id, body, size_bytes))
        return request_id == "req-1"

    def take_error(self, request_id, body):
        self.taken.append(("error", request_id, body))
        return request_id == "req-1"

    def take_init_error(self, body):
        self.taken.append(("init", body))


@pytest.fixture
async def served():
    api = RuntimeApi()
    await api.start()
    worker = FakeWorker()
    address = api.admit(worker)
    async with aiohttp.ClientSession() as session:
        yield api, worker, f"http://{address}/2018-06-01/runtime", session
    await api.close()


async def test_next_carries_the_call_in_headers_and_body(served):
    _, worker, url, session = served
    async with session.get(f"{url}/invocation/next") as answer:
        assert answer.status == 200
        assert await answer.read() == b'{"a":1}'
        assert answer.headers["Lambda-Runtime-Aws-Request-Id"] == "req-1"
        assert answer.headers["Lambda-Runtime-Deadline-Ms"] == "1700000000000"
        assert answer.headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:x"
        assert answer.headers["Lambda-Runtime-Trace-Id"] == "Root=1"
    worker.call = None
    async with session.get(f"{url}/invocation/next") as answer:
        assert answer.status == 410


@pytest.mark.parametrize(
    "path, status, taken",
    [
        ("invocation/req-1/response", 202, ("response", "req-1", b"7", 1)),
        ("invocation/req-1/error", 202, ("error", "req-1", b"7")),
        ("invocation/other/response", 400, ("response", "other", b"7", 1)),
        ("init/error", 202, ("init", b"7")),
    ],
)
async def test_posts_reach_the_worker(served, path, status, taken):
    _, worker, url, session = served
    async with session.post(f"{url}/{path}", data=b"7") as answer:
        assert answer.status == status
    assert worker.taken == [taken]


async def test_strangers_are_refused(served):
    api, worker, url, session = served
    secret = url.split("/")[3]
    for wrong in (url.replace(secret, "0" * 32), url.replace("/" + secret, ""), url + "/../x"):
        async with session.get(f"{wrong}/invocation/next") as answer:
            assert answer.status == 403
    async with session.post(f"{url}/invocation/next") as answer:
        assert answer.status == 405
    async with session.get(f"{url}/invocation/req-1/response") as answer:
        assert answer.status == 405
    api.dismiss(url.removeprefix("http://").removesuffix("/2018-06-01/runtime"))
    async with session.get(f"{url}/invocation/next") as answer:
        assert answer.status == 403
    assert worker.taken == []


async def test_a_body_beyond_the_limit_is_counted_but_not_kept(served):
    _, worker, url, session = served
    async with session.post(f"{url}/invocation/req-1/response", data=b"x" * 7_000_000) as answer:
        assert answer.status == 202
    assert worker.taken == [("response", "req-1", b"", 7_000_000)]
