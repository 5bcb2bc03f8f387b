"""Stepwell: an activity worker over HTTP, one node on SQLite with every commit synced (or on PostgreSQL)."""

import asyncio
import json
import os
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from figures import STEPS, Figures, Meter, measure
from processes import free_port, postgres, running, tree_cpu_s
from stepwell_wire import Wire

CONNECTIONS = 64
ROLE = "arn:aws:iam::000000000000:role/bench"


class Work:
    """So many executions, at most 64 open: whoever does the last step of one starts the next."""

    def __init__(self, port: int, workflows: int) -> None:
        self._port = port
        self._to_start = workflows
        self._to_end = workflows
        self._over = asyncio.Event()
        self.machine = self.activity = ""

    async def prepare(self) -> None:
        """The state machine and its activity."""
        wire = await Wire.to(self._port)
        self.activity = (await wire.call("CreateActivity", name="step"))["activityArn"]
        states: dict[str, Any] = {
            f"S{number}": {"Type": "Task", "Resource": self.activity, "Next": f"S{number + 1}"}
            for number in range(STEPS)
        }
        states[f"S{STEPS}"] = {"Type": "Succeed"}
        definition = json.dumps({"StartAt": "S0", "States": states})
        made = await wire.call("CreateStateMachine", name="steps", definition=definition, roleArn=ROLE)
        self.machine = made["stateMachineArn"]

    async def run(self) -> None:
        """Until all have ended."""
        wires = [await Wire.to(self._port) for _ in range(CONNECTIONS)]
        workers = [asyncio.ensure_future(self._work(wire)) for wire in wires]
        await self._over.wait()
        for worker in workers:
            worker.cancel()

    async def _work(self, wire: Wire) -> None:
        await self._start(wire)
        while True:
            task = await wire.call("GetActivityTask", activityArn=self.activity)
            if not task.get("taskToken"):
                continue
            done = int(task["input"]) + 1
            await wire.call("SendTaskSuccess", taskToken=task["taskToken"], output=str(done))
            if done == STEPS:
                self._to_end -= 1
                if not self._to_end:
                    self._over.set()
                await self._start(wire)

    async def _start(self, wire: Wire) -> None:
        if self._to_start:
            self._to_start -= 1
            await wire.call("StartExecution", stateMachineArn=self.machine, input="0")


async def _measure(port: int, pid: int, workflows: int, database_pid: int | None) -> Figures:
    work = Work(port, workflows)
    await work.prepare()
    meter = Meter(pid)
    database_s = tree_cpu_s(database_pid) if database_pid else 0.0
    await work.run()
    figures = meter.read(workflows)
    if database_pid is None:
        return figures
    more = (tree_cpu_s(database_pid) - database_s) / (workflows * STEPS / 1000)
    return Figures(
        workflows,
        figures.steps_per_s,
        figures.cpu_s + more,
        figures.server_cpu_s + more,
        f"PostgreSQL {more:.3f}",
    )


def run(workflows: int, *, on_postgres: bool = False) -> Figures:
    """A server of this repository's own, and a worker in this process."""
    with tempfile.TemporaryDirectory() as folder, postgres() if on_postgres else nullcontext() as database:
        address, pid = database or (f"{folder}/steps.db", None)
        port = free_port()
        command = [os.environ.get("STEPWELL", "stepwell"), "serve", "--port", str(port), "--database", address]
        with running(command, port, Path(folder)) as server:
            import uvloop

            return uvloop.run(_measure(port, server, workflows, pid))


if __name__ == "__main__":
    on_postgres = "--postgres" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--postgres"]
    measure(lambda workflows: run(workflows, on_postgres=on_postgres), 3_000)
