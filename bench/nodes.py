"""Two nodes on one PostgreSQL beside one: starts, and activity steps half of whose requests reach the wrong node."""

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count as numbers

import asyncpg

from bench import machines
from bench.measure import Row, cpu_s
from bench.postgres import database_cpu_s, log_growth
from bench.wire import Server, load, running
from stepwell.testing.postgres_server import PostgresServer

_CONNECTIONS = 64
_WORKERS = 16


def run(count: int) -> list[Row]:
    """All of it; the database flushes its disk and is a server of its own."""
    figures = {}
    for nodes in (1, 2):
        server = PostgresServer({"fsync": "on", "full_page_writes": "on", "max_wal_size": "4GB"})
        server.start()
        try:
            figures[nodes] = _measured(server, nodes, count)
        finally:
            server.remove()
    return _rows(figures[1], figures[2])


def _rows(one: dict[str, float], two: dict[str, float]) -> list[Row]:
    return [
        Row("StartExecution, one node: CPU with the database's", one["start_us"], "us/request"),
        Row("StartExecution, two nodes against one: CPU", two["start_us"] / one["start_us"], "ratio", 1.1),
        Row("activity step, one node: CPU with the database's", one["step_us"], "us/step"),
        Row("activity step, two nodes against one: CPU", two["step_us"] / one["step_us"], "ratio", 1.6),
        Row("  one node: p50 of a step", one["p50_ms"], "ms"),
        Row("  two nodes: p50 of a step", two["p50_ms"], "ms", 25.0),
        Row("  one node: log", one["log_bytes"], "B/step"),
        Row("  two nodes: log", two["log_bytes"], "B/step", 2_500.0),
    ]


def _measured(database: PostgresServer, nodes: int, count: int) -> dict[str, float]:
    with ExitStack() as stack:
        servers = [stack.enter_context(running("--database", database.url())) for _ in range(nodes)]
        chain = servers[0].create("chain", machines.chain())
        activity = servers[0].call("CreateActivity", {"name": "press"})["activityArn"]
        press = {"StartAt": "P", "States": {"P": {"Type": "Task", "Resource": activity, "End": True}}}
        machine = servers[0].create("press", json.dumps(press))
        time.sleep(1)  # shards come to rest
        _starts(servers, chain, 1_000)
        start_us, _ = _cost(database, servers, lambda: _starts(servers, chain, count))
        steps = max(count // 20, _WORKERS)
        times: list[float] = []
        step_us, log_bytes = _cost(database, servers, lambda: times.extend(_steps(servers, machine, activity, steps)))
    return {
        "start_us": start_us / count,
        "step_us": step_us / len(times),
        "log_bytes": log_bytes / len(times),
        "p50_ms": statistics.median(times) * 1000,
    }


def _cost(database: PostgresServer, servers: list[Server], work: Callable[[], None]) -> tuple[float, int]:
    """CPU microseconds of all servers and the database, and bytes of its log."""

    def now() -> tuple[float, int]:
        return database_cpu_s(database) + sum(cpu_s(server.pid) for server in servers), asyncio.run(_log(database))

    before = now()
    work()
    after = now()
    return (after[0] - before[0]) * 1e6, after[1] - before[1]


async def _log(database: PostgresServer) -> int:
    connection = await asyncpg.connect(database.url())
    try:
        return (await log_growth(connection))[0]
    finally:
        await connection.close()


def _starts(servers: list[Server], machine: str, count: int) -> None:
    body = {"input": machines.INPUT, "stateMachineArn": machine}
    with ThreadPoolExecutor(len(servers)) as pool:
        share, connections = count // len(servers), _CONNECTIONS // len(servers)
        list(pool.map(lambda server: load(server, "StartExecution", body, share, connections), servers))


def _steps(servers: list[Server], machine: str, activity: str, count: int) -> list[float]:
    """Seconds from each start to its completion; requests go round robin, whoever owns what."""
    turn, lock = numbers(), threading.Lock()

    def call(operation: str, **members: object) -> dict[str, str]:
        with lock:
            server = servers[next(turn) % len(servers)]
        answer: dict[str, str] = server.call(operation, members)
        return answer

    def client(_: int) -> list[float]:
        times = []
        for _ in range(count // _WORKERS):
            began = time.perf_counter()
            call("StartExecution", stateMachineArn=machine)
            task: dict[str, str] = {}
            while "taskToken" not in task:
                task = call("GetActivityTask", activityArn=activity)
            call("SendTaskSuccess", taskToken=task["taskToken"], output="{}")
            times.append(time.perf_counter() - began)
        return times

    with ThreadPoolExecutor(_WORKERS) as pool:
        return [each for times in pool.map(client, range(_WORKERS)) for each in times]
