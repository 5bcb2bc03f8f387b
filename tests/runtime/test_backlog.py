import asyncio

import pytest

from stepwell.engine.events import Resumed, TimePassed
from stepwell.runtime.backlog import Backlog
from stepwell.runtime.turns import Item


def ids(items):
    return [item.execution_id for item in items]


def event(name: bytes) -> Item:
    return Item(name, TimePassed())


def leftover(name: bytes) -> Item:
    return Item(name, Resumed())


def backlog_of(*items: Item) -> Backlog:
    def again(item: Item) -> None:
        backlog.file(item)

    backlog = Backlog(again)
    for item in items:
        backlog.file(item)
    return backlog


def test_events_come_out_as_they_came_at_most_so_many_at_once():
    backlog = backlog_of(*(event(b"%d" % number) for number in range(300)))
    assert backlog.events == 300
    assert ids(backlog.next_group()) == [b"%d" % number for number in range(256)]
    assert ids(backlog.next_group()) == [b"%d" % number for number in range(256, 300)]
    assert not backlog.is_ready


def test_leftover_work_and_events_take_turns():
    backlog = backlog_of(event(b"a"), leftover(b"x"), leftover(b"x"), leftover(b"y"))
    assert ids(backlog.next_group()) == [b"x", b"y"]
    backlog.file(leftover(b"x"))
    assert ids(backlog.next_group()) == [b"a"]
    backlog.file(event(b"b"))
    assert ids(backlog.next_group()) == [b"x"]
    assert ids(backlog.next_group()) == [b"b"]


@pytest.mark.parametrize("make", [event, leftover])
def test_what_a_group_had_no_time_for_comes_first_in_the_next_one(make):
    backlog = backlog_of(*(make(name) for name in (b"a", b"b", b"c")))
    backlog.put_back(backlog.next_group()[1:])
    assert ids(backlog.next_group()) == [b"b", b"c"]


async def test_an_event_that_fails_again_is_tried_ever_later():
    backlog, item, delays = backlog_of(), event(b"a"), []
    loop = asyncio.get_running_loop()
    for _ in range(12):
        backlog.try_later(item)
        delays.append(backlog._later[item].when() - loop.time())
        backlog.try_now()
    assert delays[0] == pytest.approx(0.2, abs=0.05)
    assert delays[1] > delays[0]
    assert delays[-1] == pytest.approx(25.6, abs=0.1)


async def test_what_is_tried_again_comes_by_itself_or_when_it_is_told_to():
    put: asyncio.Queue[Item] = asyncio.Queue()
    backlog = Backlog(put.put_nowait)
    soon, later = event(b"soon"), event(b"later")
    later.tries = 5
    backlog.try_later(later)
    backlog.try_later(soon)
    assert backlog.failed == 2
    assert await put.get() is soon
    assert backlog.failed == 1
    backlog.try_now()
    assert put.get_nowait() is later
    assert backlog.failed == 0


async def test_what_waits_of_some_executions_can_be_taken_out():
    failed = event(b"go")
    backlog = backlog_of(event(b"go"), event(b"stay"), leftover(b"go"), leftover(b"stay"))
    backlog.try_later(failed)
    gone = backlog.take_out(lambda execution_id: execution_id == b"go")
    assert ids(gone) == [b"go"] * 3
    assert failed in gone
    assert backlog.failed == 0
    assert ids(backlog.next_group()) == [b"stay"]
    assert ids(backlog.next_group()) == [b"stay"]
    assert backlog.take_out(lambda execution_id: True) == set()
