"""What every store must do with Map Runs."""

from msgspec.structs import replace

from stepwell.store import Commit, ExecutionRow, MapRunPart, MapRunSave, OpenRow, ReopenedRow
from stepwell.store.records import ReopenedRunRow
from stepwell.testing.store_samples import (
    AWKWARD,
    BIG,
    NOW_MS,
    SHARD,
    Checks,
    MakeStore,
    close_of,
    execution_of,
    map_run_of,
    new_id,
    opened_store,
    refused,
    start_of,
)

CHECKS = Checks()


@CHECKS.listed
async def a_map_run_begins_with_a_commit(make_store: MakeStore) -> None:
    """And is found by its id, by its execution, and among those to go on with, also after the store was opened anew."""
    execution = execution_of(new_id())
    run = map_run_of(execution)
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), map_runs=[run])])
    async with opened_store(make_store) as store:
        assert await store.load_map_run(run.id) == run
        assert await store.list_map_runs(execution.id, None, 10) == [run]
        assert run.id in await store.scan_map_runs(SHARD)
        assert await store.load_map_run(new_id()) is None
        assert await store.list_map_runs(new_id(), None, 10) == []


@CHECKS.listed
async def the_runs_of_an_execution_come_newest_first(make_store: MakeStore) -> None:
    """A page at a time."""
    execution = execution_of(new_id())
    runs = [map_run_of(execution, new_id(NOW_MS + ms)) for ms in range(4)]
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), map_runs=runs)])
        assert await store.list_map_runs(execution.id, None, 3) == [runs[3], runs[2], runs[1]]
        assert await store.list_map_runs(execution.id, runs[1].id, 3) == [runs[0]]


@CHECKS.listed
async def what_happens_in_a_run_is_saved_as_a_whole(make_store: MakeStore) -> None:
    """Its row and pages are replaced, results are added."""
    execution = execution_of(new_id())
    run = map_run_of(execution)
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), map_runs=[run])])
        await store.save_map_run(MapRunSave(run, [(0, b"a"), (7, b"b")], [MapRunPart(0, 0, BIG)]))
        ended = replace(run, status="FAILED", told=1, stopped_ms=NOW_MS + 9, progress=AWKWARD)
        await store.save_map_run(MapRunSave(ended, [(0, b"A")], [MapRunPart(0, 1, b"x"), MapRunPart(7, 0, b"y")]))
    async with opened_store(make_store) as store:
        assert await store.load_map_run(run.id) == ended
        assert run.id not in await store.scan_map_runs(SHARD)
        assert await store.load_map_run_pages(run.id) == [(0, b"A"), (7, b"b")]
        assert await store.load_map_run_page(run.id, 7) == b"b"
        assert await store.load_map_run_page(run.id, 1) is None


@CHECKS.listed
async def a_run_that_is_over_goes_on_with_its_parent(make_store: MakeStore) -> None:
    """Once: a run that was not told, or that another redrive has taken up, refuses its parent's commit as a whole."""
    execution = execution_of(new_id())
    run = map_run_of(execution)
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), map_runs=[run])])
        await store.commit([close_of(execution, NOW_MS + 10)])
        await refused(store.commit([_reopening(execution, run.id, 1)]))
        over = replace(run, status="FAILED", told=1, stopped_ms=NOW_MS + 9, progress=b"over")
        await store.save_map_run(MapRunSave(over))
        await refused(store.commit([_reopening(execution, run.id, 2)]))
        assert await store.load_map_run(run.id) == over
        await store.commit([_reopening(execution, run.id, 1)])
        again = replace(over, status="RUNNING", told=0, stopped_ms=None, attempt=8, redrives=1, redriven_ms=NOW_MS + 20)
        assert await store.load_map_run(run.id) == again
        assert run.id in await store.scan_map_runs(SHARD)
        await store.save_map_run(MapRunSave(replace(again, status="SUCCEEDED", told=1)))
    async with opened_store(make_store) as store:
        [found] = await store.list_map_runs(execution.id, None, 10)
        assert (found.status, found.redrives, found.redriven_ms) == ("SUCCEEDED", 1, NOW_MS + 20)


def _reopening(execution: ExecutionRow, run_id: bytes, redrives: int) -> Commit:
    commit = Commit(SHARD, execution.id, machine_id=execution.machine_id)
    commit.reopen = ReopenedRow(1, NOW_MS + 20, b"")
    commit.open = OpenRow(None, 0, "M", b"again")
    commit.reopened_runs = [ReopenedRunRow(run_id, 8, redrives, NOW_MS + 20)]
    return commit


@CHECKS.listed
async def results_come_in_either_order(make_store: MakeStore) -> None:
    """By page and part, a few at a time, and those of one page."""
    execution = execution_of(new_id())
    run = map_run_of(execution)
    parts = [MapRunPart(page, part, bytes((page, part))) for page in range(3) for part in range(2)]
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), map_runs=[run])])
        await store.save_map_run(MapRunSave(run, [], parts))
        assert await store.load_map_run_parts(run.id, None, 4) == parts[:4]
        assert await store.load_map_run_parts(run.id, (1, 1), 4) == parts[4:]
        assert await store.load_map_run_parts_back(run.id, None, 2) == [parts[5], parts[4]]
        assert await store.load_map_run_parts_back(run.id, (1, 0), 9) == [parts[1], parts[0]]
        assert await store.load_map_run_parts_of(run.id, 1) == parts[2:4]
        assert await store.load_map_run_parts(new_id(), None, 4) == []
