"""A server on a real port with a dispatch that answers what the test has put in, in a thread of its own."""

import asyncio
import http.client
import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from stepwell.api import HttpServer, make_app


class Running:
    """The server under test: what it was asked, and what it shall answer."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, str, dict[str, Any]]] = []
        self.audited: list[Any] = []
        self.answer: Callable[[str, dict[str, Any]], Any] = lambda name, members: {}
        self.port = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    async def dispatch(self, caller, name, members):
        self.calls.append((caller, name, members))
        result = self.answer(name, members)
        return await result if asyncio.iscoroutine(result) else result

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = HttpServer(make_app(self.dispatch, audit=self.audited.append))
        self.port = await server.start("127.0.0.1", 0)
        self._ready.set()
        await self._stop.wait()
        await server.drain(1)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def request(self, method="POST", path="/", body=b"", headers=None):
        """Status, headers (lower case) and body of one plain HTTP request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, text

    def post(self, operation: str, body: bytes, **headers: str):
        """One request as a client of AWS JSON 1.0 sends it."""
        given = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"AWSStepFunctions.{operation}",
            **headers,
        }
        return self.request("POST", "/", body, given)

    def client(self, **options: Any):
        return boto3.client(
            "stepfunctions",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=options.pop("region_name", "us-east-1"),
            aws_access_key_id=options.pop("access_key", "test"),
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, inject_host_prefix=False, **options),
        )


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    running = Running()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def running(server: Running) -> Running:
    """The module's server, with nothing left of the test before."""
    server.calls.clear()
    server.audited.clear()
    server.answer = lambda name, members: {}
    return server
