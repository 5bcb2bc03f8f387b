"""Brings a SQLite database to the schema of this release."""

import os
from typing import Any

import apsw

from stepwell import __version__
from stepwell.store.migrations import check_format, first_meta, load_migrations, pending, survey
from stepwell.store.protocol import StoreError
from stepwell.store.records import Upgrade

_CREATE_META = "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID"
_PUT_META = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


def migrate(connection: apsw.Connection, path: str, shards: int, buckets: int) -> int:
    """Run the migrations that the database lacks, all in one transaction: an upgrade is whole or did not happen.

    Answers how many shards it has; `shards` is for a database that is new.

    Raises StoreNewer for a database of a newer release, StoreError for one that is not Stepwell's.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        _begin(connection, path, shards, buckets)
        schema, release = int(_meta(connection, "schema")), _meta(connection, "release").decode()
        check_format(int(_meta(connection, "format")), path, release)
        steps = pending(load_migrations("stepwell.store.sqlite"), schema, path, release)
        for step in steps:
            for statement in split_statements(step.script):
                connection.execute(statement)
            connection.execute(_PUT_META, ("schema", str(step.number).encode()))
        if steps:
            connection.execute(_PUT_META, ("release", __version__.encode()))
        made_with = int(_meta(connection, "shards"))
        connection.execute("COMMIT")
        return made_with
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def read_survey(path: str) -> Upgrade:
    """What `migrate` would do to a file that may be in use, or not be there; nothing is changed."""
    migrations = load_migrations("stepwell.store.sqlite")
    if path == ":memory:" or not os.path.exists(path):
        return survey(migrations, None, path)
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    try:
        is_new = _is_new(connection, path)
        rows: list[Any] = [] if is_new else connection.execute("SELECT key, value FROM meta").fetchall()
    finally:
        connection.close()
    return survey(migrations, None if is_new else dict(rows), path)


def _begin(connection: apsw.Connection, path: str, shards: int, buckets: int) -> None:
    """Give an empty database its `meta` table."""
    if _is_new(connection, path):
        connection.execute(_CREATE_META)
        connection.executemany(_PUT_META, first_meta(shards, buckets).items())
        connection.executemany(_PUT_META, [("schema", b"0"), ("release", __version__.encode())])


def _is_new(connection: apsw.Connection, path: str) -> bool:
    """Whether a database has no tables yet. Raises StoreError for one that has somebody else's."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "meta" not in tables:
        raise StoreError(
            f"The database {path} is not one of Stepwell's: it has the tables {', '.join(sorted(tables))}."
        )
    return not tables


def _meta(connection: apsw.Connection, key: str) -> bytes:
    row = connection.execute("SELECT value FROM meta WHERE key = ?1", (key,)).fetchone()
    if row is None:
        raise StoreError(f"The database is not one of Stepwell's: its table `meta` has no {key}.")
    value: bytes = row[0]
    return value


def split_statements(script: str) -> list[str]:
    """The statements of a migration: it runs inside a transaction, which `executescript` would end."""
    statements, piece = [], ""
    for line in script.splitlines(keepends=True):
        piece += line
        if apsw.complete(piece):
            statements.append(piece)
            piece = ""
    if piece.strip():
        raise ValueError("the last statement of a migration has no end")
    return statements
