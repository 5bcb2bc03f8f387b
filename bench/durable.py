"""Durable on SQLite with synchronous=FULL: whole runs, task steps, and how cost grows with history."""

import asyncio

from bench import machines
from bench.embedded import Echo, Embedded, embedded
from bench.measure import Row, stopwatch


async def run(count: int) -> list[Row]:
    """All of it, each also with a commit that is 1 ms slower."""
    rows: list[Row] = []
    for delay_ms in (0.0, 1.0):
        rows.extend(await _chain(count, delay_ms))
        rows.extend(await _tasks(max(count // 10, 100), delay_ms))
    rows.extend(await _growth())
    return rows


def _label(delay_ms: float) -> str:
    return "" if not delay_ms else f", +{delay_ms:g} ms a commit"


async def _starts(server: Embedded, count: int, together: int, given: str) -> None:
    async def client(number: int) -> None:
        for i in range(count // together):
            await server.start(f"{number}-{i}", given)

    await asyncio.gather(*(client(number) for number in range(together)))


async def _chain(count: int, delay_ms: float) -> list[Row]:
    async with embedded(machines.chain(), delay_ms=delay_ms) as server:
        await _starts(server, 200, 100, machines.INPUT)
        server.runtime.shard.counters.update(groups=0)
        before = server.database_bytes
        with stopwatch() as watch:
            await _measured(server, count)
        transitions = count * machines.CHAIN_TRANSITIONS
        groups = server.runtime.shard.counters["groups"]
        size = server.database_bytes - before
    return [
        Row(f"durable chain, groups of 100{_label(delay_ms)}", watch.cpu_s / transitions * 1e6, "us/transition", 8.0),
        Row(f"  commits{_label(delay_ms)}", groups / count * 1000, "per 1,000", None),
        Row(f"  rate{_label(delay_ms)}", transitions / watch.wall_s, "transitions/s"),
        Row(f"  database{_label(delay_ms)}", size / transitions, "B/transition"),
    ]


async def _measured(server: Embedded, count: int) -> None:
    async def client(number: int) -> None:
        for i in range(count // 100):
            await server.start(f"m{number}-{i}", machines.INPUT)

    await asyncio.gather(*(client(number) for number in range(100)))


async def _tasks(count: int, delay_ms: float) -> list[Row]:
    """Five Tasks each, answered at once: engine, store and dispatch of a task step."""
    steps = 5
    async with embedded(machines.tasks(steps), delay_ms=delay_ms) as server:
        with stopwatch() as watch:
            await asyncio.gather(*(_run_tasks(server, number, count // 100) for number in range(100)))
    per_step = watch.cpu_s / (count * steps) * 1e6
    return [Row(f"durable task step{_label(delay_ms)}", per_step, "us/step", 40.0)]


async def _run_tasks(server: Embedded, number: int, count: int) -> None:
    for i in range(count):
        await server.runtime.wait_closed(await server.start(f"t{number}-{i}", '{"a":1}'))


async def _growth() -> list[Row]:
    """A task step at 25,000 events against one at 100, one execution alone (limit raised)."""
    echo = Echo('{"stop":false}')
    async with embedded(machines.looping_task(), functions=echo, events_max=10_000_000) as server:
        execution_id = await server.start("growing", '{"stop":false}')
        early = await _window(server, execution_id, 100, 2_100)
        late = await _window(server, execution_id, 25_000, 27_000)
        await server.runtime.stop_execution(execution_id, None, None)
    return [
        Row("task step alone at 100 events", early, "us/event"),
        Row("task step alone at 25,000 events", late, "us/event"),
        Row("a step at 25,000 events against one at 100", late / early, "ratio", 1.2),
    ]


async def _window(server: Embedded, execution_id: bytes, first: int, last: int) -> float:
    """CPU per history event while an execution goes from one event id to another."""
    await _until(server, execution_id, first)
    with stopwatch() as watch:
        await _until(server, execution_id, last)
    return watch.cpu_s / (last - first) * 1e6


async def _until(server: Embedded, execution_id: bytes, event_id: int) -> None:
    while True:
        live = server.runtime.shard.residents.get(execution_id)
        if live is not None and live.execution.recorder.next_id >= event_id:
            return
        await asyncio.sleep(0.0005)
