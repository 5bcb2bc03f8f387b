"""Brings a PostgreSQL schema to the state of this release. All of an upgrade is one transaction, under one row's lock.

The lock is on a row of `meta`, and two that create that table at the same time are told apart by its unique name: no
other kind of lock is needed, so none that a relative of PostgreSQL may lack.
"""

from typing import Any, Final

import asyncpg

from stepwell import __version__
from stepwell.store.migrations import first_meta, load_migrations, pending, survey
from stepwell.store.postgres.address import Address
from stepwell.store.protocol import StoreError
from stepwell.store.records import Upgrade

SHARDS: Final = 64
BUCKETS: Final = 1024
"""What a new database is cut into; fixed when it is made."""

_TRIES: Final = 5
_SCHEMA_EXISTS: Final = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1"
_TABLES: Final = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = $1"
_CREATE_META: Final = (
    'CREATE TABLE IF NOT EXISTS meta (key text COLLATE "C" NOT NULL PRIMARY KEY, value bytea NOT NULL)'
)
_ADD_META: Final = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING"
_PUT_META: Final = "UPDATE meta SET value = $2 WHERE key = $1"
_ADD_SHARD: Final = "INSERT INTO shards (shard, epoch, last_group) VALUES ($1, 0, 0) ON CONFLICT (shard) DO NOTHING"
_MADE_MEANWHILE: Final = (asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateSchemaError)

Meta = dict[str, bytes]


async def read_meta(connection: Any, address: Address) -> Meta | None:
    """What the database says about itself; None when Stepwell has no tables there.

    Raises StoreError when the schema holds somebody else's tables.
    """
    tables = {row[0] for row in await connection.fetch(_TABLES, address.schema)}
    if not tables:
        return None
    if "meta" not in tables:
        raise StoreError(
            f"The schema {address.schema} of {address.place} is not one of Stepwell's: it has the tables "
            f"{', '.join(sorted(tables)[:5])}. Name another one: ?schema=..."
        )
    return {key: bytes(value) for key, value in await connection.fetch("SELECT key, value FROM meta")}


def lacks(meta: Meta | None, address: Address) -> Upgrade:
    """What the database lacks that says this about itself. Raises StoreNewer for a database of a newer release."""
    return survey(load_migrations("stepwell.store.postgres"), meta, address.place)


async def migrate(connection: Any, address: Address) -> Meta:
    """Run the migrations that the database lacks: an upgrade is whole or did not happen. Raises StoreNewer."""
    for _ in range(_TRIES):
        try:
            await _make_meta(connection, address)
            break
        except _MADE_MEANWHILE:  # by another node, at this very moment
            continue
    async with connection.transaction():
        return await _migrate(connection, address)


async def _make_meta(connection: Any, address: Address) -> None:
    """The table that says what there is; as long as that is nothing, the schema has no other."""
    async with connection.transaction():
        if not await connection.fetch(_SCHEMA_EXISTS, address.schema):
            await connection.execute(f"CREATE SCHEMA {address.schema}")
        await connection.execute(_CREATE_META)
        first = {**first_meta(SHARDS, BUCKETS), "schema": b"0", "release": __version__.encode()}
        await connection.executemany(_ADD_META, first.items())


async def _migrate(connection: Any, address: Address) -> Meta:
    await connection.fetch("SELECT value FROM meta WHERE key = 'schema' FOR UPDATE")  # one node at a time from here on
    meta = await read_meta(connection, address)
    assert meta is not None
    steps = pending(load_migrations("stepwell.store.postgres"), lacks(meta, address).schema, address.place, "")
    for step in steps:
        await connection.execute(step.script)
        await connection.execute(_PUT_META, "schema", str(step.number).encode())
    if steps:
        await connection.execute(_PUT_META, "release", __version__.encode())
    await connection.executemany(_ADD_SHARD, [(shard,) for shard in range(int(meta["shards"]))])
    return await read_meta(connection, address) or {}
