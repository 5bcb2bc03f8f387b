"""PostgreSQL behind the store's driver interface: sessions, transactions, tries. Nothing here knows what rows mean."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import asyncpg

from stepwell.store.driver import Row, Rows, Step
from stepwell.store.postgres.address import Address
from stepwell.store.postgres.failures import Conflict, ConnectionLost, as_store_error, gone
from stepwell.store.postgres.pool import Connection, Pool
from stepwell.store.postgres.schema import lacks, migrate, read_meta
from stepwell.store.protocol import StaleOwner, StoreError
from stepwell.store.queries import load_queries
from stepwell.store.records import Fence, Upgrade

T = TypeVar("T")

TRIES: Final = 12
"""How often a transaction is tried that others are in the way of; the pauses between grow to a tenth of a second."""

_DICE: Final = random.Random()
_CONNECT_S: Final = 2
_STATEMENT_S: Final = 15
_LATE_S: Final = 5
"""How much longer than a statement may take its answer is waited for: then the connection is taken for lost."""

_STATEMENTS_KEPT: Final = 512

_JUDGING: Final = frozenset(
    ("insert_revision", "insert_version", "delete_version", "insert_alias", "update_alias", "delete_state_machine")
)
"""Writes that depend on rows which they do not change: they happen as if nobody else wrote meanwhile."""

SESSION: Final = {
    "application_name": "stepwell",
    # A statement of a commit touches a few rows of many tables by their keys. A plan that was made while a table was
    # small, or before anybody counted its rows, must do the same once it is large.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_memoize": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "statement_timeout": f"{_STATEMENT_S}s",
    "idle_in_transaction_session_timeout": f"{_STATEMENT_S}s",
}
"""What each of our sessions is set to, and no other."""


class PostgresDriver:
    """One schema of one database. `durable` is False where the last moments may be lost with the server's power."""

    shards = 1
    buckets = 1

    def __init__(self, database: str, *, durable: bool, connections: int) -> None:
        self.address = Address.of(database)
        self.queries = load_queries("stepwell.store.postgres")
        self.pool = Pool(self.address.place, self._connect, connections - connections // 2)
        self._readers = Pool(self.address.place, self._connect, connections // 2)  # long reads hold no write up
        self._hasty = Pool(self.address.place, self._connect_hastily, 1)
        self._session = {**SESSION, "search_path": self.address.schema}
        self._durable = durable

    # Life

    async def open(self) -> None:
        """Connect, and migrate where that is needed. Raises StoreNewer, StoreGone, StoreError."""
        async with self._for_once() as connection:
            await self._settle_durability(connection)
            meta = await read_meta(connection, self.address)
            if meta is None or lacks(meta, self.address).steps:
                meta = await migrate(connection, self.address)
            self.shards, self.buckets = int(meta["shards"]), int(meta["buckets"])
        self.pool.open()
        self._readers.open()
        self._hasty.open()

    async def survey(self) -> Upgrade:
        """What `open` would change. Raises StoreNewer, StoreGone, StoreError."""
        async with self._for_once() as connection:
            return lacks(await read_meta(connection, self.address), self.address)

    @asynccontextmanager
    async def _for_once(self) -> AsyncIterator[Connection]:
        """A connection before there is a pool. Raises the store's errors."""
        try:
            connection = await self._connect()
        except Exception as error:
            known = as_store_error(error)
            raise (known if isinstance(known, StoreError) else gone(self.address.place, error)) from error
        try:
            yield connection
        except asyncpg.PostgresError as error:
            known = as_store_error(error)
            raise (known if isinstance(known, StoreError) else StoreError(str(known))) from error
        finally:
            connection.terminate()

    async def _settle_durability(self, connection: Connection) -> None:
        """Acknowledged means durable, also where somebody made the server forgetful. A stricter setting stays."""
        if not self._durable:
            self._session["synchronous_commit"] = "off"
        elif await connection.fetchval("SELECT current_setting('synchronous_commit')") == "off":
            self._session["synchronous_commit"] = "on"

    async def _connect(self) -> Connection:
        return await self._connect_with(self._session)

    async def _connect_hastily(self) -> Connection:
        """For what need not survive the loss of the database's power, and so need not wait for its disk."""
        return await self._connect_with({**self._session, "synchronous_commit": "off"})

    async def _connect_with(self, session: Mapping[str, str]) -> Connection:
        return await asyncpg.connect(
            self.address.url,
            timeout=_CONNECT_S,
            command_timeout=_STATEMENT_S + _LATE_S,
            statement_cache_size=_STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings=dict(session),
            target_session_attrs="read-write",
        )

    async def close(self) -> None:
        """Let go of the database."""
        await self.pool.close()
        await self._readers.close()
        await self._hasty.close()

    # Reads

    async def fetch(self, query: str, *parameters: Any) -> list[Row]:
        """The rows of one query, of committed data."""
        return await self._reading(lambda connection: connection.fetch(self.queries[query], *parameters))

    async def read(self, steps: Sequence[Step]) -> list[list[Row]]:
        """The rows of several queries that see the same moment: as arrays of rows, so in one go."""
        texts, parameters = [], list(steps[0][1])
        for query, given in steps:
            if list(given) != parameters:
                raise ValueError("queries that are read together are about the same key")
            texts.append(f"ARRAY(SELECT row FROM ({self.queries[query]}) AS row)")
        rows = await self._reading(lambda connection: connection.fetch(f"SELECT {', '.join(texts)}", *parameters))
        return [list(found) for found in rows[0]]

    async def ask(self, text: str, parameters: Sequence[Any]) -> list[Row]:
        """The rows of a statement that changes nothing."""
        return await self._reading(lambda connection: connection.fetch(text, *parameters))

    async def _reading(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a read; once more on another connection if the first one ended. Raises StoreGone, StoreError."""
        for again in (True, False):
            try:
                async with self._readers.lend() as connection:
                    return await work(connection)
            except (ConnectionLost, Conflict) as error:
                if not again:
                    raise gone(self.address.place, error) from error
        raise AssertionError

    # Writes

    async def write(self, steps: Sequence[Step], fences: Sequence[Fence] = ()) -> list[int]:
        """Run writes in one durable transaction, if every fence stands; answers how many rows each changed.

        Raises StaleOwner, CommitRefused, StoreGone (nothing was written), StoreError.
        """
        judges = any(query in _JUDGING for query, _ in steps)

        async def alone(connection: Connection) -> list[int]:
            return [_count(await connection.execute(self.queries[steps[0][0]], *steps[0][1]))]

        async def work(connection: Connection) -> list[int]:
            async with connection.transaction(isolation="serializable" if judges else "read_committed"):
                if fences:
                    await self._hold(connection, fences)
                return [_count(await connection.execute(self.queries[query], *row)) for query, row in steps]

        if len(steps) == 1 and not fences and not judges:
            return await self._writing(alone)  # a transaction by itself, in one round trip
        return await self._writing(work) if steps else []

    async def change(self, text: str, parameters: Sequence[Any], *, lasting: bool) -> list[Row]:
        """The rows of a statement that writes, a transaction by itself. Raises as `write`.

        What is not `lasting` may be gone when the database loses its power within the next second.
        """
        pool = self.pool if lasting else self._hasty
        return await self._writing(lambda connection: connection.fetch(text, *parameters), pool)

    async def write_rows(self, steps: Sequence[Rows], fences: Sequence[Fence] = ()) -> list[int]:
        """The same of many rows, which these queries take by columns."""
        columns = [(query, tuple(zip(*rows, strict=True))) for query, rows in steps if rows]
        counts = iter(await self.write(columns, fences))
        return [next(counts) if rows else 0 for _, rows in steps]

    async def _hold(self, connection: Connection, fences: Sequence[Fence]) -> None:
        """Nobody takes these shards over before the transaction is over. Raises StaleOwner."""
        columns = ([fence.shard for fence in fences], [fence.epoch for fence in fences])
        held = {row[0] for row in await connection.fetch(self.queries["hold_shards"], *columns)}
        lost = [fence.shard for fence in fences if fence.shard not in held]
        if lost:
            raise StaleOwner(lost)

    async def _writing(self, work: Callable[[Connection], Awaitable[T]], pool: Pool | None = None) -> T:
        """Run a transaction, and again while others are in its way. It may have happened when the connection ends."""
        for number in range(TRIES):
            try:
                async with (pool or self.pool).lend() as connection:
                    return await work(connection)
            except Conflict:
                await pause(number)
            except ConnectionLost as error:
                raise StoreError(
                    f"The database {self.address.place} went away while it wrote; look whether it did: {error}"
                ) from error
        raise StoreError(f"The database {self.address.place} is too busy: others were in the way {TRIES} times.")


async def pause(number: int) -> None:
    """A little while before the next try, longer each time, and not the same for everybody."""
    await asyncio.sleep(min(0.001 * 2**number, 0.1) * (0.5 + _DICE.random()))


def _count(status: str) -> int:
    """How many rows a statement changed, as its completion tag says."""
    return int(status.rpartition(" ")[2])
