"""What every store must do with Map Runs."""

from msgspec.structs import replace

from stepwell.store import MapRunPart, MapRunSave
from stepwell.testing.store_samples import (
    AWKWARD,
    BIG,
    NOW_MS,
    SHARD,
    Check,
    MakeStore,
    execution_of,
    map_run_of,
    new_id,
    opened_store,
    start_of,
)

CHECKS: list[Check] = []
"""These checks, in the order in which they are best read."""


def _listed(check: Check) -> Check:
    CHECKS.append(check)
    return check


@_listed
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


@_listed
async def the_runs_of_an_execution_come_newest_first(make_store: MakeStore) -> None:
    """A page at a time."""
    execution = execution_of(new_id())
    runs = [map_run_of(execution, new_id(NOW_MS + ms)) for ms in range(4)]
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(execution), map_runs=runs)])
        assert await store.list_map_runs(execution.id, None, 3) == [runs[3], runs[2], runs[1]]
        assert await store.list_map_runs(execution.id, runs[1].id, 3) == [runs[0]]


@_listed
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


@_listed
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
