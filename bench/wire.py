"""Over HTTP: StartExecution beside a server that does nothing, open executions, restarts, start-up."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from bench import machines
from bench.measure import Row, cpu_s, memory_kb

_TURNS: Final = 5


class Server:
    """A server process and what it printed."""

    def __init__(self, *options: str) -> None:
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.server", *options], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.counters: dict[str, int] = {}

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def stop(self) -> None:
        """End it in good order and take its counters."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        text = self.process.stdout.read()
        self.process.wait()
        self.counters = json.loads(text or "{}")

    def call(self, operation: str, members: dict[str, Any]) -> Any:
        """One operation."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/",
            json.dumps(members).encode(),
            {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def create(self, name: str, definition: str) -> str:
        """Create a state machine; its ARN."""
        role = "arn:aws:iam::000000000000:role/bench"
        answer = self.call("CreateStateMachine", {"name": name, "definition": definition, "roleArn": role})
        arn: str = answer["stateMachineArn"]
        return arn


@contextmanager
def running(*options: str) -> Iterator[Server]:
    """A server for the length of a `with` statement."""
    server = Server(*options)
    try:
        yield server
    finally:
        server.stop()


def load(server: Server, target: str, body: dict[str, Any], count: int, connections: int) -> tuple[float, Any]:
    """CPU seconds of the server, and the client's figures."""
    command = [sys.executable, "-m", "bench.client", str(server.port), target, json.dumps(body)]
    before = cpu_s(server.pid)
    done = subprocess.run(
        [*command, "--count", str(count), "--connections", str(connections)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    figures = json.loads(done.stdout)
    if figures["bad"]:
        raise RuntimeError(f"{figures['bad']} of {count} requests failed")
    return cpu_s(server.pid) - before, figures


def starts(count: int) -> list[Row]:
    """StartExecution, durable, a whole run of ten states inside, 64 connections; beside a bare server."""
    rows: list[Row] = []
    with running("--bare") as bare:
        for delay_ms in (0, 1):
            with tempfile.TemporaryDirectory() as folder:
                options = ("--database", os.path.join(folder, "bench.db"), "--delay-ms", str(delay_ms))
                with running(*options) as server:
                    body = {"input": machines.INPUT, "stateMachineArn": server.create("chain", machines.chain())}
                    measured = [Load(bare, body), Load(server, body), Load(server, {**body, "name": "@NAME@"})]
                    for turn in measured * _TURNS:
                        turn.run(count // _TURNS)
                rows.extend(_start_rows(*measured, delay_ms))
    return rows


class Load:
    """StartExecution of one server, over 64 connections, in turns: what else the machine does meets all alike."""

    def __init__(self, server: Server, body: dict[str, Any]) -> None:
        self.server = server
        self._body = body
        self._cpu_s = 0.0
        self._count = 0
        self.figures: Any = None
        load(server, "StartExecution", body, 1_000, 64)

    def run(self, count: int) -> None:
        """One turn."""
        cpu_s, self.figures = load(self.server, "StartExecution", self._body, count, 64)
        self._cpu_s += cpu_s
        self._count += count

    @property
    def cpu_us(self) -> float:
        """The server's CPU time for a request."""
        return self._cpu_s / self._count * 1e6


def _start_rows(bare: Load, ours: Load, named: Load, delay_ms: int) -> list[Row]:
    label = f", +{delay_ms} ms a commit" if delay_ms else ""
    counters, last = ours.server.counters, ours.figures
    fsyncs = counters["groups"] / counters["commits"] * 1000
    note = f"{last['per_s']:.0f}/s, p50 {last['p50_ms']:.2f} ms, p99 {last['p99_ms']:.2f} ms"
    return [
        Row(f"bare server{label}", bare.cpu_us, "us/request", note=f"{bare.figures['per_s']:.0f}/s"),
        Row(f"StartExecution, 64 connections{label}", ours.cpu_us, "us/request", note=note),
        Row(f"  bare server's CPU / ours{label}", bare.cpu_us / ours.cpu_us, "ratio", 0.25, higher_is_better=True),
        Row(f"  fsyncs{label}", fsyncs, "per 1,000", 50.0),
        Row(f"  with random names of the client's{label}", named.cpu_us, "us/request"),
    ]


def open_waits(count: int) -> list[Row]:
    """Open executions that wait: memory of each after a restart, and how fast a restart is."""
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "bench.db")
        with running("--database", database) as server:
            machine = server.create("waiting", machines.waiting(86_400))
        with running("--database", database) as server:
            _settle(server)
            empty_kb = memory_kb(server.pid)
            body = {"name": "@NAME@", "input": json.dumps({"d": "x" * 1000}), "stateMachineArn": machine}
            load(server, "StartExecution", body, count, 64)
            soon = server.create("soon", machines.waiting(1))
            server.call("StartExecution", {"stateMachineArn": soon, "name": "due", "input": "{}"})
        time.sleep(1.2)
        with running("--database", database) as server:
            arn = soon.replace(":stateMachine:", ":execution:") + ":due"
            while server.call("DescribeExecution", {"executionArn": arn})["status"] == "RUNNING":
                time.sleep(0.005)
            due_s = time.perf_counter() - server.began
            _settle(server)
            full_kb = memory_kb(server.pid)
            threads = len(os.listdir(f"/proc/{server.pid}/task"))
    return [
        Row(f"restart with {count:,} open waits to the first due timer done", due_s, "s", 2.0),
        Row("memory of an open wait after a restart", (full_kb - empty_kb) / count, "KB", 0.5),
        Row("threads with them open", threads, "threads", 8),
    ]


def _settle(server: Server) -> None:
    for _ in range(3):
        server.call("ListStateMachines", {})
    time.sleep(0.5)


def start_up() -> list[Row]:
    """`stepwell serve` from its start to the first answer, its memory when idle, and its wake-ups."""
    with tempfile.TemporaryDirectory() as folder:
        times: list[float] = []
        for number in range(5):
            began = time.perf_counter()
            command = [sys.executable, "-m", "stepwell", "serve", "--port", "0"]
            process = subprocess.Popen(
                [*command, "--database", os.path.join(folder, f"{number}.db")], stdout=subprocess.PIPE, text=True
            )
            port = _port(process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health"):
                times.append(time.perf_counter() - began)
            if number == 4:
                time.sleep(8)
                idle_kb = memory_kb(process.pid)
                before = _wake_ups(process.pid)
                time.sleep(60)
                wake_ups = _wake_ups(process.pid) - before
            process.terminate()
            process.wait()
    return [
        Row("stepwell serve to the first answer", sorted(times)[2], "s", 0.6),
        Row("memory of an idle server", idle_kb / 1024, "MB", 70),
        Row("wake-ups of an idle server", wake_ups, "per 60 s", 5),
    ]


def _port(process: "subprocess.Popen[str]") -> int:
    """The port in a server's first lines."""
    assert process.stdout is not None
    for line in process.stdout:
        at = line.find("http://127.0.0.1:")
        if at >= 0:
            digits = line[at + 17 :]
            return int(digits[: next((i for i, c in enumerate(digits) if not c.isdigit()), len(digits))])
    raise RuntimeError("the server did not say where it listens")


def _wake_ups(pid: int) -> int:
    """Voluntary context switches of all threads."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt"))
    return total
