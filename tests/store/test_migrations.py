"""Migrations: from nothing, again, from a newer release, and half-way."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from stepwell import __version__
from stepwell.store import StoreError, StoreNewer
from stepwell.store.migrations import Migration, load_migrations
from stepwell.store.sqlite import SqliteStore, schema
from stepwell.store.sqlite.schema import split_statements

MIGRATIONS = load_migrations("stepwell.store.sqlite")


def opened(path: Path) -> dict[str, bytes | None]:
    """Open and close; answers what the database says about itself."""

    async def run() -> dict[str, bytes | None]:
        store = SqliteStore(path)
        await store.open()
        try:
            return {key: await store.meta(key) for key in ("schema", "format", "shards", "buckets", "release")}
        finally:
            await store.close()

    return asyncio.run(run())


def test_an_empty_database_is_migrated(tmp_path: Path) -> None:
    wanted = {"schema": str(len(MIGRATIONS)).encode(), "format": b"1", "shards": b"1", "buckets": b"1"}
    wanted["release"] = __version__.encode()
    assert opened(tmp_path / "s.db") == wanted
    assert opened(tmp_path / "s.db") == wanted


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / "s.db").touch()
    assert opened(tmp_path / "s.db")["schema"] == str(len(MIGRATIONS)).encode()


def test_only_missing_migrations_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path / "s.db")
    more = [*MIGRATIONS, Migration(len(MIGRATIONS) + 1, "more.sql", "CREATE TABLE more (a);\nCREATE TABLE most (a);\n")]
    monkeypatch.setattr(schema, "load_migrations", lambda _package: more)
    monkeypatch.setattr(schema, "__version__", "9.9")
    meta = opened(tmp_path / "s.db")
    assert (meta["schema"], meta["release"]) == (str(len(more)).encode(), b"9.9")


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path / "s.db")
    broken = Migration(len(MIGRATIONS) + 1, "broken.sql", "CREATE TABLE more (a);\nCREATE TABLE meta (a);\n")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "load_migrations", lambda _package: [*MIGRATIONS, broken])
        with pytest.raises(StoreError, match="table meta already exists"):
            opened(tmp_path / "s.db")
    assert opened(tmp_path / "s.db")["schema"] == str(len(MIGRATIONS)).encode()
    with sqlite3.connect(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'more'").fetchall() == []


def test_a_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    opened(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = x'3939' WHERE key = 'schema'")
        connection.execute("UPDATE meta SET value = CAST('7.1.0' AS BLOB) WHERE key = 'release'")
    connection.close()
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreNewer) as caught:
            opened(path)
    assert "schema 99, written by Stepwell 7.1.0" in str(caught.value)
    assert f"this is Stepwell {__version__}" in str(caught.value)
    assert "Start Stepwell 7.1.0 or newer on it, or restore a backup" in str(caught.value)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("CREATE TABLE songs (a)")
    connection.close()
    with pytest.raises(StoreError, match="is not one of Stepwell's: it has the tables songs"):
        opened(tmp_path / "s.db")


def test_a_meta_table_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("CREATE TABLE meta (key, value)")
    connection.close()
    with pytest.raises(StoreError, match="`meta` has no schema"):
        opened(tmp_path / "s.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(StoreError, match="file is not a database"):
        opened(tmp_path / "s.db")


def test_migrations_are_numbered_without_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "gappy"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    for name in ("0001_first.sql", "0003_third.sql", "notes.txt"):
        (package / "migrations" / name).touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="not numbered 1, 2, 3"):
        load_migrations("gappy")


def test_split_statements() -> None:
    script = "-- first; still a comment\nCREATE TABLE a (b);\nINSERT INTO a VALUES\n(';');\n"
    assert [statement.strip()[-3:] for statement in split_statements(script)] == ["b);", "');"]
    with pytest.raises(ValueError, match="has no end"):
        split_statements("CREATE TABLE a (b)")


def test_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    opened(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (b"2",))
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreNewer, match="format 2"):
        opened(path)
    assert path.read_bytes() == before
