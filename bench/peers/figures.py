"""What one run of one peer comes to."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from processes import tree_cpu_s

STEPS = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Of so many workflows of ten steps. CPU seconds are for 1,000 steps; the worker's are this process's own."""

    workflows: int
    steps_per_s: float
    cpu_s: float
    server_cpu_s: float
    note: str = ""


class Meter:
    """Reads clock and CPU around a run of a server (a process and its descendants) and of this process, the worker."""

    def __init__(self, server_pid: int | None) -> None:
        self._pid = server_pid
        self._began = (time.perf_counter(), self._server(), self._own())

    def _server(self) -> float:
        return 0.0 if self._pid is None else tree_cpu_s(self._pid)

    @staticmethod
    def _own() -> float:
        used = os.times()
        return used.user + used.system

    def read(self, workflows: int, note: str = "") -> Figures:
        """The figures since this was made."""
        wall = time.perf_counter() - self._began[0]
        server, own = self._server() - self._began[1], self._own() - self._began[2]
        thousands = workflows * STEPS / 1000
        return Figures(workflows, workflows * STEPS / wall, (server + own) / thousands, server / thousands, note)


def measure(run: Callable[[int], Figures], workflows: int) -> None:
    """The command line of a peer's file: run it and print its figures as JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("--workflows", type=int, default=workflows)
    given = options.parse_args()
    sys.stdout.write(json.dumps(asdict(run(given.workflows))) + "\n")
