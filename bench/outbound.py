"""The way out: a thousand Lambda tasks of a second each, all at once, over HTTP to an endpoint and back."""

import os
import tempfile
import time

from bench import machines
from bench.measure import Row, cpu_s, memory_kb, threads
from bench.wire import Server, load, running

_SECONDS = 1.0


def run(count: int) -> list[Row]:
    """All at once; the time from the first start to the last end, and what it costs the server."""
    with tempfile.TemporaryDirectory() as folder, running("--function-s", str(_SECONDS)) as functions:
        address = f"http://127.0.0.1:{functions.port}"
        with running("--database", os.path.join(folder, "bench.db"), "--functions", address) as server:
            arn = server.create("outbound", machines.tasks(1))
            server.call("StartExecution", {"stateMachineArn": arn})  # what is loaded once is loaded now
            _wait(server, arn)
            idle_kb, before = memory_kb(server.pid), cpu_s(server.pid)
            began = time.perf_counter()
            load(server, "StartExecution", {"stateMachineArn": arn, "input": "{}"}, count, 64)
            most_kb, most_threads = memory_kb(server.pid), threads(server.pid)
            _wait(server, arn)
            wall_s, used_s = time.perf_counter() - began, cpu_s(server.pid) - before
    return [
        Row(f"{count} Lambda tasks of {_SECONDS:g} s at once, over HTTP", wall_s, "s", 3.0),
        Row("  CPU of the server for each, start and end included", used_s / count * 1e6, "us"),
        Row("  memory with all of them in flight", (most_kb - idle_kb) / count, "KB each"),
        Row("  threads with all of them in flight", most_threads, "threads", 16),
    ]


def _wait(server: Server, arn: str) -> None:
    """Until none is open."""
    question = {"stateMachineArn": arn, "statusFilter": "RUNNING", "maxResults": 1}
    while server.call("ListExecutions", question)["executions"]:
        time.sleep(0.02)
