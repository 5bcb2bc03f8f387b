"""Activity workers in a process of their own: they start executions, claim tasks and complete them, over HTTP.

Each worker keeps a connection to every node, and sends each request to the next node, whoever drives the execution.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from itertools import cycle

from bench.peers.stepwell_wire import Wire


class Work:
    """So many executions of so many steps: as many are open as there are workers, until the last ones end."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._ports: list[int] = given.ports
        self._machine, self._activity = given.machine, given.activity
        self._steps = given.steps
        self._to_start = self._to_end = given.executions
        self._over = asyncio.Event()
        self._times: list[float] = []

    async def run(self, workers: int) -> dict[str, float]:
        """Until all have ended. The time of a step: from the claim to the completion, of a task that was there."""
        began = time.perf_counter()
        working = [asyncio.ensure_future(self._work(number)) for number in range(workers)]
        over = asyncio.ensure_future(self._over.wait())
        done, _ = await asyncio.wait([over, *working], return_when=asyncio.FIRST_COMPLETED)
        for task in (*working, over):
            task.cancel()
        for task in done - {over}:
            task.result()
        wall_s = time.perf_counter() - began
        return {
            "steps": len(self._times),
            "per_s": len(self._times) / wall_s,
            "p50_ms": statistics.median(self._times) * 1000,
        }

    async def _work(self, number: int) -> None:
        wires = [await Wire.to(port) for port in self._ports]
        nodes = cycle(wires[number % len(wires) :] + wires[: number % len(wires)])
        await self._start(next(nodes))
        while True:
            began = time.perf_counter()
            task = await next(nodes).call("GetActivityTask", activityArn=self._activity)
            if not task.get("taskToken"):
                continue
            done = int(task["input"]) + 1
            await next(nodes).call("SendTaskSuccess", taskToken=task["taskToken"], output=str(done))
            self._times.append(time.perf_counter() - began)
            if done == self._steps:
                self._to_end -= 1
                if not self._to_end:
                    self._over.set()
                await self._start(next(nodes))

    async def _start(self, wire: Wire) -> None:
        if self._to_start:
            self._to_start -= 1
            await wire.call("StartExecution", stateMachineArn=self._machine, input="0")


def main() -> None:
    """Do the work and print its figures as JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("machine", help="ARN of a state machine of `machines.activity_steps`")
    options.add_argument("activity", help="ARN of its activity")
    options.add_argument("ports", type=int, nargs="+", help="of the nodes")
    options.add_argument("--executions", type=int, default=100)
    options.add_argument("--steps", type=int, default=10)
    options.add_argument("--workers", type=int, default=16)
    given = options.parse_args()
    try:
        import uvloop

        figures = uvloop.run(Work(given).run(given.workers))
    except ImportError:
        figures = asyncio.run(Work(given).run(given.workers))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
