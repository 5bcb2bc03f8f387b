"""Where events happened: state, iterations, visit, and the way that led there."""

import pytest

from stepwell.engine.history import CODES, entries
from stepwell.engine.places import TEXT_CHARACTERS_MAX, HistoryEvent, Places
from tests.engine.histories import CHOSEN, case_player, events_of


def placed(name: str) -> dict[int, HistoryEvent]:
    return {event.id: event for event in events_of(case_player(name))}


@pytest.mark.parametrize("name", CHOSEN)
def test_every_event_inside_a_state_knows_its_visit(name: str) -> None:
    events = placed(name)
    for event in events.values():
        if event.type.startswith("Execution"):
            assert event.state is None and event.path == ()
        else:
            entered = events[event.visit]
            assert entered.type.endswith("StateEntered")
            assert entered.details["name"] == event.state
            assert event.path[: len(entered.path)] == entered.path


def test_iterations_of_nested_maps() -> None:
    events = placed("map_nested")
    assert events[14].path == (("Rows", 0), ("Cells", 0))
    assert events[13].state == "Rows" and events[13].path == (("Rows", 1),)
    assert (events[14].within, events[6].within, events[2].within) == (6, 2, 0)


def test_the_way_that_led_to_a_state() -> None:
    events = placed("parallel_caught")
    assert events[7].came_from == "Both"
    assert events[4].came_from is None and events[2].came_from is None


def test_events_without_a_name_know_which_state_was_given_up() -> None:
    events = placed("map_timeouts")
    assert [(events[n].state, events[n].path) for n in (25, 27, 31)] == [
        ("Call", (("Each", 0),)),
        ("Call", (("Each", 1),)),
        ("Call", (("Each", 3),)),
    ]


def test_a_catcher_shows_in_the_exit() -> None:
    assert placed("lambda_caught")[6].caught
    assert not placed("lambda_caught")[8].caught


def test_the_failed_execution_knows_the_visit() -> None:
    assert placed("parallel_failure")[14].visit == 2


def one(text: str, *, data: bool = True, whole: bool = False) -> HistoryEvent:
    places = Places()
    (entry,) = entries([(5, [(CODES["PassStateEntered"], 0, "A", text)])], 1)
    places.learn(entry)
    return places.event(entry, str, data=data, whole=whole)


def test_long_texts_are_cut_and_named() -> None:
    long = '"' + "x" * TEXT_CHARACTERS_MAX + '"'
    assert one(long).cut == ["input"]
    assert one(long).details == {"name": "A", "input": long[:TEXT_CHARACTERS_MAX]}
    assert one(long, whole=True).details["input"] == long
    assert one(long, data=False).details == {"name": "A"}


def test_long_variables_are_cut_each() -> None:
    places = Places()
    values = {"short": "1", "long": "2" * 5_000}
    (entry,) = entries([(5, [(CODES["PassStateExited"], 0, "A", "{}", values)])], 1)
    places.learn(entry)
    event = places.event(entry, str)
    assert event.cut == ["assignedVariables"]
    assert [len(text) for text in event.details["assignedVariables"].values()] == [1, TEXT_CHARACTERS_MAX]
