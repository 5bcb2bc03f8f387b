"""The contract of a store, on SQLite on disk and in memory, and on PostgreSQL."""

from pathlib import Path

import pytest

from stepwell.store import Store
from stepwell.store.postgres.store import PostgresStore
from stepwell.store.sqlite import SqliteStore
from stepwell.testing import STORE_CHECKS, check_store
from stepwell.testing.store_samples import Check, MakeStore


def on_disk(folder: Path) -> MakeStore:
    return lambda: SqliteStore(folder / "stepwell.db")


def on_disk_without_thread(folder: Path) -> MakeStore:
    return lambda: SqliteStore(folder / "stepwell.db", commit_in_thread=False)


def in_memory(_folder: Path) -> MakeStore:
    store: Store = SqliteStore(":memory:")
    return lambda: store


def in_memory_with_shards(_folder: Path) -> MakeStore:
    store: Store = SqliteStore(":memory:", shards=4)
    return lambda: store


MAKERS = [on_disk, on_disk_without_thread, in_memory, in_memory_with_shards]


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", MAKERS)
async def test_contract(make, check: Check, tmp_path: Path) -> None:
    await check(make(tmp_path))


@pytest.mark.parametrize("make", MAKERS)
async def test_all_checks_may_share_a_database(make, tmp_path: Path) -> None:
    await check_store(make(tmp_path))


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
async def test_contract_on_postgresql(check: Check, database: str) -> None:
    await check(lambda: PostgresStore(database))


async def test_all_checks_may_share_a_database_on_postgresql(database: str) -> None:
    await check_store(lambda: PostgresStore(database))
