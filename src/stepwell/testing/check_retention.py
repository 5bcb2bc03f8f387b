"""What every store must do with executions that ended long ago."""

from msgspec.structs import replace

from stepwell.store import HistoryRow, MapRunPart, MapRunSave, OpenRow, ReopenedRow, Store
from stepwell.store.records import ListKey
from stepwell.testing.store_samples import (
    AWKWARD,
    NOW_MS,
    Checks,
    MakeStore,
    close_of,
    execution_of,
    map_run_of,
    new_id,
    opened_store,
    start_of,
    step_of,
)

CHECKS = Checks()

DAY_MS = 86_400_000
LATER_MS = NOW_MS + 100 * DAY_MS


async def _list_of(store: Store, machine_id: bytes) -> ListKey:
    """The list of one state machine, found among all of them."""
    key = await store.next_list(None)
    while key is not None and key[1] != machine_id:
        key = await store.next_list(key)
    assert key is not None
    return key


@CHECKS.listed
async def lists_are_gone_through_once_each(make_store: MakeStore) -> None:
    """Those of machines that are gone too: whatever is listed is found."""
    machine_ids = [new_id() for _ in range(5)]
    async with opened_store(make_store) as store:
        for machine_id in machine_ids:
            await store.commit([start_of(execution_of(machine_id)) for _ in range(3)])
        found = []
        key = await store.next_list(None)
        while key is not None:
            found.append(key)
            key = await store.next_list(key)
        assert len(set(found)) == len(found)
        assert set(machine_ids) <= {machine_id for _, machine_id in found}
        assert all(0 <= bucket < store.buckets for bucket, _ in found)


@CHECKS.listed
async def what_ended_before_goes_away_with_all_that_belongs_to_it(make_store: MakeStore) -> None:
    """Its row, history, blobs, line and name; what is open or ended later stays."""
    machine_id = new_id()
    old, late, going = (execution_of(machine_id) for _ in range(3))
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(row), blobs=[(1, AWKWARD)]) for row in (old, late, going)])
        await store.commit([close_of(old, NOW_MS + 10, "FAILED"), close_of(late, NOW_MS + 20)])
        key = await _list_of(store, machine_id)
        assert await store.remove_closed(key, NOW_MS + 20, LATER_MS, 10) == 1
        assert await store.remove_closed(key, NOW_MS + 20, LATER_MS, 10) == 0
        assert await store.load_execution(old.id) is None
        assert await store.load_history(old.id, 1, 100) == []
        assert await store.load_blob(old.id, 1) is None
        assert await store.find_execution(machine_id, old.name) is None
        lines = await store.list_executions(machine_id, None, None, 10)
        assert {line.execution_id for _, line in lines} == {late.id, going.id}
        for row in (late, going):
            assert await store.load_execution(row.id) is not None
            assert await store.load_history(row.id, 1, 100) == [HistoryRow(1, 3, b"batch 1")]
            assert await store.load_blob(row.id, 1) == AWKWARD
            assert await store.find_execution(machine_id, row.name) == row.id
        assert await store.load_open(going.id) is not None
        assert await store.commit([start_of(execution_of(machine_id, old.name))]) == {}


@CHECKS.listed
async def it_goes_in_small_steps(make_store: MakeStore) -> None:
    """Of every status, and never more than asked for."""
    machine_id = new_id()
    rows = [execution_of(machine_id) for _ in range(7)]
    statuses = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED", "FAILED", "SUCCEEDED")
    async with opened_store(make_store) as store:
        await store.commit([start_of(row) for row in rows])
        ends = zip(rows, statuses, strict=True)
        await store.commit([close_of(row, NOW_MS + 1, status) for row, status in ends])
        key = await _list_of(store, machine_id)
        removed = [await store.remove_closed(key, LATER_MS, LATER_MS, 3) for _ in range(4)]
        assert removed == [3, 3, 1, 0]
        assert await store.list_executions(machine_id, None, None, 10) == []
        assert all([await store.load_execution(row.id) is None for row in rows])


@CHECKS.listed
async def a_name_may_be_kept_longer_than_its_execution(make_store: MakeStore) -> None:
    """Nobody may take it meanwhile; then it is free."""
    machine_id = new_id()
    old, recent = execution_of(machine_id, "old"), execution_of(machine_id, "recent")
    async with opened_store(make_store) as store:
        await store.commit([start_of(old), start_of(recent)])
        await store.commit([close_of(old, NOW_MS + 10), close_of(recent, NOW_MS + 20)])
        key = await _list_of(store, machine_id)
        assert await store.remove_closed(key, LATER_MS, NOW_MS + 20, 10) == 2
        assert await store.find_execution(machine_id, "old") is None
        assert await store.commit([start_of(execution_of(machine_id, "recent"))]) == {0: recent.id}
        freed = 0
        for bucket in range(store.buckets):
            assert await store.free_names(bucket, NOW_MS + 20, 10) == 0
            freed += await store.free_names(bucket, NOW_MS + 21, 10)
        assert freed == 1
        assert await store.commit([start_of(execution_of(machine_id, "recent"))]) == {}


@CHECKS.listed
async def an_execution_that_goes_on_stays(make_store: MakeStore) -> None:
    """Its line was read before it was redriven, and it is whole afterwards."""
    execution = execution_of(new_id())
    again = replace(step_of(execution), reopen=ReopenedRow(1, NOW_MS + 50, b""), open=OpenRow(None, 0, "A", b""))
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), blobs=[(1, b"x")])])
        await store.commit([close_of(execution, NOW_MS + 10, "FAILED")])
        key = await _list_of(store, execution.machine_id)
        await store.commit([again])
        assert await store.remove_closed(key, LATER_MS, LATER_MS, 10) == 0
        assert await store.load_open(execution.id) is not None
        assert await store.load_blob(execution.id, 1) == b"x"
        assert await store.find_execution(execution.machine_id, execution.name) == execution.id
        await store.commit([close_of(execution, NOW_MS + 60)])
        assert await store.remove_closed(key, NOW_MS + 60, LATER_MS, 10) == 0
        assert await store.remove_closed(key, NOW_MS + 61, LATER_MS, 10) == 1
        assert await store.load_execution(execution.id) is None


@CHECKS.listed
async def runs_of_distributed_maps_go_with_their_execution(make_store: MakeStore) -> None:
    """And with all of their pages and parts, however many."""
    gone, stays = execution_of(new_id()), execution_of(new_id())
    runs = [map_run_of(gone), map_run_of(stays)]
    parts = [MapRunPart(0, part, b"p") for part in range(1_200)]
    async with opened_store(make_store) as store:
        for execution, run in zip((gone, stays), runs, strict=True):
            await store.commit([replace(start_of(execution), map_runs=[run])])
            await store.save_map_run(MapRunSave(run, [(0, b"page")], parts))
            await store.commit([close_of(execution, NOW_MS + 10)])
        key = await _list_of(store, gone.machine_id)
        assert await store.remove_closed(key, LATER_MS, LATER_MS, 10) == 1
        assert await store.load_map_run(runs[0].id) is None
        assert await store.load_map_run_parts(runs[0].id, None, 10) == []
        assert await store.load_map_run_pages(runs[0].id) == []
        assert await store.load_map_run(runs[1].id) == runs[1]
        assert len(await store.load_map_run_parts(runs[1].id, None, 2_000)) == 1_200
