"""Temporal's development server on an SQLite file: ten activities a workflow, 32 workflows at once."""

import asyncio
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from figures import STEPS, Figures, Meter, measure
from processes import free_port, running
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

AT_ONCE = 32


@activity.defn
async def step(number: int) -> int:
    """Nothing."""
    return number + 1


@workflow.defn
class Steps:
    """Ten steps."""

    @workflow.run
    async def run(self) -> int:
        """One after another."""
        number = 0
        for _ in range(STEPS):
            number = await workflow.execute_activity(step, number, start_to_close_timeout=timedelta(seconds=60))
        return number


async def _work(port: int, pid: int, workflows: int) -> Figures:
    client = await Client.connect(f"127.0.0.1:{port}")
    options = {"workflows": [Steps], "activities": [step], "workflow_runner": UnsandboxedWorkflowRunner()}
    async with Worker(client, task_queue="steps", **options):
        assert await client.execute_workflow(Steps.run, id="warm", task_queue="steps") == STEPS
        meter = Meter(pid)
        room = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with room:
                assert await client.execute_workflow(Steps.run, id=f"w{number}", task_queue="steps") == STEPS

        await asyncio.gather(*(one(number) for number in range(workflows)))
        return meter.read(workflows)


def run(workflows: int) -> Figures:
    """The server that `temporal server start-dev` is."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [str(Path(sys.executable).with_name("temporal")), "server", "start-dev", "--headless"]
        command += ["--port", str(port), "--db-filename", f"{folder}/temporal.db", "--log-level", "error"]
        with running(command, port, Path(folder)) as pid:
            return asyncio.run(_work(port, pid, workflows))


if __name__ == "__main__":
    measure(run, 100)
