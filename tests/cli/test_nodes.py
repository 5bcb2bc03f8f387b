"""`stepwell nodes`, and several processes on one port, on a real PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
import time

from click.testing import CliRunner

from stepwell.cli.nodes import _lines, _ranges
from stepwell.cli.program import program
from tests.kill.harness import Gone, call, free_port

SHARDS = 64


def asked(database: str) -> dict:
    result = CliRunner().invoke(program, ["nodes", "--json", "--database", database])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def until(condition, seconds: float = 30.0):
    """What the condition gives, once that is something."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_a_database_without_nodes_says_so(database: str) -> None:
    result = CliRunner().invoke(program, ["nodes", "--database", database])
    assert result.output == f"No node drives executions of this database; it has {SHARDS} shards.\n"
    report = asked(database)
    assert (report["nodes"], report["shards"], report["free"]) == ([], SHARDS, list(range(SHARDS)))


def test_sqlite_has_no_nodes() -> None:
    result = CliRunner().invoke(program, ["nodes", "--database", "stepwell.db"])
    assert result.exit_code == 2
    assert "one server at a time" in result.output


def test_shards_are_told_as_ranges() -> None:
    assert _ranges([0, 1, 2, 5, 7, 8]) == "6: 0-2, 5, 7-8"
    assert _ranges([]) == "0"


def test_the_table_says_who_has_what() -> None:
    node = {"name": "a:1", "address": "127.0.0.1:80", "started": "2026-01-01T00:00:00Z", "shards": [0, 1]}
    lines = _lines({"nodes": [node], "shards": 3, "free": [2]})
    assert lines[0].split() == ["NODE", "ADDRESS", "SINCE", "SHARDS"]
    assert lines[1].split(None, 3) == ["a:1", "127.0.0.1:80", "2026-01-01T00:00:00Z", "2: 0-1"]
    assert lines[2].split(None, 1) == ["(nobody)", "1: 2"]


def test_several_processes_share_a_port_and_are_begun_anew(database: str) -> None:
    port = free_port()
    command = [sys.executable, "-m", "stepwell", "serve", "--processes", "2", "--port", str(port), "--lease", "1"]
    parent = subprocess.Popen([*command, "--database", database], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        until(lambda: serves(port))
        both = until(lambda: names_of(database, 2))
        victim = int(both[0].rpartition(":")[2])
        os.kill(victim, signal.SIGKILL)
        until(lambda: both[0] not in (names_of(database, 2) or both))
        until(lambda: serves(port))
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(30) == 0
        assert asked(database)["nodes"] == []
    finally:
        parent.kill()
        output = parent.communicate()[0].decode()
    assert f"http://127.0.0.1:{port}" in output
    assert f"The process {victim} has ended with -9" in output


def serves(port: int) -> bool:
    try:
        call(port, "ListActivities", 2.0, maxResults=1)
    except Gone:
        return False
    return True


def names_of(database: str, count: int) -> list[str] | None:
    """The names of the nodes, if there are so many and all shards have one of them."""
    report = asked(database)
    busy = [node["name"] for node in report["nodes"] if node["shards"]]
    return busy if len(busy) == count and not report["free"] else None


def test_several_processes_need_postgresql() -> None:
    result = CliRunner().invoke(program, ["serve", "--processes", "2", "--database", ":memory:"])
    assert result.exit_code == 2
    assert "postgresql://" in result.output
