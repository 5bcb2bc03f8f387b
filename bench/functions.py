"""Local functions: a warm function's task, from StartExecution to the end of the execution."""

import tempfile
import time
from pathlib import Path

from bench import machines
from bench.embedded import embedded
from bench.measure import Row
from stepwell.functions.pool import FunctionPool
from stepwell.integrations.aws_lambda import LambdaIntegration
from stepwell.integrations.invocations import Invocations
from stepwell.integrations.lambda_local import LocalInvoker

_SOURCES = {
    "Python": ("echo.py", "def handler(event, context):\n    return event\n"),
    "JavaScript": ("echo.mjs", "export const handler = async (event) => event;\n"),
}


async def run(count: int) -> list[Row]:
    """One execution at a time, for each language."""
    rows: list[Row] = []
    for language, (file, text) in _SOURCES.items():
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / file).write_text(text, encoding="utf-8")
            times_ms = await _times_ms(folder, count)
        middle, late = times_ms[len(times_ms) // 2], times_ms[len(times_ms) * 99 // 100]
        rows.append(Row(f"local function in {language}, warm, p50", middle, "ms", 5.0))
        rows.append(Row(f"  p99 ({language})", late, "ms"))
    return rows


async def _times_ms(folder: str, count: int) -> list[float]:
    pool = FunctionPool(folder)
    functions = LambdaIntegration(LocalInvoker(pool, Invocations(pool)))
    try:
        async with embedded(machines.tasks(1), functions=functions) as server:
            await server.runtime.wait_closed(await server.start("cold", '{"a":1}'))
            times_ms = []
            for i in range(count):
                began = time.perf_counter()
                await server.runtime.wait_closed(await server.start(f"warm-{i}", '{"a":1}'))
                times_ms.append((time.perf_counter() - began) * 1000)
    finally:
        await pool.close()
    return sorted(times_ms)
