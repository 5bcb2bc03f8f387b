"""SQLite behind the store's driver interface: connections, transactions, the commit thread, checkpoints.

Two connections. The writer fills a transaction on the event loop, without suspending. While the disk is quick the loop
waits for its COMMIT too, which costs less than two changes of thread; once it is not, one thread waits while the loop
gathers the next group; a lock keeps them apart. A thread is slow to get
its turn beside a busy loop (see `sys.setswitchinterval`), so it is asked for one thing a group. The reader sees only
what is committed. A database in memory has one connection and no thread: a transaction there runs from BEGIN to COMMIT
at once. Nothing here knows what the rows mean.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import apsw

from stepwell.store.driver import Row, Rows, Step
from stepwell.store.protocol import StoreBroken, StoreError
from stepwell.store.queries import load_queries
from stepwell.store.records import Fence, Upgrade
from stepwell.store.sqlite.failures import as_store_error
from stepwell.store.sqlite.group import check_fences
from stepwell.store.sqlite.lock import LockFile
from stepwell.store.sqlite.schema import migrate, read_survey

T = TypeVar("T")

WAL_BYTES_MAX = 16 * 1024 * 1024
"""A log longer than this is checkpointed; below, pages that are written again and again are copied once."""

QUICK_COMMIT_S = 0.001
"""A disk whose commits take less is waited for by the event loop itself. A single slow one changes that at once."""

_NEWEST_SHARE = 0.2
_CACHE_KIB = 64 * 1024
_READER_CACHE_KIB = 4 * 1024
"""Reads find what they need in the system's own cache too; a scan of all open executions must not fill our memory."""

_BUSY_S = 1
"""How long a tool that has the file open may hold up a write; the event loop waits."""


def _as_json(_cursor: apsw.Cursor, _place: int, value: Any) -> str:
    """A list of numbers as a parameter, for `json_each`."""
    if not isinstance(value, list):
        raise TypeError(f"a {type(value).__name__} cannot be stored")
    return json.dumps(value)


class Transaction:
    """Statements by name on the writer, between BEGIN and COMMIT."""

    __slots__ = ("_connection", "_queries")

    def __init__(self, connection: apsw.Connection, queries: dict[str, str]) -> None:
        self._connection = connection
        self._queries = queries

    def many(self, query: str, rows: Sequence[Row]) -> int:
        """Run a write once for every row; answers how many rows it changed in all."""
        before = self._connection.total_changes()
        self._connection.executemany(self._queries[query], rows)
        return self._connection.total_changes() - before

    def fetch(self, query: str, *parameters: Any) -> list[Row]:
        """The rows of a query, which sees what the transaction wrote."""
        return self._connection.execute(self._queries[query], parameters).fetchall()


class SqliteDriver:
    """A database in one file or in memory."""

    buckets = 1

    def __init__(
        self, path: str, synchronous: str, commit_delay_ms: float, commit_in_thread: bool | None, shards: int = 1
    ) -> None:
        self.shards = shards
        self._path = path
        self._in_memory = path == ":memory:"
        self._synchronous = synchronous
        self._commit_delay_s = commit_delay_ms / 1000
        self._commit_in_thread = commit_in_thread
        self._commit_s = QUICK_COMMIT_S  # about how long the last commits took; not known to be quick yet
        self._queries = load_queries("stepwell.store.sqlite")
        self._lock_file = LockFile(path)
        self._writer: apsw.Connection | None = None
        self._reader: apsw.Connection | None = None
        self._kept: apsw.Connection | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._turn = asyncio.Lock()
        self._broken: StoreBroken | None = None
        self._checkpoint: asyncio.Task[None] | None = None

    # Life

    async def open(self) -> None:
        """Open, lock and migrate. Raises StoreBusy, StoreNewer, StoreError."""
        if self._writer is not None:
            raise StoreError(f"The database {self._path} is open already.")
        self._turn = asyncio.Lock()
        self._broken = None
        if self._in_memory:
            self._open_in_memory()
        else:
            await self._open_file()

    def _open_in_memory(self) -> None:
        self._kept = self._kept or self._connect()
        self.shards = migrate(self._kept, self._path, self.shards, self.buckets)
        self._writer = self._reader = self._kept

    async def _open_file(self) -> None:
        try:
            await self._lock_file.acquire()
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            self._lock_file.release()
            raise StoreError(f"The database {self._path} cannot be opened: {error}") from error
        try:
            writer = self._writer = self._connect()
            writer.execute("PRAGMA journal_mode = WAL")
            writer.execute(f"PRAGMA synchronous = {self._synchronous}")
            writer.execute("PRAGMA wal_autocheckpoint = 0")
            writer.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")
            self.shards = migrate(writer, self._path, self.shards, self.buckets)
            self._reader = self._connect()
            self._reader.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
            self._reader.execute("PRAGMA query_only = 1")
        except BaseException as error:
            self._let_go()
            if isinstance(error, apsw.Error):
                raise as_store_error(error, self._path) from error
            raise
        self._thread = ThreadPoolExecutor(1, "stepwell-commit")

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(self._path)
        connection.set_busy_timeout(int(_BUSY_S * 1000))
        connection.convert_binding = _as_json
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    async def close(self) -> None:
        """Wait for what is being written, then let go of the database."""
        if self._checkpoint is not None:
            await self._checkpoint
        async with self._turn:
            if self._thread is not None:
                self._thread.shutdown()
                self._thread = None
            if self._writer is not None and not self._in_memory and self._broken is None:
                self._run_checkpoint(self._writer, "TRUNCATE")
            self._let_go()

    def _let_go(self) -> None:
        """Close connections and unlock; what is in memory is kept."""
        for connection in (self._reader, self._writer):
            if connection is not None and not self._in_memory:
                connection.close()
        self._reader = self._writer = None
        self._lock_file.release()

    def survey(self) -> Upgrade:
        """What `open` would change. Raises StoreNewer, StoreError."""
        try:
            return read_survey(self._path)
        except apsw.Error as error:
            raise as_store_error(error, self._path) from error

    # Reads

    async def fetch(self, query: str, *parameters: Any) -> list[Row]:
        """The rows of one query, of committed data."""
        with self._reading() as reader:
            return reader.execute(self._queries[query], parameters).fetchall()

    async def read(self, steps: Sequence[Step]) -> list[list[Row]]:
        """The rows of several queries that see the same moment."""
        with self._reading() as reader:
            reader.execute("BEGIN")
            try:
                return [reader.execute(self._queries[query], parameters).fetchall() for query, parameters in steps]
            finally:
                reader.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        if self._reader is None:
            raise StoreError(f"The database {self._path} is not open.")
        try:
            yield self._reader
        except apsw.Error as error:
            raise as_store_error(error, self._path) from error

    # Writes

    async def write(self, steps: Sequence[Step], fences: Sequence[Fence] = ()) -> list[int]:
        """Run writes in one durable transaction, if every fence stands; answers how many rows each changed."""

        def work(transaction: Transaction) -> list[int]:
            check_fences(transaction, fences)
            return [transaction.many(query, [row]) for query, row in steps]

        return await self.transact(work)

    async def write_rows(self, steps: Sequence[Rows], fences: Sequence[Fence] = ()) -> list[int]:
        """The same of many rows."""

        def work(transaction: Transaction) -> list[int]:
            check_fences(transaction, fences)
            return [transaction.many(query, rows) if rows else 0 for query, rows in steps]

        return await self.transact(work)

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction that is durable when this returns.

        Raises CommitRefused for bad data, StoreError when the disk is full (nothing is written then), StoreBroken when
        it failed. A caller that is cancelled learns nothing of the outcome, but the transaction is over by then.
        """
        async with self._turn:
            writer = self._usable()
            try:
                writer.execute("BEGIN IMMEDIATE")
                answer = work(Transaction(writer, self._queries))
                await self._commit(writer)
            except BaseException as error:
                self._roll_back(writer)
                if isinstance(error, StoreError) or not isinstance(error, Exception):
                    raise
                raise self._noted(as_store_error(error, self._path)) from error
        if not self._in_memory and self._checkpoint_if_long():
            await asyncio.sleep(0)  # let it have its turn: commits that the loop waits for itself leave it none
        return answer

    def _usable(self) -> apsw.Connection:
        if self._broken is not None:
            raise StoreBroken(str(self._broken))
        if self._writer is None:
            raise StoreError(f"The database {self._path} is not open.")
        return self._writer

    async def _commit(self, writer: apsw.Connection) -> None:
        if self._in_memory:
            writer.execute("COMMIT")
            if self._commit_delay_s:
                await asyncio.sleep(self._commit_delay_s)
        elif self._goes_to_thread():
            await self._in_thread(lambda: self._commit_now(writer))
        else:
            self._commit_now(writer)

    def _goes_to_thread(self) -> bool:
        if self._commit_in_thread is None:
            return self._commit_s >= QUICK_COMMIT_S
        return self._commit_in_thread

    def _commit_now(self, writer: apsw.Connection) -> None:
        began = time.perf_counter()
        if self._commit_delay_s:
            time.sleep(self._commit_delay_s)
        writer.execute("COMMIT")
        self._commit_s += (time.perf_counter() - began - self._commit_s) * _NEWEST_SHARE

    async def _in_thread(self, work: Callable[[], None]) -> None:
        """Run in the commit thread and wait for the end even when cancelled: the writer is not free before."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                try:
                    await asyncio.wait([running])
                except asyncio.CancelledError:
                    continue
            running.result()
            raise

    def _roll_back(self, writer: apsw.Connection) -> None:
        try:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
        except apsw.Error as error:
            self._noted(as_store_error(error, self._path))

    def _noted(self, error: StoreError) -> StoreError:
        """Remember that the disk failed, if that is what happened."""
        if isinstance(error, StoreBroken):
            self._broken = error
        return error

    # Checkpoints

    def _checkpoint_if_long(self) -> bool:
        """Begin to copy a long log into the database, after the commit that made it long; whether that was needed."""
        if self._checkpoint is not None or self._log_bytes() <= WAL_BYTES_MAX:
            return False
        self._checkpoint = asyncio.create_task(self._copy_log())
        return True

    def _log_bytes(self) -> int:
        try:
            return os.stat(f"{self._path}-wal").st_size
        except OSError:
            return 0  # somebody took the file away: no reason to call the commit before it a failure

    async def _copy_log(self) -> None:
        try:
            async with self._turn:
                writer = self._writer
                if writer is not None:
                    await self._in_thread(lambda: self._run_checkpoint(writer, "PASSIVE"))
        finally:
            self._checkpoint = None

    def _run_checkpoint(self, writer: apsw.Connection, mode: str) -> None:
        """With the writer at rest, so that the next transaction begins the log anew."""
        try:
            writer.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except apsw.Error as error:
            self._noted(as_store_error(error, self._path))
