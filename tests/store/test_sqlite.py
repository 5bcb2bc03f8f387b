"""What is SQLite's own: the lock, full and broken disks, loss of the process, cancelled callers, the log's length."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from stepwell.store import CommitRefused, StoreBroken, StoreBusy, StoreError
from stepwell.store.sqlite import SqliteStore, driver
from tests.store.rows import MACHINE, closed, started, stepped

ROOT = Path(__file__).parents[2]


def writer_of(store: SqliteStore) -> apsw.Connection:
    connection = store._sqlite._writer
    assert connection is not None
    return connection


def modes_in(folder: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}


# The lock


async def test_one_server_has_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    first, second = SqliteStore(path), SqliteStore(path)
    await first.open()
    with pytest.raises(StoreBusy) as caught:
        await second.open()
    assert f"{path} is in use by the process {os.getpid()}" in str(caught.value)
    with pytest.raises(StoreError, match="open already"):
        await first.open()
    await first.close()
    await second.open()
    await second.close()


async def test_a_server_that_is_about_to_end_is_waited_for(tmp_path: Path) -> None:
    child = start_writer(tmp_path, "1")
    acknowledged(child, 1)
    store = SqliteStore(tmp_path / "s.db")
    opening = asyncio.ensure_future(store.open())
    await asyncio.sleep(0)
    assert not opening.done()
    child.kill()
    await opening
    await store.close()
    child.wait()


async def test_a_killed_server_frees_the_file(tmp_path: Path) -> None:
    child = start_writer(tmp_path, "1")
    acknowledged(child, 1)
    store = SqliteStore(tmp_path / "s.db")
    with pytest.raises(StoreBusy, match=f"process {child.pid}"):
        await store.open()
    child.kill()
    child.wait()
    await store.open()
    await store.close()


async def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        await SqliteStore(tmp_path / "absent" / "s.db").open()


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        await SqliteStore(tmp_path).open()


async def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    await store.commit([started("a")])
    modes = modes_in(tmp_path)
    assert modes == dict.fromkeys(("s.db", "s.db-wal", "s.db-shm", "s.db.lock"), "0o600")
    await store.close()


# Loss of the process


def start_writer(folder: Path, group: str, limit_bytes: str = "") -> subprocess.Popen[str]:
    arguments = [sys.executable, "-m", "tests.store.writer", str(folder / "s.db"), group, limit_bytes]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def acknowledged(child: subprocess.Popen[str], lines: int) -> list[str]:
    assert child.stdout is not None
    return [name for _ in range(lines) for name in child.stdout.readline().split()]


@pytest.mark.parametrize(("group", "lines"), [("1", 1), ("1", 40), ("7", 25), ("100", 10)])
async def test_a_killed_process_keeps_what_it_acknowledged(tmp_path: Path, group: str, lines: int) -> None:
    child = start_writer(tmp_path, group)
    names = acknowledged(child, lines)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert child.stdout is not None
    names += child.stdout.read().split()
    assert len(names) >= int(group) * lines
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    for name in names:
        execution_id = await store.find_execution(MACHINE, name)
        assert execution_id is not None
        opened = await store.load_open(execution_id)
        assert opened is not None
        assert opened.next_event_id == 3
    count = await store.count_open(MACHINE)
    assert len(names) <= count <= len(names) + 2 * int(group)
    assert count % int(group) == 0
    await store.close()


# Disks


async def test_a_full_disk_takes_nothing_and_recovers(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    await store.commit([started("before")])
    pages = writer_of(store).execute("PRAGMA page_count").fetchone()[0]
    writer_of(store).execute(f"PRAGMA max_page_count = {pages + 3}")
    group = [started("a"), started("b", batch=bytes(100_000))]
    for _ in range(3):
        with pytest.raises(StoreError, match="is full; nothing was written") as caught:
            await store.commit(group)
        assert not isinstance(caught.value, (CommitRefused, StoreBroken))
    assert await store.count_open(MACHINE) == 1
    await store.commit([started("small")])
    writer_of(store).execute("PRAGMA max_page_count = 1000000")
    assert await store.commit(group) == {}
    assert await store.count_open(MACHINE) == 4
    assert writer_of(store).execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    await store.close()


async def test_a_disk_that_fails_ends_the_store(tmp_path: Path) -> None:
    """A limit on the size of files makes the system refuse to write, as a failing disk does."""
    child = start_writer(tmp_path, "20", str(600_000))
    output, _ = child.communicate(timeout=30)
    *names, verdict = output.split()
    assert child.returncode == 0
    assert verdict == "broken"
    assert names
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    found = [await store.find_execution(MACHINE, name) for name in names]
    assert None not in found
    await store.commit([started("again")])
    await store.close()


class Failing:
    """A connection on which a statement that begins so fails, once."""

    def __init__(self, connection: apsw.Connection, statement: str, error: Exception) -> None:
        self._connection, self._statement, self._error = connection, statement, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *parameters: Any) -> apsw.Cursor:
        if self._statement and statement.startswith(self._statement):
            self._statement = ""
            raise self._error
        return self._connection.execute(statement, *parameters)


def io_error() -> apsw.IOError:
    error = apsw.IOError("disk I/O error")
    error.result, error.extendedresult = apsw.SQLITE_IOERR, apsw.SQLITE_IOERR_FSYNC
    return error


@pytest.mark.parametrize("path", ["s.db", ":memory:"])
async def test_a_failed_fsync_is_not_tried_again(tmp_path: Path, path: str) -> None:
    store = SqliteStore(path if path == ":memory:" else tmp_path / path)
    await store.open()
    await store.commit([started("before")])
    store._sqlite._writer = Failing(writer_of(store), "COMMIT", io_error())  # type: ignore[assignment]
    with pytest.raises(StoreBroken, match="restart the server: disk I/O error"):
        await store.commit([started("lost")])
    for _ in range(2):
        with pytest.raises(StoreBroken, match="restart the server"):
            await store.commit([started("after")])
        with pytest.raises(StoreBroken, match="restart the server"):
            await store.put_meta("key", b"value")
    assert await store.count_open(MACHINE) == 1
    await store.close()
    await store.open()
    assert await store.commit([started("after")]) == {}
    assert await store.count_open(MACHINE) == 2
    await store.close()


async def test_a_rollback_that_fails_ends_the_store(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    store._sqlite._writer = Failing(writer_of(store), "ROLLBACK", io_error())  # type: ignore[assignment]
    with pytest.raises(CommitRefused):
        await store.commit([started("lone \ud800")])
    with pytest.raises(StoreBroken):
        await store.commit([started("a")])
    await store.close()


async def test_a_busy_file_is_an_error_that_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "_BUSY_S", 0.01)
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    other = apsw.Connection(str(tmp_path / "s.db"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="database is locked"):
        await store.commit([started("a")])
    other.execute("ROLLBACK")
    assert await store.commit([started("a")]) == {}
    other.close()
    await store.close()


async def test_a_read_that_fails_is_the_stores_error(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    writer_of(store).execute("DROP TABLE history")
    with pytest.raises(StoreError, match="no such table"):
        await store.load_history(bytes(16), 1, 1)
    start = started("a")
    with pytest.raises(StoreError, match="no such table"):
        await store.commit([start])
    with pytest.raises(StoreError, match="no such table"):
        await store.load_open(start.execution_id)
    await store.close()


# Callers and time


class SlowDisk:
    """Each COMMIT waits until it is let through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passes = threading.Semaphore(0)
        commit = driver.SqliteDriver._commit_now

        def wait_and_commit(sqlite: driver.SqliteDriver, writer: apsw.Connection) -> None:
            self.passes.acquire()
            commit(sqlite, writer)

        monkeypatch.setattr(driver.SqliteDriver, "_commit_now", wait_and_commit)


async def test_a_cancelled_caller_leaves_the_store_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SlowDisk(monkeypatch)
    store = SqliteStore(tmp_path / "s.db", commit_in_thread=True)
    await store.open()
    first = asyncio.create_task(store.commit([started("a")]))
    second = asyncio.create_task(store.commit([started("b")]))
    await asyncio.sleep(0)  # the first waits for the disk, the second for the first
    for _ in range(2):
        first.cancel()
        await asyncio.sleep(0)
    assert await store.count_open(MACHINE) == 0
    disk.passes.release()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await store.count_open(MACHINE) == 1
    second.cancel()
    disk.passes.release(2)
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await store.commit([started("c")]) == {}
    await store.close()


async def test_readers_see_only_what_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SlowDisk(monkeypatch)
    store = SqliteStore(tmp_path / "s.db", commit_in_thread=True)
    await store.open()
    start = started("a")
    writing = asyncio.create_task(store.commit([start]))
    await asyncio.sleep(0)
    assert await store.load_execution(start.execution_id) is None
    assert await store.load_open(start.execution_id) is None
    disk.passes.release()
    await writing
    assert await store.load_open(start.execution_id) is not None
    await store.close()


@pytest.mark.parametrize("path", ["s.db", ":memory:"])
async def test_the_delay_delays(tmp_path: Path, path: str) -> None:
    store = SqliteStore(path if path == ":memory:" else tmp_path / path, synchronous="NORMAL", commit_delay_ms=20)
    await store.open()
    loop = asyncio.get_running_loop()
    before = loop.time()
    await store.commit([started("a")])
    assert loop.time() - before >= 0.02
    await store.close()


@pytest.mark.parametrize("log_bytes", [0, 1_000_000])
async def test_close_waits_for_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_bytes: int) -> None:
    monkeypatch.setattr(driver, "WAL_BYTES_MAX", log_bytes)
    store = SqliteStore(tmp_path / "s.db", commit_delay_ms=30)
    await store.open()
    writing = asyncio.create_task(store.commit([started("a")]))
    await asyncio.sleep(0)
    await store.close()
    assert await writing == {}
    await asyncio.sleep(0.01)
    await store.open()
    assert await store.count_open(MACHINE) == 1
    await store.close()


# The log


async def test_the_log_stays_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is copied when it is long, then begun anew, and gone after a close."""
    monkeypatch.setattr(driver, "WAL_BYTES_MAX", 200_000)
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    start = started("a")
    await store.commit([start])
    sizes = []
    for at in range(200):
        await store.commit([stepped(start, 3 + at, os.urandom(8000))])
        sizes.append((tmp_path / "s.db-wal").stat().st_size)
    assert 200_000 < max(sizes) < 300_000
    assert (tmp_path / "s.db").stat().st_size > 1_000_000
    await store.commit([closed(start)])
    await store.close()
    assert not (tmp_path / "s.db-wal").exists()


async def test_close_waits_for_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "WAL_BYTES_MAX", 0)
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    await store.commit([started("a")])
    await store.close()
    assert not (tmp_path / "s.db-wal").exists()


async def test_a_log_that_somebody_took_away_fails_no_commit(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    await store.commit([started("a")])
    (tmp_path / "s.db-wal").unlink()
    assert await store.commit([started("b")]) == {}
    await store.close()


async def test_a_checkpoint_that_fails_ends_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "WAL_BYTES_MAX", 0)
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    store._sqlite._writer = Failing(writer_of(store), "PRAGMA", io_error())  # type: ignore[assignment]
    await store.commit([started("a")])
    async with store._sqlite._turn:  # once the checkpoint is over
        pass
    with pytest.raises(StoreBroken):
        await store.commit([started("b")])
    await store.close()
    await store.open()
    assert await store.count_open(MACHINE) == 1
    await store.close()


async def test_lists_are_ranges_of_the_key(tmp_path: Path) -> None:
    """However long a list is, a page of it touches only its own lines."""
    store = SqliteStore(tmp_path / "s.db")
    await store.open()
    queries = store._sqlite._queries
    for query, parameters in {
        "list_executions": (0, MACHINE, 1, b"", 1, "FAILED"),
        "list_all_executions": (0, MACHINE, 1, b"", 1),
        "list_open": (0, MACHINE, 1),
        "load_history": (0, MACHINE, 1, 2),
        "load_history_back": (0, MACHINE, 1, 2),
    }.items():
        plan = [row[3] for row in writer_of(store).execute(f"EXPLAIN QUERY PLAN {queries[query]}", parameters)]
        assert any("SEARCH" in step for step in plan)
        assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in plan), plan
    await store.close()
