"""Maps: what an item costs, by how many there are.

A distributed Map reads JSON Lines from a folder of local buckets and runs an Express child with one Pass for each; an
inline Map runs one Pass in each iteration.
"""

import asyncio
import json
import os
import tempfile
import time
from typing import Any, Final

from bench.embedded import embedded
from bench.measure import Row, cpu_s, highest_memory_kb, stopwatch
from bench.wire import Server, running

_FEW: Final = 10_000
_RATE_BAR: Final = 2_000.0  # items a second on two cores
_WIDE: Final = 10_000
_NARROW: Final = 10
_TOGETHER: Final = 100  # executions that run at once, so that narrow ones share their commits


def distributed(count: int) -> list[Row]:
    """CPU and wall time of an item of a distributed Map over so many items, beside one over few."""
    rows: list[Row] = []
    costs = []
    for items in (_FEW, count):
        with tempfile.TemporaryDirectory() as folder:
            _write_items(folder, items)
            with running("--database", os.path.join(folder, "bench.db"), "--buckets", folder) as server:
                used_s, wall_s = _walk_items(server)
                peak_kb = highest_memory_kb(server.pid)
        costs.append(used_s / items)
        label = f"distributed Map over {items:,} items"
        rows.append(Row(label, used_s / items * 1e6, "us/item", note=f"memory at most {peak_kb / 1024:.0f} MB"))
        rows.append(Row("  rate", items / wall_s, "items/s", _RATE_BAR, higher_is_better=True))
    return [*rows, Row("an item of many against one of few", costs[1] / costs[0], "ratio", 1.2)]


def _write_items(folder: str, items: int) -> None:
    bucket = os.path.join(folder, "data")
    os.mkdir(bucket)
    with open(os.path.join(bucket, "items.jsonl"), "w", encoding="ascii") as lines:
        lines.writelines(f'{{"n":{number}}}\n' for number in range(items))


def _walk_items(server: Server) -> tuple[float, float]:
    """Run the Map: CPU seconds of the server, and wall seconds."""
    machine = server.create("walk", json.dumps(_DISTRIBUTED))
    cpu, wall = cpu_s(server.pid), time.perf_counter()
    started = server.call("StartExecution", {"stateMachineArn": machine})
    while (found := server.call("DescribeExecution", {"executionArn": started["executionArn"]}))["status"] == "RUNNING":
        time.sleep(0.1)
    if found["status"] != "SUCCEEDED":
        raise RuntimeError(f"the Map ended {found['status']}: {found.get('cause')}")
    return cpu_s(server.pid) - cpu, time.perf_counter() - wall


async def inline(count: int) -> list[Row]:
    """CPU of a step in an inline Map that is wide, beside one in Maps that are narrow; the limit of events raised."""
    narrow = await _inline(_NARROW, count // _NARROW)
    wide = await _inline(_WIDE, max(count // _WIDE, 1))
    return [
        Row(f"step in an inline Map of {_NARROW}", narrow, "us/step"),
        Row(f"step in an inline Map of {_WIDE:,}", wide, "us/step"),
        Row("a step in the wide one against the narrow", wide / narrow, "ratio", 1.5),
    ]


async def _inline(width: int, executions: int) -> float:
    items = json.dumps(list(range(width)))
    async with embedded(json.dumps(_INLINE), events_max=10_000_000) as server:

        async def client(first: int) -> None:
            for number in range(first, executions, _TOGETHER):
                await server.runtime.wait_closed(await server.start(f"map-{number}", items))

        await server.runtime.wait_closed(await server.start("warm", items))
        with stopwatch() as watch:
            await asyncio.gather(*(client(first) for first in range(_TOGETHER)))
    return watch.cpu_s / (width * executions) * 1e6


def _map(processor: dict[str, Any], **fields: Any) -> dict[str, Any]:
    states = {"P": {"Type": "Pass", "End": True}}
    walk = {"Type": "Map", "End": True, "ItemProcessor": {**processor, "StartAt": "P", "States": states}, **fields}
    return {"StartAt": "M", "States": {"M": walk}}


_INLINE: Final = _map({})
_DISTRIBUTED: Final = _map(
    {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}},
    MaxConcurrency=1_000,
    ItemReader={
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSONL"},
        "Parameters": {"Bucket": "data", "Key": "items.jsonl"},
    },
    ResultWriter={
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "data", "Prefix": "results"},
    },
)
