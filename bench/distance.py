"""Activity steps with the database a millisecond away, beside the same with none: how much slower one node gets.

A relay stands between the node and PostgreSQL in both measurements, so that what it costs itself is in both.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import machines
from bench.measure import Row
from bench.nodes import STEPS, activity_steps
from bench.wire import running
from stepwell.testing.postgres_server import PostgresServer

_WORKERS = 64
_DELAY_S = 0.001


def run(executions: int) -> list[Row]:
    """Steps a second at either distance; the database flushes its disk."""
    rates = {}
    for delay_s in (0.0, _DELAY_S):
        server = PostgresServer({"fsync": "on"})
        server.start()
        try:
            rates[delay_s] = _rate(server, delay_s, executions)
        finally:
            server.remove()
    near, far = rates[0.0], rates[_DELAY_S]
    return [
        Row("activity steps, database beside the node", near, "steps/s"),
        Row("activity steps, database 1 ms away", far, "steps/s"),
        Row("  1 ms away against beside", far / near, "ratio", 0.6, higher_is_better=True),
    ]


def _rate(server: PostgresServer, delay_s: float, executions: int) -> float:
    with (
        _relay(server.socket, delay_s) as port,
        running("--database", f"postgresql://postgres@127.0.0.1:{port}/postgres") as node,
    ):
        activity = node.call("CreateActivity", {"name": "press"})["activityArn"]
        machine = node.create("press", machines.activity_steps(activity, STEPS))
        activity_steps([node], machine, activity, _WORKERS, _WORKERS)
        return activity_steps([node], machine, activity, executions, _WORKERS)["per_s"]


@contextmanager
def _relay(socket: Path, delay_s: float) -> Iterator[int]:
    """A relay in a process of its own; the port that it listens on."""
    command = [sys.executable, "-m", "bench.distance", str(socket), str(delay_s)]
    relay = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert relay.stdout is not None
        yield int(relay.stdout.readline())
    finally:
        relay.terminate()
        relay.wait()


class _Way(asyncio.Protocol):
    """One direction of one connection: what comes in goes out a little later, in order."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self.out: asyncio.Transport | None = None
        self.early: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        if self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._pass_on, data)
        else:
            self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        if self.out is None:
            self.early.append(data)
        elif not self.out.is_closing():
            self.out.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.out is not None:
            self.out.close()


class _Near(_Way):
    """The node's end: what comes from it is delayed, what comes back is not."""

    def __init__(self, socket: str, delay_s: float) -> None:
        super().__init__(delay_s)
        self._socket = socket
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connecting = asyncio.get_running_loop().create_task(self._connect(transport))

    async def _connect(self, near: asyncio.BaseTransport) -> None:
        back = _Way(0)
        back.out = near  # type: ignore[assignment]  # of TCP, which writes too
        far, _ = await asyncio.get_running_loop().create_unix_connection(lambda: back, self._socket)
        self.out = far
        for data in self.early:
            far.write(data)


async def _serve(socket: str, delay_s: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Near(socket, delay_s), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Relay until it is ended."""
    options = argparse.ArgumentParser()
    options.add_argument("socket", help="that PostgreSQL listens on")
    options.add_argument("delay_s", type=float)
    given = options.parse_args()
    asyncio.run(_serve(given.socket, given.delay_s))


if __name__ == "__main__":
    main()
