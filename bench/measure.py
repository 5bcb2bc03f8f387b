"""What the benchmarks share: rows of figures, and how CPU time and memory of a process are read."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `bar` is what it must not exceed (or, for ratios, must reach); None where there is no bar."""

    name: str
    figure: float
    unit: str
    bar: float | None = None
    higher_is_better: bool = False
    note: str = ""

    @property
    def good(self) -> bool | None:
        """Whether the bar is held, None without one."""
        if self.bar is None:
            return None
        return self.figure >= self.bar if self.higher_is_better else self.figure <= self.bar


class Stopwatch:
    """CPU and wall seconds of a stretch of this process."""

    cpu_s = 0.0
    wall_s = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Time the body of a `with` statement."""
    watch = Stopwatch()
    cpu, wall = time.process_time(), time.perf_counter()
    yield watch
    watch.cpu_s = time.process_time() - cpu
    watch.wall_s = time.perf_counter() - wall


def cpu_s(pid: int) -> float:
    """User and system CPU seconds that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_kb(pid: int) -> int:
    """Resident memory of a process that it shares with nobody or somebody, in KB."""
    return _status(pid, "VmRSS")


def highest_memory_kb(pid: int) -> int:
    """The most of it that the process ever had, in KB."""
    return _status(pid, "VmHWM")


def threads(pid: int) -> int:
    """How many threads a process has."""
    return _status(pid, "Threads")


def _status(pid: int, field: str) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next((int(line.split()[1]) for line in status if line.startswith(f"{field}:")), 0)


def show(rows: list[Row]) -> None:
    """Print rows as a table; figures beyond their bar are marked."""
    width = max(len(row.name) for row in rows)
    for row in rows:
        mark = {None: " ", True: "+", False: "!"}[row.good]
        bar = "" if row.bar is None else f"(bar {'>=' if row.higher_is_better else '<='} {row.bar:g})"
        sys.stdout.write(
            f"{mark} {row.name:<{width}}  {row.figure:>10.3f} {row.unit:<12} {bar} {row.note}".rstrip() + "\n"
        )


def as_dicts(rows: list[Row]) -> list[dict[str, object]]:
    """Rows for `--json`."""
    return [{**asdict(row), "good": row.good} for row in rows]
