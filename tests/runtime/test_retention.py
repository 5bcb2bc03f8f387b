"""Retention: what goes, when, and what stays."""

import asyncio

import pytest
from msgspec.structs import replace

from stepwell.runtime.clock import ManualClock
from stepwell.runtime.retention import DAY_MS, Retention
from stepwell.settings import SettingError, Settings
from stepwell.store.sqlite import SqliteStore
from stepwell.testing.store_samples import NOW_MS, close_of, execution_of, new_id, opened_store, start_of


@pytest.fixture
async def store():
    async with opened_store(lambda: SqliteStore(":memory:")) as opened:
        yield opened


async def closed(store: SqliteStore, count: int, machine_id: bytes) -> list[bytes]:
    """Executions that ended just now."""
    rows = [execution_of(machine_id) for _ in range(count)]
    await store.commit([start_of(row) for row in rows])
    await store.commit([close_of(row, NOW_MS) for row in rows])
    return [row.id for row in rows]


async def test_a_day_too_early_nothing_goes_and_then_everything(store: SqliteStore) -> None:
    clock = ManualClock(NOW_MS)
    retention = Retention(store, clock, 90)
    ids = await closed(store, 120, new_id()) + await closed(store, 3, new_id())
    running = execution_of(new_id())
    await store.commit([start_of(running)])
    clock.advance(90 * DAY_MS)
    assert await retention.remove() == 0
    clock.advance(1)
    assert await retention.remove() == 123
    assert all([await store.load_execution(id) is None for id in ids])
    clock.advance(1_000 * DAY_MS)
    assert await retention.remove() == 0
    assert await store.load_open(running.id) is not None


async def test_a_shorter_time_frees_no_name_before_aws_does(store: SqliteStore) -> None:
    clock = ManualClock(NOW_MS)
    retention = Retention(store, clock, 1)
    row = execution_of(new_id(), "daily")
    await store.commit([start_of(row), close_of(row, NOW_MS)])
    clock.advance(1 * DAY_MS + 1)
    assert await retention.remove() == 1
    again = replace(row, id=new_id())
    for days in (30, 88):
        clock.at_ms = NOW_MS + days * DAY_MS
        await retention.remove()
        assert await store.commit([start_of(again)]) == {0: row.id}
    clock.at_ms = NOW_MS + 90 * DAY_MS + 1
    await retention.remove()
    assert await store.commit([start_of(again)]) == {}


async def test_it_works_by_itself_and_only_where_it_is_to(store: SqliteStore) -> None:
    clock = ManualClock(NOW_MS)
    [kept] = await closed(store, 1, new_id())
    clock.advance(100 * DAY_MS)
    idle = [Retention(store, clock, 0), Retention(store, clock, 90, lambda: False)]
    for retention in idle:
        retention.open()
    busy = Retention(store, clock, 90)
    await asyncio.sleep(0)
    assert await store.load_execution(kept) is not None
    busy.open()
    while True:
        await asyncio.sleep(0)
        if await store.load_execution(kept) is None:
            break
    for retention in (*idle, busy):
        await retention.close()


async def test_a_store_that_fails_is_tried_again_later(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    retention = Retention(store, ManualClock(NOW_MS), 90)
    await store.close()
    retention.open()
    while True:
        await asyncio.sleep(0)
        if caplog.records:
            break
    assert "could not be removed" in caplog.text
    await retention.close()


@pytest.mark.parametrize("days", [-1, 36_501])
def test_a_time_has_bounds(days: int) -> None:
    with pytest.raises(SettingError, match="retention_days"):
        Settings(retention_days=days)
