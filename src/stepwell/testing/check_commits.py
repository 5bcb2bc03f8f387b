"""What every store must do with commits: the part of its contract that executions depend on."""

import asyncio

from msgspec.structs import replace

from stepwell.store import ClosedRow, HistoryRow, ListingRow, OpenRow, ReopenedRow
from stepwell.store.records import LogRow
from stepwell.testing.store_samples import (
    AWKWARD,
    BIG,
    NOW_MS,
    SHARD,
    Checks,
    MakeStore,
    close_of,
    execution_of,
    failed,
    new_id,
    opened_store,
    refused,
    start_of,
    step_of,
)

CHECKS = Checks()


# Commits


@CHECKS.listed
async def a_started_execution_is_found(make_store: MakeStore) -> None:
    """By its name and id, with all that it needs to go on, also after the store was opened anew."""
    execution = execution_of(new_id())
    start = replace(start_of(execution), branches={0: b"page 0", 7: AWKWARD}, blobs=[(1, BIG)])
    async with opened_store(make_store) as store:
        assert await store.commit([start]) == {}
    async with opened_store(make_store) as store:
        assert await store.find_execution(execution.machine_id, execution.name) == execution.id
        assert await store.find_execution(new_id(), execution.name) is None
        assert await store.load_execution(execution.id) == execution
        opened = await store.load_open(execution.id)
        assert opened is not None
        assert (opened.execution, opened.open, opened.branches) == (execution, start.open, start.branches)
        assert opened.next_event_id == 4
        assert await store.load_blob(execution.id, 1) == BIG
        assert await store.load_blob(execution.id, 2) is None


@CHECKS.listed
async def nothing_is_found_of_an_unknown_execution(make_store: MakeStore) -> None:
    """Absent rows are None or empty, never an error."""
    async with opened_store(make_store) as store:
        assert await store.commit([]) == {}
        assert await store.load_execution(new_id()) is None
        assert await store.load_open(new_id()) is None
        assert await store.load_history(new_id(), 1, 10) == []
        assert await store.load_history_back(new_id(), None, 10) == []
        assert await store.list_executions(new_id(), None, None, 10) == []
        assert await store.list_executions(new_id(), "NO_STATUS", None, 10) == []


@CHECKS.listed
async def a_step_replaces_the_open_row(make_store: MakeStore) -> None:
    """And writes, replaces and deletes branch pages."""
    execution = execution_of(new_id())
    start = replace(start_of(execution), branches={0: b"a", 1: b"b", 2: b"c"})
    opened = OpenRow(None, 0, "Wait", AWKWARD)
    step = replace(
        step_of(execution), open=opened, history=[HistoryRow(4, 2, b"")], branches={1: None, 2: b"C", 3: b"d"}
    )
    async with opened_store(make_store) as store:
        await store.commit([start])
        await store.commit([step])
        found = await store.load_open(execution.id)
        assert found is not None
        assert (found.open, found.branches, found.next_event_id) == (opened, {0: b"a", 2: b"C", 3: b"d"}, 6)
        assert await store.load_execution(execution.id) == execution


@CHECKS.listed
async def a_close_ends_an_execution(make_store: MakeStore) -> None:
    """Its row says how, its open row and pages are gone, its history and blobs stay."""
    execution = execution_of(new_id())
    start = replace(start_of(execution), branches={0: b"a"}, blobs=[(1, b"large")])
    close = replace(close_of(execution, NOW_MS + 9, "FAILED"), history=[HistoryRow(4, 1, b"batch 2")])
    async with opened_store(make_store) as store:
        await store.commit([start])
        await store.commit([close])
    async with opened_store(make_store) as store:
        assert await store.load_execution(execution.id) == replace(
            execution, status="FAILED", stopped_ms=NOW_MS + 9, result=b"result"
        )
        assert await store.load_open(execution.id) is None
        assert execution.id not in [row.execution_id for row in await store.scan_open(SHARD)]
        assert [row.batch for row in await store.load_history(execution.id, 1, 100)] == [b"batch 1", b"batch 2"]
        assert await store.load_blob(execution.id, 1) == b"large"
        assert await store.find_execution(execution.machine_id, execution.name) == execution.id


@CHECKS.listed
async def an_execution_may_start_and_close_in_one_commit(make_store: MakeStore) -> None:
    """It is never open."""
    execution = execution_of(new_id())
    whole = replace(start_of(execution), close=ClosedRow("ABORTED", NOW_MS + 1, b"result"), branches={0: b"a"})
    async with opened_store(make_store) as store:
        await store.commit([whole])
        found = await store.load_execution(execution.id)
        assert found == replace(execution, status="ABORTED", stopped_ms=NOW_MS + 1, result=b"result")
        assert await store.load_open(execution.id) is None
        assert await store.count_open(execution.machine_id) == 0
        lines = await store.list_executions(execution.machine_id, None, None, 10)
        line = ListingRow(execution.id, SHARD, execution.name, "ABORTED", NOW_MS, NOW_MS + 1)
        assert lines == [(NOW_MS + 1, line)]


@CHECKS.listed
async def one_group_may_hold_a_whole_life(make_store: MakeStore) -> None:
    """Several commits of one execution in one group take effect in their order."""
    going, over = execution_of(new_id()), execution_of(new_id())
    opened = OpenRow(None, 2, "Last", b"snapshot 3")
    group = []
    for execution in (going, over):
        group.append(replace(start_of(execution), branches={0: b"a", 1: b"b"}))
        group.append(replace(step_of(execution), open=OpenRow(1, 1, "B", b""), branches={0: None, 1: b"B"}))
        group.append(replace(step_of(execution), open=opened, branches={0: b"again"}))
    group.append(close_of(over, NOW_MS + 2))
    async with opened_store(make_store) as store:
        assert await store.commit(group) == {}
        found = await store.load_open(going.id)
        assert found is not None
        assert (found.open, found.branches) == (opened, {0: b"again", 1: b"B"})
        closed = await store.load_execution(over.id)
        assert closed is not None
        assert closed.status == "SUCCEEDED"
        assert await store.load_open(over.id) is None


@CHECKS.listed
async def a_large_group_is_written_whole(make_store: MakeStore) -> None:
    """However many commits it has."""
    machine_id = new_id()
    executions = [execution_of(machine_id, started_ms=NOW_MS + at) for at in range(203)]
    async with opened_store(make_store) as store:
        await store.commit([start_of(execution) for execution in executions])
        assert await store.count_open(machine_id) == 203
        assert await store.list_open_of(machine_id, 5) == [execution.id for execution in executions[:5]]
        await store.commit([close_of(execution, NOW_MS + 500) for execution in executions[:100]])
        assert await store.count_open(machine_id) == 103
        for execution in executions[::50]:
            assert await store.load_history(execution.id, 1, 10) == [HistoryRow(1, 3, b"batch 1")]


@CHECKS.listed
async def concurrent_commits_are_all_written(make_store: MakeStore) -> None:
    """Callers need not take turns."""
    machine_id = new_id()
    async with opened_store(make_store) as store:
        await asyncio.gather(*(store.commit([start_of(execution_of(machine_id))]) for _ in range(20)))
        assert await store.count_open(machine_id) == 20


# Names


@CHECKS.listed
async def a_taken_name_drops_only_its_commit(make_store: MakeStore) -> None:
    """The others of the group are written; the answer says who holds the name. A closed execution holds it too."""
    machine_id = new_id()
    holder, other = execution_of(machine_id, "daily"), execution_of(machine_id, "hourly")
    late = replace(start_of(execution_of(machine_id, "daily")), blobs=[(1, b"x")], branches={0: b"x"})
    later = replace(step_of(execution_of(machine_id)), execution_id=late.execution_id, open=OpenRow(None, 0, "S", b""))
    async with opened_store(make_store) as store:
        await store.commit([start_of(holder)])
        assert await store.commit([start_of(other), late, later]) == {1: holder.id, 2: holder.id}
        assert await store.load_execution(other.id) == other
        assert await store.load_execution(late.execution_id) is None
        assert await store.load_open(late.execution_id) is None
        assert await store.load_history(late.execution_id, 1, 10) == []
        assert await store.load_blob(late.execution_id, 1) is None
        assert await store.count_open(machine_id) == 2
        await store.commit([close_of(holder, NOW_MS)])
        assert await store.commit([late]) == {0: holder.id}


@CHECKS.listed
async def equal_names_in_one_group_race(make_store: MakeStore) -> None:
    """The first of the group wins; the same name of another machine is another name."""
    machine_id = new_id()
    first, second, third = (execution_of(machine_id, "daily") for _ in range(3))
    elsewhere = execution_of(new_id(), "daily")
    async with opened_store(make_store) as store:
        group = [start_of(execution) for execution in (first, second, elsewhere, third)]
        assert await store.commit(group) == {1: first.id, 3: first.id}
        assert await store.load_execution(first.id) == first
        assert await store.load_execution(elsewhere.id) == elsewhere
        assert await store.load_execution(second.id) is None


@CHECKS.listed
async def names_differ_in_case(make_store: MakeStore) -> None:
    """AWS: names are case-sensitive."""
    machine_id = new_id()
    async with opened_store(make_store) as store:
        assert (
            await store.commit([start_of(execution_of(machine_id, name)) for name in ("daily", "Daily", "daily ")])
            == {}
        )


# Refusals


@CHECKS.listed
async def a_bad_commit_refuses_its_group(make_store: MakeStore) -> None:
    """Nothing of the group is written, and the group without it is: the caller can search for the bad one."""
    machine_id = new_id()
    good = execution_of(machine_id)
    bad = [
        start_of(execution_of(machine_id, "lone \ud800")),
        replace(start_of(execution_of(machine_id)), open=OpenRow(1 << 70, 0, "S", b"")),
        replace(start_of(execution_of(machine_id)), history=[HistoryRow(1, 1, None)]),  # type: ignore[arg-type]
        replace(start_of(execution_of(machine_id)), history=[HistoryRow(1, 1, b"a"), HistoryRow(1, 1, b"b")]),
        replace(start_of(execution_of(machine_id)), close=ClosedRow("RUNNING", 1, b"")),
        replace(start_of(execution_of(machine_id)), open=None),
        replace(start_of(execution_of(machine_id)), shard=1 << 20),
    ]
    async with opened_store(make_store) as store:
        for commit in bad:
            await refused(store.commit([start_of(good), commit]))
            assert await store.load_execution(good.id) is None
            assert await store.find_execution(machine_id, good.name) is None
        assert await store.commit([start_of(good)]) == {}
        assert await store.load_execution(good.id) == good


@CHECKS.listed
async def a_closed_execution_takes_no_step(make_store: MakeStore) -> None:
    """A step or a second end that comes late cannot wake it."""
    execution, unknown = execution_of(new_id()), execution_of(new_id())
    async with opened_store(make_store) as store:
        await store.commit([start_of(execution), close_of(execution, NOW_MS + 1)])
        for row in (execution, unknown):
            await refused(store.commit([replace(step_of(row), open=OpenRow(None, 0, "S", b""))]))
            await refused(store.commit([close_of(row, NOW_MS + 2)]))
        assert await store.load_open(execution.id) is None
        found = await store.load_execution(execution.id)
        assert found is not None
        assert found.stopped_ms == NOW_MS + 1


@CHECKS.listed
async def a_closed_store_refuses_work(make_store: MakeStore) -> None:
    """With the store's own error."""
    store = make_store()
    await failed(store.meta("schema"))
    await store.open()
    await store.close()
    await store.close()
    await failed(store.commit([start_of(execution_of(new_id()))]))
    await failed(store.load_execution(new_id()))


# Redrives


@CHECKS.listed
async def a_closed_execution_is_reopened(make_store: MakeStore) -> None:
    """It is open again, listed among the running ones by the time of its redrive, and may be closed again."""
    execution = execution_of(new_id(), started_ms=NOW_MS)
    reopen = replace(
        step_of(execution),
        reopen=ReopenedRow(1, NOW_MS + 50, AWKWARD),
        open=OpenRow(NOW_MS + 99, 1, "Pay", b"again"),
        history=[HistoryRow(4, 1, b"batch 2")],
    )
    async with opened_store(make_store) as store:
        await store.commit([start_of(execution)])
        await store.commit([close_of(execution, NOW_MS + 10, "FAILED")])
        await store.commit([reopen])
        there = await store.load_execution(execution.id)
        assert there == replace(execution, redrives=1, redriven_ms=NOW_MS + 50, redrive=AWKWARD)
        opened = await store.load_open(execution.id)
        assert opened is not None
        assert (opened.open, opened.next_event_id) == (reopen.open, 5)
        lines = await store.list_executions(execution.machine_id, None, None, 9)
        assert [(at_ms, line.status, line.stopped_ms, line.redrives) for at_ms, line in lines] == [
            (NOW_MS + 50, "RUNNING", None, 1)
        ]
        await store.commit([close_of(execution, NOW_MS + 70)])
        lines = await store.list_executions(execution.machine_id, "SUCCEEDED", None, 9)
        assert [(at_ms, line.redriven_ms) for at_ms, line in lines] == [(NOW_MS + 70, NOW_MS + 50)]
        assert await store.load_open(execution.id) is None


@CHECKS.listed
async def a_redrive_that_ends_at_once_leaves_nothing_open(make_store: MakeStore) -> None:
    """Reopened and closed by one commit."""
    execution = execution_of(new_id())
    again = replace(close_of(execution, NOW_MS + 60, "FAILED"), reopen=ReopenedRow(1, NOW_MS + 50, b""))
    async with opened_store(make_store) as store:
        await store.commit([start_of(execution), close_of(execution, NOW_MS + 10, "ABORTED")])
        await store.commit([again])
        assert await store.load_open(execution.id) is None
        lines = await store.list_executions(execution.machine_id, None, None, 9)
        assert [(at_ms, line.status, line.redrives) for at_ms, line in lines] == [(NOW_MS + 60, "FAILED", 1)]


@CHECKS.listed
async def only_a_closed_execution_is_reopened_and_once(make_store: MakeStore) -> None:
    """The same redrive twice, or of one that is open, is refused and changes nothing."""
    execution = execution_of(new_id())
    reopen = replace(step_of(execution), reopen=ReopenedRow(1, NOW_MS + 50, b""), open=OpenRow(None, 0, "A", b""))
    async with opened_store(make_store) as store:
        await refused(store.commit([reopen]))
        await store.commit([start_of(execution)])
        await refused(store.commit([reopen]))
        await store.commit([close_of(execution, NOW_MS + 10, "FAILED")])
        await store.commit([reopen])
        await store.commit([close_of(execution, NOW_MS + 60, "FAILED")])
        await refused(store.commit([reopen]))
        there = await store.load_execution(execution.id)
        assert there is not None
        assert (there.status, there.redrives) == ("FAILED", 1)


# Logs


@CHECKS.listed
async def a_logged_commit_queues_its_history(make_store: MakeStore) -> None:
    """Batch by batch and for good, until it is said that they were logged; others do not."""
    logged, quiet = execution_of(new_id()), execution_of(new_id())
    async with opened_store(make_store) as store:
        await store.commit([replace(start_of(logged), logged=True), start_of(quiet)])
        step = replace(step_of(logged), open=OpenRow(None, 0, "B", b"2"), history=[HistoryRow(4, 2, b"2")], logged=True)
        await store.commit([step])
    async with opened_store(make_store) as store:
        first, second = LogRow(logged.shard, logged.id, 1), LogRow(logged.shard, logged.id, 4)
        queued = [row for row in await store.scan_log_queue(logged.shard, 10_000) if row.execution_id == logged.id]
        assert queued == [first, second]
        assert not [row for row in await store.scan_log_queue(quiet.shard, 10_000) if row.execution_id == quiet.id]
        assert len(await store.scan_log_queue(logged.shard, 1)) == 1
        await store.delete_logs([first])
        await store.delete_logs([first])
        queued = [row for row in await store.scan_log_queue(logged.shard, 10_000) if row.execution_id == logged.id]
        assert queued == [second]


@CHECKS.listed
async def a_start_that_lost_its_name_queues_nothing(make_store: MakeStore) -> None:
    """Nothing of it is written, so nothing is to be logged."""
    machine_id = new_id()
    holder, late = execution_of(machine_id, "same"), execution_of(machine_id, "same")
    async with opened_store(make_store) as store:
        await store.commit([start_of(holder)])
        assert await store.commit([replace(start_of(late), logged=True)]) == {0: holder.id}
        assert not [row for row in await store.scan_log_queue(late.shard, 10_000) if row.execution_id == late.id]
