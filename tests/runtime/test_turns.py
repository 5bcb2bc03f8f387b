"""Which executions stay in memory, and what a turn gathers."""

from typing import Any

from stepwell.runtime.turns import Item, Live, Residents, Turn
from stepwell.store.records import ActivityTaskRow


def live(number: int) -> Live:
    nothing: Any = None
    return Live(number.to_bytes(16), nothing, nothing)


def test_the_one_that_was_idle_longest_leaves():
    residents = Residents(3)
    lives = [live(number) for number in range(5)]
    for one in lives[:3]:
        residents.keep(one)
    assert residents.get(lives[0].id) is lives[0]
    residents.keep(lives[3])
    assert [one.id for one in residents] == [lives[2].id, lives[0].id, lives[3].id]
    assert residents.get(lives[1].id) is None
    residents.keep(lives[0])
    assert len(residents) == 3
    residents.drop(lives[0].id)
    residents.drop(lives[4].id)
    assert len(residents) == 2


def test_an_activity_task_put_by_this_turn_is_taken_back():
    turn = Turn(live(1), 0)
    rows = [ActivityTaskRow(b"a", 0, number, b"e", number, 1) for number in range(3)]
    turn.tasks_put.extend(rows)
    assert turn.take_back((b"e", 1, 1))
    assert not turn.take_back((b"e", 1, 1))
    assert not turn.take_back((b"e", 2, 9))
    assert turn.tasks_put == [rows[0], rows[2]]


async def test_an_item_is_answered_once():
    import asyncio

    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    item = Item(b"e", None, answer)  # type: ignore[arg-type]
    item.settle(True)
    item.settle(False)
    item.refuse(ValueError())
    assert await answer
    Item(b"e", None).settle(True)  # type: ignore[arg-type]
    Item(b"e", None).refuse(ValueError())  # type: ignore[arg-type]
