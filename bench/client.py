"""A cheap HTTP client in a process of its own: keep-alive connections that send one prepared request after another.

boto3 costs 0.8 ms of CPU a call, and would measure itself.
"""

import argparse
import asyncio
import json
import sys
import time
import uuid


class Connection(asyncio.Protocol):
    """Sends a request, waits for the whole answer, sends the next."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.buffer = b""
        self.sent_at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # of TCP, which writes too
        self.send()

    def send(self) -> None:
        request = self.load.next_request()
        assert self.transport is not None
        if request is None:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self.buffer[:head_end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < head_end + 4 + length:
            return
        self.load.note(self.buffer[9:12] == b"200", time.perf_counter() - self.sent_at)
        self.buffer = b""
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self.load.ended()


class Load:
    """So many requests over so many connections."""

    def __init__(self, port: int, target: str, body: str, count: int, connections: int) -> None:
        self.port, self.target, self.body = port, target, body
        self.left = count
        self.connections = connections
        self.times: list[float] = []
        self.bad = 0
        self.open = connections
        self.done = asyncio.Event()

    def next_request(self) -> bytes | None:
        if self.left <= 0:
            return None
        self.left -= 1
        body = self.body.replace("@NAME@", uuid.uuid4().hex).encode()
        head = (
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"X-Amz-Target: AWSStepFunctions.{self.target}\r\nAuthorization: AWS4-HMAC-SHA256 "
            "Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def note(self, good: bool, seconds: float) -> None:
        self.times.append(seconds)
        self.bad += not good

    def ended(self) -> None:
        self.open -= 1
        if not self.open:
            self.done.set()

    async def run(self) -> dict[str, float]:
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        for _ in range(self.connections):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.port)
        await self.done.wait()
        wall_s = time.perf_counter() - began
        times = sorted(self.times)
        return {
            "count": len(times),
            "bad": self.bad,
            "per_s": len(times) / wall_s,
            "p50_ms": times[len(times) // 2] * 1000,
            "p99_ms": times[len(times) * 99 // 100] * 1000,
        }


def main() -> None:
    """Run one load and print its figures as JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("port", type=int)
    options.add_argument("target")
    options.add_argument("body")
    options.add_argument("--count", type=int, default=5_000)
    options.add_argument("--connections", type=int, default=64)
    given = options.parse_args()
    load = Load(given.port, given.target, given.body, given.count, given.connections)
    try:
        import uvloop

        figures = uvloop.run(load.run())
    except ImportError:
        figures = asyncio.run(load.run())
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
