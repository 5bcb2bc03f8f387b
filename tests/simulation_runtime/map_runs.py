"""What must hold of Map Runs that are over: each item in one child, each child's last end counted once."""

from collections import Counter
from typing import Any

from stepwell.engine.child_ids import run_of
from stepwell.engine.map_run import ENDS, PAGE_CHILDREN, Page, Status
from stepwell.runtime.map_run_codec import ChildEnd, decode_page, decode_plan, decode_progress
from stepwell.runtime.map_run_ends import Ends
from stepwell.store.records import MapRunRow

_ALL = 10_000


async def check_map_runs(store: Any, execution_id: bytes, seen: Counter[str]) -> list[bytes]:
    """Check all runs of a closed execution; answers its STANDARD children, which are to be judged, too.

    `seen` counts the runs, their redrives, and the children that were redriven.
    """
    children = []
    for run in await store.list_map_runs(execution_id, None, _ALL):
        assert run.told and run.status != "RUNNING", "a run goes on without its parent"
        pages = [decode_page(number, raw) for number, raw in await store.load_map_run_pages(run.id)]
        ends = [end async for end in Ends(store, run.id, redriven=run.redrives > 0).forward()]
        seen.update(runs=1, redrives=run.redrives, children=sum(end.redrives > 0 for end in ends))
        _check_counts(run, pages)
        _check_ends(run, pages, ends)
        rows = [row for _, row in await store.list_executions(run.id, None, None, _ALL)]
        if rows:
            _check_rows(rows, ends)
        children += [row.execution_id for row in rows]
    return children


def _check_counts(run: MapRunRow, pages: list[Page]) -> None:
    """What DescribeMapRun says is what the pages say, and all items are there."""
    progress = decode_progress(run.progress)
    counts: Counter[int] = Counter()
    items: Counter[int] = Counter()
    for page in pages:
        for status, size in zip(page.statuses, page.sizes, strict=True):
            counts[status] += 1
            items[status] += size
    known = [status for status in Status if status != Status.UNKNOWN]
    assert [progress.counts[status] for status in known] == [counts[status] for status in known], "children miscounted"
    assert [progress.items[status] for status in known] == [items[status] for status in known], "items miscounted"
    assert not progress.counts[Status.RUNNING], "a child runs on"
    given = decode_plan(run.detail).items
    assert given is not None
    assert items.total() <= len(given.value), "more items than there are"
    if run.status == "SUCCEEDED":
        assert items.total() == len(given.value), "items are lost"
        assert set(counts) <= set(ENDS), "a child was left out"


def _check_ends(run: MapRunRow, pages: list[Page], ends: list[ChildEnd]) -> None:
    assert len({end.number for end in ends}) == len(ends), "a child ended twice"
    statuses = {}
    for page in pages:
        for place, status in enumerate(page.statuses):
            statuses[page.number * PAGE_CHILDREN + place] = (status, page.redrives[place])
    for end in ends:
        status, redrives = statuses.pop(end.number)
        if status == Status.PENDING_REDRIVE:
            assert end.status != Status.SUCCEEDED and end.redrives == redrives - 1, "succeeded, and to be done again"
        else:
            assert (end.status, end.redrives) == (status, redrives), "a child ended in another way"
    assert all(status not in ENDS for status, _ in statuses.values()), "the end of a child is lost"
    assert all(end.attempt <= run.redrives for end in ends)


def _check_rows(rows: list[Any], ends: list[ChildEnd]) -> None:
    """Every STANDARD child that began has ended, as its run knows."""
    known = {end.number: (Status(end.status).name, end.redrives) for end in ends}
    found = {run_of(row.execution_id)[1]: (row.status, row.redrives) for row in rows}
    assert found == known, "children and their run disagree"
