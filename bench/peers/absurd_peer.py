"""absurd: tasks with checkpoints in PostgreSQL, one asynchronous worker that claims batches of 16."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from absurd_sdk import AsyncAbsurd
from figures import STEPS, Figures, Meter, measure
from processes import postgres

BATCH = 16


async def _work(address: str, pid: int, workflows: int) -> Figures:
    app = AsyncAbsurd(address)
    await app.create_queue("default")
    left = workflows

    async def nothing() -> int:
        return 1

    @app.register_task("steps")
    async def steps(params: Any, ctx: Any) -> int:
        nonlocal left
        done = 0
        for number in range(STEPS):
            done += await ctx.step(f"s{number}", nothing)
        left -= 1
        if not left:
            app.stop_worker()
        return done

    meter = Meter(pid)
    for _ in range(workflows):
        await app.spawn("steps", {})
    await app.start_worker(concurrency=BATCH, batch_size=BATCH)
    return meter.read(workflows, "spawning included")


def run(workflows: int) -> Figures:
    """Spawn all, then work them off."""
    with postgres() as (address, pid):
        tool = Path(sys.executable).with_name("absurdctl")
        subprocess.run(
            [tool, "init"], check=True, capture_output=True, env={**os.environ, "ABSURD_DATABASE_URL": address}
        )
        return asyncio.run(_work(address, pid, workflows))


if __name__ == "__main__":
    measure(run, 700)
