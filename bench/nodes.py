"""Two nodes on one PostgreSQL beside one: starts, and activity steps half of whose requests reach the wrong node."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

import asyncpg

from bench import machines
from bench.measure import Row, cpu_s
from bench.postgres import database_cpu_s, log_growth
from bench.wire import Server, load, running
from stepwell.testing.postgres_server import PostgresServer

T = TypeVar("T")

_CONNECTIONS = 64
_WORKERS = 16
STEPS = 10  # of an execution, as in the comparison with other engines


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
        machine = servers[0].create("press", machines.activity_steps(activity, STEPS))
        time.sleep(1)  # shards come to rest
        _starts(servers, chain, 1_000)
        start_us, _, _ = _cost(database, servers, lambda: _starts(servers, chain, count))
        activity_steps(servers, machine, activity, _WORKERS, _WORKERS)
        executions = max(count // 20, _WORKERS)
        step_us, log_bytes, seen = _cost(
            database, servers, lambda: activity_steps(servers, machine, activity, executions, _WORKERS)
        )
    steps = seen["steps"]
    return {"start_us": start_us / count, "step_us": step_us / steps, "log_bytes": log_bytes / steps, **seen}


def _cost(database: PostgresServer, servers: list[Server], work: Callable[[], T]) -> tuple[float, int, T]:
    """CPU microseconds of all servers and the database, bytes of its log, and what the work answers."""

    def now() -> tuple[float, int]:
        return database_cpu_s(database) + sum(cpu_s(server.pid) for server in servers), asyncio.run(_log(database))

    before = now()
    answer = work()
    after = now()
    return (after[0] - before[0]) * 1e6, after[1] - before[1], answer


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


def activity_steps(
    servers: list[Server], machine: str, activity: str, executions: int, workers: int
) -> dict[str, float]:
    """What the workers have seen; their requests go round robin, whoever drives what."""
    command = [sys.executable, "-m", "bench.workers", machine, activity, *(str(server.port) for server in servers)]
    options = ["--executions", str(executions), "--steps", str(STEPS), "--workers", str(workers)]
    done = subprocess.run([*command, *options], stdout=subprocess.PIPE, check=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
