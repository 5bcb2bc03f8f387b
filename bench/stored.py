"""A node begins on a database that holds a million executions: how long until it does something for one of them.

The rows are multiplied inside the database, from one execution that has ended and one that waits for a day.
"""

import asyncio
import time
from typing import Any

import asyncpg

from bench import machines
from bench.measure import Row, memory_kb
from bench.wire import running
from stepwell.testing.postgres_server import PostgresServer

_ID = "substring(id from 1 for 6) || int2send((n % 64)::int2) || int8send(n)"
_COPY = _ID.replace("(id ", "(execution_id ")
_COPIES = {
    "names": f"SELECT n % 1024, machine_id, 'copy-' || n, {_COPY}",
    "executions": f"""SELECT n % 64, {_ID}, machine_id, revision, 'copy-' || n, status, started_ms, stopped_ms, detail,
        result, version, alias, redrives, redriven_ms, redrive""",
    "open_executions": f"SELECT n % 64, {_COPY}, due_ms, calls, state, snapshot",
    "history": f"SELECT n % 64, {_COPY}, first_event_id, events, batch",
    "listing": f"""SELECT bucket, machine_id, status, sort_ms + n, {_ID.replace("(id ", "(execution_id ")}, n % 64,
        'copy-' || n, started_ms, stopped_ms, version, alias, redrives, redriven_ms""",
}
_KEYS = {"executions": "id"}


def run(count: int) -> list[Row]:
    """So many executions, a tenth of them open."""
    server = PostgresServer({"fsync": "on", "max_wal_size": "8GB"})
    server.start()
    try:
        _fill(server, count)
        with running("--database", server.url()) as node:
            soon = node.create("soon", machines.waiting(1))
            node.call("StartExecution", {"stateMachineArn": soon, "name": "due", "input": "{}"})
        time.sleep(1.2)
        with running("--database", server.url()) as node:
            arn = soon.replace(":stateMachine:", ":execution:") + ":due"
            while node.call("DescribeExecution", {"executionArn": arn})["status"] == "RUNNING":
                time.sleep(0.005)
            took_s = time.perf_counter() - node.began
            memory = memory_kb(node.pid)
    finally:
        server.remove()
    label = f"a node begins over {count:,} stored, {count // 10:,} open"
    return [Row(f"{label}: first timer done", took_s, "s", 10.0), Row("  its memory then", memory / 1024, "MB")]


def _fill(server: PostgresServer, count: int) -> None:
    with running("--database", server.url()) as node:
        for name, definition in (("ended", machines.chain()), ("waiting", machines.waiting(86_400))):
            machine = node.create(name, definition)
            node.call("StartExecution", {"stateMachineArn": machine, "name": "first", "input": machines.INPUT})
    asyncio.run(_multiply(server, count))


async def _multiply(server: PostgresServer, count: int) -> None:
    connection = await asyncpg.connect(server.url(), server_settings={"search_path": "stepwell"})
    try:
        statuses = dict(await connection.fetch("SELECT status, id FROM executions"))
        await _copy(connection, statuses["RUNNING"], 1, count // 10)
        await _copy(connection, statuses["SUCCEEDED"], count // 10 + 1, count)
    finally:
        await connection.close()


async def _copy(connection: Any, execution_id: bytes, first: int, last: int) -> None:
    for table, columns in _COPIES.items():
        key = _KEYS.get(table, "execution_id")
        numbers = f"generate_series({first}, {last}) AS n"
        await connection.execute(
            f"INSERT INTO {table} {columns} FROM {table}, {numbers} WHERE {key} = $1", execution_id
        )
