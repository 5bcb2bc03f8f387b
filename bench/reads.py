"""Reading over HTTP from a database that holds very many executions, beside the same from a small one; and a
synchronous Express execution through boto3.

The executions are multiplied inside the SQLite file, from one that has ended.
"""

import os
import statistics
import tempfile
import time
from typing import Any, Final

import apsw
import boto3
from botocore.config import Config

from bench import machines
from bench.measure import Row
from bench.wire import Server, load, running

_FEW: Final = 1_000
_CALLS: Final = 2_000
_ID: Final = "CAST(substr({id}, 1, 8) || unhex(printf('%016x', n)) AS BLOB)"
_COPIES: Final = {
    "names": f"SELECT n % 1024, machine_id, 'copy-' || n, {_ID.format(id='execution_id')}",
    "executions": f"""SELECT shard, {_ID.format(id="id")}, machine_id, revision, 'copy-' || n, status, started_ms,
        stopped_ms, detail, result, version, alias, redrives, redriven_ms, redrive""",
    "history": f"SELECT shard, {_ID.format(id='execution_id')}, first_event_id, events, batch",
    "listing": f"""SELECT bucket, machine_id, status, sort_ms - n, {_ID.format(id="execution_id")}, shard,
        'copy-' || n, started_ms, stopped_ms, version, alias, redrives, redriven_ms""",
}
_BARS_US: Final = {"DescribeExecution": 150.0, "GetExecutionHistory": 600.0, "ListExecutions": 1_000.0}


def run(count: int) -> list[Row]:
    """CPU of each read with so many executions stored, and with few."""
    rows: list[Row] = []
    for stored in (_FEW, count):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "bench.db")
            with running("--database", database) as server:
                members = _first(server)
            _multiply(database, stored)
            with running("--database", database) as server:
                rows += [_read(server, name, members[name], stored) for name in _BARS_US]
    return rows


def _first(server: Server) -> dict[str, dict[str, Any]]:
    """Start an execution of more than 100 events; what is asked about it."""
    machine = server.create("long", machines.passes(60))
    started = server.call("StartExecution", {"stateMachineArn": machine, "name": "first", "input": machines.INPUT})
    arn = started["executionArn"]
    while server.call("DescribeExecution", {"executionArn": arn})["status"] == "RUNNING":
        time.sleep(0.005)
    return {
        "DescribeExecution": {"executionArn": arn},
        "GetExecutionHistory": {"executionArn": arn, "maxResults": 100},
        "ListExecutions": {"stateMachineArn": machine, "maxResults": 100},
    }


def _multiply(database: str, count: int) -> None:
    connection = apsw.Connection(database)
    connection.execute("BEGIN")
    for table, columns in _COPIES.items():
        numbers = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count})"
        first = "name" if table != "history" else "first_event_id"
        value = "'first'" if table != "history" else "1"
        connection.execute(f"{numbers} INSERT INTO {table} {columns} FROM {table}, series WHERE {first} = {value}")
    connection.execute("COMMIT")
    connection.close()


def _read(server: Server, operation: str, members: dict[str, Any], stored: int) -> Row:
    load(server, operation, members, _CALLS // 10, 8)
    used_s, figures = load(server, operation, members, _CALLS, 8)
    label = f"{operation}, {stored:,} stored"
    return Row(label, used_s / _CALLS * 1e6, "us/request", _BARS_US[operation], note=f"p50 {figures['p50_ms']:.2f} ms")


def sync_express(count: int) -> list[Row]:
    """One Pass, through boto3 on one connection: what a caller waits."""
    with tempfile.TemporaryDirectory() as folder, running("--database", os.path.join(folder, "bench.db")) as server:
        client = boto3.client(
            "stepfunctions",
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{server.port}",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
            config=Config(inject_host_prefix=False),
        )
        machine = client.create_state_machine(
            name="pass", definition=machines.passes(1), roleArn="arn:aws:iam::000000000000:role/bench", type="EXPRESS"
        )["stateMachineArn"]
        waits_ms = []
        for _ in range(count):
            began = time.perf_counter()
            client.start_sync_execution(stateMachineArn=machine, input="{}")
            waits_ms.append((time.perf_counter() - began) * 1e3)
    waits_ms.sort()
    note = f"p99 {waits_ms[int(len(waits_ms) * 0.99)]:.2f} ms"
    return [Row("StartSyncExecution of one Pass, p50", statistics.median(waits_ms), "ms", 5.0, note=note)]
