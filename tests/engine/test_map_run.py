"""The aggregate of a Map Run, by tables: what is told, what may be done, what counts."""

import pytest

from stepwell.engine.failure import Failure
from stepwell.engine.map_run import EXCEEDED, PAGE_CHILDREN, SHRUNK, MapRun, Page, Settings, Status

S, F, T, A = Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT, Status.ABORTED


def run_of(count=None, percentage=None, concurrency=0, **more):
    return MapRun(Settings(concurrency, count, percentage), 10_000, **more)


def told(run, *sizes):
    for index, size in enumerate(sizes):
        assert run.tell(index, size, f"c{index}")


def played(run, *ends):
    """One child of one item after the other, each ended as it says."""
    for index, status in enumerate(ends):
        run.tell(index, 1, "")
        if run.may_start:
            run.start(index)
            run.end(index, status)


TOLERANCES = [
    # count, percentage, known, ends, source over, failed
    (None, None, None, [S, S], True, False),
    (None, None, None, [S, F], False, True),
    (None, None, None, [S, T], False, True),
    (None, None, None, [S, A], True, False),
    (0, None, None, [F], False, True),
    (1, None, None, [F, S], True, False),
    (1, None, None, [F, T], False, True),
    (None, 50, 4, [F, F, S, S], True, False),
    (None, 50, 4, [F, F, F], False, True),
    (None, 50, None, [F, F, F], False, False),  # not judged before their number is known
    (None, 50, None, [F, F, F], True, True),
    (None, 0, None, [F], False, True),
    (None, 100, None, [F, F], True, False),
    (1, 100, None, [F, F], True, True),  # either suffices
    (9, 10, 4, [F], False, True),
]


@pytest.mark.parametrize("count, percentage, known, ends, over, failed", TOLERANCES)
def test_tolerances(count, percentage, known, ends, over, failed):
    run = run_of(count, percentage, items_known=known)
    played(run, *ends)
    if over:
        run.end_source()
    assert run.failure == (EXCEEDED if failed else None)
    assert run.status == ("FAILED" if failed else "SUCCEEDED")


def test_a_batch_counts_all_its_items():
    run = run_of(3)
    told(run, 2, 2)
    for index in (0, 1):
        run.start(index)
        run.end(index, F)
    assert run.failure == EXCEEDED
    assert (run.counts[F], run.items[F]) == (2, 4)


def test_concurrency_bounds_what_runs():
    run = run_of(concurrency=2)
    told(run, 1, 1, 1)
    run.start(0)
    assert run.may_start
    run.start(1)
    assert not run.may_start
    run.update(Settings(3))
    assert run.may_start
    run.update(Settings(0))
    assert run.concurrency == 10_000


def test_the_backlog_is_bounded():
    run = run_of()
    index = 0
    while run.wants_more:
        run.tell(index, 1, "")
        index += 1
    assert index == 1_000
    run.start(0)
    assert run.wants_more


def test_an_end_counts_once():
    run = run_of(9)
    told(run, 1)
    assert run.end(0, F) is None  # never started
    run.start(0)
    assert run.end(0, F) is not None
    assert run.end(0, F) is None and run.end(0, S) is None and run.end(7, F) is None
    assert run.counts[F] == 1


def test_over():
    run = run_of()
    assert not run.is_over
    told(run, 1)
    run.end_source()
    assert not run.is_over
    run.start(0)
    assert not run.is_over
    run.end(0, S)
    assert run.is_over and run.status == "SUCCEEDED"


def test_an_ending_run_waits_for_what_runs():
    run = run_of()
    told(run, 1, 1, 1)
    run.start(0)
    run.start(1)
    run.end(0, F)
    assert run.is_ending and not run.may_start and not run.wants_more and not run.is_over
    run.end(1, A)
    assert run.is_over and run.status == "FAILED"
    assert run.counts[Status.PENDING] == 1


def test_of_what_a_failed_run_leaves_out_only_counts_are_kept():
    run = run_of()
    told(run, 1, 1, 1)
    run.start(0)
    run.end(0, F)
    assert [run.leave_out(index, 2) for index in range(5 * PAGE_CHILDREN)] == [False] + [True] * (5 * PAGE_CHILDREN - 1)
    assert run.counts[Status.PENDING] == 5 * PAGE_CHILDREN - 1
    assert list(run.pages) == [0] and run.next_page == 1


def test_a_page_is_written_again_when_children_of_it_are_left_out_after_a_crash():
    """Known before it, not told again since: their page must not say less than the counts."""
    before = run_of()
    told(before, 1, 1, 1)
    before.start(0)
    before.end(0, F)
    run = run_of()
    run.restore(before.snapshot(), before.pages.values())
    page = run.pages[0]
    page.dirty = False
    assert [run.leave_out(index, 1) for index in range(3)] == [False, True, True]
    assert page.dirty and list(page.statuses) == [F, Status.PENDING, Status.PENDING]
    assert run.counts[Status.PENDING] == 2


def test_the_first_failure_stays_and_abort_wins():
    run = run_of()
    run.fail(Failure("a", None))
    run.fail(Failure("b", None))
    assert run.failure == Failure("a", None)
    run.abort()
    assert run.status == "ABORTED" and run.is_over


def test_pages_leave_when_they_are_over_and_written():
    run = run_of()
    played(run, *[S] * (PAGE_CHILDREN + 1))
    assert sorted(run.pages) == [0, 1] and run.first_open.number == 1
    run.drop_over()
    assert sorted(run.pages) == [0, 1]  # not written
    for page in run.pages.values():
        page.dirty = False
    run.drop_over()
    assert sorted(run.pages) == [1]
    assert not run.tell(5, 1, "")  # of a page that is over
    run.end_source()
    assert run.first_open is None


def copied(page):
    made = Page(page.number, page.checkpoint)
    made.statuses, made.sizes = bytearray(page.statuses), list(page.sizes)
    made.ended, made.parts, made.full, made.redrives = page.ended, page.parts, page.full, list(page.redrives)
    return made


def test_after_a_crash_what_had_not_ended_is_told_again():
    run = run_of(5, concurrency=2)
    told(run, 1, 2, 3)
    for index in (0, 1):
        run.start(index)
    run.end(1, F, output_bytes=9)
    again = run_of()
    again.restore(run.snapshot(), [copied(page) for page in run.pages.values()])
    assert again.settings == run.settings and again.output_bytes == 9
    assert (again.items[F], again.items[Status.RUNNING], again.items[Status.PENDING]) == (2, 0, 0)
    assert again.first_open.checkpoint == "c0"
    assert [again.tell(index, size, "") for index, size in enumerate((1, 2, 3))] == [True, False, True]
    assert again.counts[Status.PENDING] == 2 and again.next_page == 1
    again.start(0)
    assert again.end(0, S) is not None


def reopened(run, attempt=1):
    """The run after a redrive, from all its rows."""
    again = run_of(*run.settings[1:], concurrency=run.settings.max_concurrency)
    again.restore(run.snapshot(), [copied(page) for page in run.pages.values()])
    again.redrive(attempt)
    return again


def test_a_redrive_takes_back_what_did_not_end_well():
    run = run_of(1)
    played(run, S, F, T, A)
    run.tell(4, 2, "")
    assert run.failure == EXCEEDED
    again = reopened(run)
    assert again.failure is None and again.attempt == 1 and not again.is_ending
    waiting = [index for index in range(5) if again.status_of(index) == Status.PENDING_REDRIVE]
    assert waiting == [1, 2] and again.status_of(3) == again.status_of(4) == Status.UNKNOWN
    assert [again.redrives_of(index) for index in range(5)] == [0, 1, 1, 0, 0]
    assert (again.counts[S], again.counts[F], again.counts[T], again.counts[Status.PENDING_REDRIVE]) == (1, 0, 0, 2)


def test_children_that_wait_for_their_redrive_are_told_and_started_again():
    run = run_of(9)
    played(run, F, S, A)
    again = reopened(run)
    assert [again.tell(index, 1, "") for index in range(3)] == [True, False, True]
    assert again.backlog == 2
    again.end_source()
    assert not again.is_over and again.failure is None
    for index in (0, 2):
        again.start(index)
        assert again.pages[0].dirty
        again.end(index, S)
    assert again.is_over and again.status == "SUCCEEDED" and again.counts[S] == 3
    assert reopened(again, 2).counts[Status.PENDING_REDRIVE] == 0


def test_after_a_crash_a_redriven_child_still_waits_for_its_redrive():
    run = run_of(9)
    played(run, F, F)
    again = reopened(run)
    told(again, 1, 1)
    again.start(0)
    crashed = run_of(9)
    crashed.restore(again.snapshot(), [copied(page) for page in again.pages.values()])
    assert [crashed.status_of(index) for index in (0, 1)] == [Status.PENDING_REDRIVE] * 2
    assert crashed.counts[Status.PENDING_REDRIVE] == 2 and crashed.redrives_of(0) == 1


def test_a_child_that_cannot_be_redriven_is_counted_and_fails_again():
    run = run_of(9)
    played(run, F)
    again = reopened(run)
    told(again, 3)
    again.start(0)
    again.refuse_redrive(0)
    again.end(0, F)
    assert again.not_redrivable == [1, 1] and again.redrives_of(0) == 0 and again.counts[F] == 1
    assert reopened(again, 2).not_redrivable == [0, 0]


def test_children_whose_items_are_gone_are_not_lost_in_silence():
    run = run_of(9)
    played(run, F, S, F)
    again = reopened(run)
    again.tell(0, 1, "")
    again.end_source()
    assert again.failure == SHRUNK
