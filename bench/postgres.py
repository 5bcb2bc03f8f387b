"""Durable on PostgreSQL: whole runs and task steps; CPU here and in the database, and what its log grows by.

The database is a server of its own with `fsync` on and everything else as it comes, on a socket of this machine.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench import machines
from bench.embedded import Embedded, embedded
from bench.measure import TICKS, Row, stopwatch
from stepwell.testing.postgres_server import PostgresServer

_TOGETHER = 100
_STEPS = 5
_WARM = 2_000


@dataclass
class Load:
    """What a stretch of work took: CPU seconds here and in the database, bytes of its log, and of those whole pages."""

    here_s: float = 0.0
    database_s: float = 0.0
    log_bytes: int = 0
    page_images: int = 0
    wall_s: float = 0.0


async def run(count: int) -> list[Row]:
    """All of it."""
    server = PostgresServer({"fsync": "on", "full_page_writes": "on", "max_wal_size": "4GB"})
    server.start()
    try:
        return [*await _chain(server, count), *await _tasks(server, max(count // 5, 100))]
    finally:
        server.remove()


async def _chain(server: PostgresServer, count: int) -> list[Row]:
    async with embedded(machines.chain(), database=server.url(schema="chain")) as running:
        await _starts(running, "warm", _WARM)
        before = running.runtime.shard.counters["groups"]
        load = await _measure(server, lambda: _starts(running, "m", count))
        groups = running.runtime.shard.counters["groups"] - before
    transitions = count * machines.CHAIN_TRANSITIONS
    return [
        *_rows("pure", "transition", load, transitions, (8.0, 2.0, None)),
        Row("  pure: commits", groups / count * 1000, "per 1,000"),
        Row("  pure: rate", transitions / load.wall_s, "transitions/s"),
    ]


async def _tasks(server: PostgresServer, count: int) -> list[Row]:
    async with embedded(machines.tasks(_STEPS), database=server.url(schema="tasks")) as running:
        await _runs(running, "warm", _WARM // _STEPS)
        load = await _measure(server, lambda: _runs(running, "m", count))
    steps = count * _STEPS
    rows = _rows("task step", "step", load, steps, (40.0, 20.0, 1_500.0))
    return [*rows, Row("  task step: rate", steps / load.wall_s, "steps/s")]


def _rows(name: str, unit: str, load: Load, count: int, bars: tuple[float, float, float | None]) -> list[Row]:
    here, there, log = bars
    return [
        Row(f"PostgreSQL, {name}: engine", load.here_s / count * 1e6, f"us/{unit}", here),
        Row(f"PostgreSQL, {name}: database", load.database_s / count * 1e6, f"us/{unit}", there),
        Row(
            f"PostgreSQL, {name}: log", load.log_bytes / count, f"B/{unit}", log, note=f"{load.page_images} whole pages"
        ),
    ]


async def _starts(running: Embedded, name: str, count: int) -> None:
    async def client(number: int) -> None:
        for i in range(count // _TOGETHER):
            await running.start(f"{name}{number}-{i}", machines.INPUT)

    await asyncio.gather(*(client(number) for number in range(_TOGETHER)))


async def _runs(running: Embedded, name: str, count: int) -> None:
    async def client(number: int) -> None:
        for i in range(max(count // _TOGETHER, 1)):
            await running.runtime.wait_closed(await running.start(f"{name}{number}-{i}", '{"a":1}'))

    await asyncio.gather(*(client(number) for number in range(_TOGETHER)))


async def _measure(server: PostgresServer, work: Callable[[], Awaitable[None]]) -> Load:
    load = Load()
    connection = await asyncpg.connect(server.url())
    await connection.execute("CHECKPOINT")
    log = await log_growth(connection)
    database_s = database_cpu_s(server)
    with stopwatch() as watch:
        await work()
    load.here_s, load.wall_s = watch.cpu_s, watch.wall_s
    load.database_s = database_cpu_s(server) - database_s
    grown = await log_growth(connection)
    load.log_bytes, load.page_images = grown[0] - log[0], grown[1] - log[1]
    await connection.close()
    return load


async def log_growth(connection: asyncpg.Connection) -> tuple[int, int]:
    """How many bytes its log has had, and how many whole pages."""
    place = int(await connection.fetchval("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
    return place, int(await connection.fetchval("SELECT wal_fpi FROM pg_stat_wal"))


def database_cpu_s(server: PostgresServer) -> float:
    """CPU seconds of the server and all its processes, those that have ended included."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text("ascii").rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has just ended: its parent counts it
        if int(fields[1]) == server.pid or path.parent.name == str(server.pid):
            total += int(fields[11]) + int(fields[12])
        if path.parent.name == str(server.pid):
            total += int(fields[13]) + int(fields[14])
    return total / TICKS
