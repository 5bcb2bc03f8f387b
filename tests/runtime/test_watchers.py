"""Who looks on, and what is counted."""

import asyncio

from stepwell.runtime.watchers import CHANGES_MAX, Change, Counts, Watchers
from tests.runtime.map_run_world import spread
from tests.runtime.world import flow, world

PASS = ("Pass", {"Type": "Pass"})
WAIT = ("Wait", {"Type": "Wait", "Seconds": 10})
FAIL = ("Fail", {"Type": "Fail", "Error": "E"})


async def test_counts_follow_what_was_committed():
    async with world() as w:
        await w.machine(flow(PASS))
        await w.start()
        assert w.runtime.watchers.counts == Counts(started=1, succeeded=1)
        await w.machine(flow(FAIL), name="bad")
        await w.start(machine="bad")
        await w.machine(flow(WAIT), name="slow")
        execution_id = await w.start(machine="slow")
        assert w.runtime.watchers.counts == Counts(running=1, started=3, succeeded=1, failed=1)
        await w.runtime.stop_execution(execution_id, None, None)
        assert w.runtime.watchers.counts == Counts(running=0, started=3, succeeded=1, failed=1, aborted=1)


async def test_those_that_were_open_already_run():
    async with world() as w:
        await w.machine(flow(WAIT))
        await w.start()
        await w.restart()
        assert w.runtime.watchers.counts == Counts(running=1)


async def test_children_of_map_runs_that_were_open_already_run_besides():
    async with world() as w:
        await w.machine(spread("STANDARD", WAIT))
        await w.start(given="[1, 2, 3]")
        with w.runtime.watchers.changes(lambda change: change.is_child) as watcher:
            while w.runtime.watchers.counts.children_running < 3:
                await asyncio.wait_for(watcher.awake.wait(), 10)
                watcher.take()
        await w.restart()
        assert w.runtime.watchers.counts == Counts(running=1, children_running=3)


def test_a_reader_is_woken_by_its_execution_alone():
    watchers = Watchers()
    with watchers.execution(b"a") as first, watchers.execution(b"a") as second, watchers.execution(b"b") as other:
        watchers.went_on(b"a")
        assert first.awake.is_set() and second.awake.is_set() and not other.awake.is_set()
    watchers.went_on(b"a")


def test_changes_are_kept_once_and_taken():
    watchers = Watchers()
    change = Change(b"m", b"e")
    with watchers.changes(lambda one: one.machine_id == b"m") as watcher:
        for one in (change, change, Change(b"other", b"e")):
            watchers.changed(one)
        assert watcher.awake.is_set()
        assert watcher.take() == ([change], False)
        assert watcher.take() == ([], False) and not watcher.awake.is_set()
        for number in range(CHANGES_MAX + 1):
            watchers.changed(Change(b"m", number.to_bytes(2)))
        taken, missed = watcher.take()
        assert len(taken) == CHANGES_MAX and missed
    watchers.changed(change)
    assert watcher.take() == ([], False)


def test_everybody_is_woken_at_the_end():
    watchers = Watchers()
    with watchers.execution(b"a") as one, watchers.changes(lambda change: False) as other:
        watchers.close()
        assert one.awake.is_set() and other.awake.is_set() and watchers.closed
