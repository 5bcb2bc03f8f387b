"""What the events of an execution add up to. The table is the console's, too: its reducer gives the same pictures."""

import json
from typing import Any

import pytest

from stepwell.engine.model import Model
from stepwell.engine.places import HistoryEvent
from stepwell.engine.reducer import apply, start
from tests.engine.histories import CHOSEN, FILE, case_player, events_of, looped, redriven_map, text, words


def model_of(events: list[HistoryEvent], at: int | None = None) -> Model:
    return start(event for event in events if at is None or event.id <= at)


def test_the_table_is_what_engine_and_reducer_say_today() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run `python -m tests.engine.histories`"


@pytest.mark.parametrize("name", CHOSEN)
def test_nothing_is_under_way_after_the_end(name: str) -> None:
    player = case_player(name)
    model = model_of(events_of(player))
    assert model.status == player.status
    assert all(state.running == 0 and state.waiting == 0 for state in model.states.values())
    assert all(visit.outcome is not None for visit in model.visits.values())


@pytest.mark.parametrize("name", CHOSEN)
def test_every_visit_is_counted_once(name: str) -> None:
    for state in model_of(events_of(case_player(name))).states.values():
        ends = state.succeeded + state.caught + state.failed + state.aborted + state.timed_out
        assert ends == state.entered


@pytest.mark.parametrize(
    "name, at, wanted",
    [
        ("retry_then_success", 5, "Call:waiting RUNNING"),
        ("lambda_caught", 6, "Call:caught RUNNING"),
        ("timeout_caught", None, "Call:caught Late:succeeded SUCCEEDED"),
        ("map_timeouts", None, "Each:failed Call:timedOutx4 FAILED"),
        ("parallel_failure", None, "Both:failed A:failed B:aborted FAILED"),
        ("parallel_failure", 7, "Both:running A:waiting B:waiting RUNNING"),
        ("machine_timeout", None, "Rest:timedOut TIMED_OUT"),
        ("stop_with_reason", None, "Both:aborted Rest:aborted Call:aborted ABORTED"),
    ],
)
def test_words(name: str, at: int | None, wanted: str) -> None:
    assert words(model_of(events_of(case_player(name)), at)) == wanted


def test_a_failure_names_the_innermost_state() -> None:
    failure = model_of(events_of(case_player("map_timeouts"))).failure
    assert failure is not None
    assert (failure.error, failure.state, failure.path) == ("States.Timeout", "Call", (("Each", 0),))


def test_a_retry_is_counted_and_its_failure_kept() -> None:
    events = events_of(case_player("retry_then_success"))
    waiting = model_of(events, 5)
    (visit,) = waiting.visits.values()
    assert (visit.phase, visit.attempt, visit.error) == ("retry", 1, "Busy")
    assert model_of(events).states["Call"].retries == 2


def test_a_redrive_reopens_what_ended_badly() -> None:
    events = events_of(redriven_map())
    redriven = next(event.id for event in events if event.type == "ExecutionRedriven")
    reopened, ended = model_of(events, redriven), model_of(events)
    assert (reopened.status, reopened.redrives, len(reopened.visits)) == ("RUNNING", 1, 5)
    assert (ended.status, ended.states["Call"].succeeded, ended.states["Call"].timed_out) == ("SUCCEEDED", 4, 0)
    assert ended.failure is None and ended.visits == {}


def test_a_loop_counts_its_rounds_and_its_ways() -> None:
    states = model_of(events_of(looped())).states
    assert states["Pick"].next == {"Drop": 2, "Done": 1}
    assert (states["Drop"].entered, states["Drop"].status) == (2, "succeeded")


def test_a_map_counts_its_iterations() -> None:
    iterations = model_of(events_of(case_player("map_nested"))).states["Rows"].iterations
    assert iterations is not None
    assert (iterations.total, iterations.started, iterations.succeeded) == (2, 2, 2)


def test_the_table_can_be_read_by_others() -> None:
    rows: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    assert {row["name"] for row in rows} == {*CHOSEN, "redriven_map", "looped"}


def test_events_of_a_history_without_its_beginning_are_taken() -> None:
    model = Model()
    for event in events_of(case_player("parallel_join")):
        if event.type.endswith("StateEntered") or event.id > 7:
            apply(model, event)
    assert model.status == "SUCCEEDED"
