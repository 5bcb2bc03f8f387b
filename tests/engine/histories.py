"""Histories for the two reducers, Python's and TypeScript's: events with their places, and the pictures they add up to.

`python -m tests.engine.histories` writes them where the console's tests read them. `test_reducer` fails when they are
not what the engine and the reducer say today.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import to_builtins

from stepwell.engine.events import Redriven
from stepwell.engine.execution import Decision, Execution
from stepwell.engine.history import entries
from stepwell.engine.model import Model, as_table
from stepwell.engine.places import HistoryEvent, Places
from stepwell.engine.reducer import apply
from stepwell.payload import Payload
from stepwell.runtime.codec import encode_remains, restore_remains
from stepwell.testing.cases import run_case
from stepwell.testing.player import Player, run_now
from tests.engine.player import ok

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "console" / "src" / "execution" / "histories.json"
CASES: Final = ROOT / "tests" / "conformance" / "cases"
CHOSEN: Final = (
    "activity_untaken",
    "choice_first_rule",
    "jsonata_undefined",
    "lambda_caught",
    "machine_timeout",
    "map_empty",
    "map_failure_caught",
    "map_nested",
    "map_retried",
    "map_sequence",
    "map_timeouts",
    "parallel_caught",
    "parallel_failure",
    "parallel_join",
    "parallel_nested",
    "parallel_retried",
    "retry_then_success",
    "runtime_in_branch",
    "stop_with_reason",
    "sync_job",
    "timeout_caught",
    "token_success",
)


def events_of(player: Player) -> list[HistoryEvent]:
    """What a player recorded, with places."""
    return list(_placed(player.decisions, player))


def _placed(decisions: list[Decision], player: Player) -> Iterator[HistoryEvent]:
    places = Places()
    for decision in decisions:
        for entry in entries([(decision.at_ms, decision.records)], decision.first_event_id):
            places.learn(entry)
            yield places.event(entry, player.rows.blobs.__getitem__)


def words(model: Model) -> str:
    """A picture in one line, to be read by people."""
    parts = [
        f"{name}:{state.status}{f'x{state.entered}' if state.entered > 1 else ''}"
        for name, state in model.states.items()
    ]
    return " ".join([*parts, model.status])


def case_player(name: str) -> Player:
    return run_case(json.loads((CASES / f"{name}.json").read_text()))


def redrive(player: Player) -> Player:
    """Let a player's failed execution go on."""
    failed = player.execution
    failed.recorder.blobs = []
    remains = encode_remains(failed)
    assert remains is not None
    player.rows.blobs.update(failed.recorder.blobs)
    again = Execution(failed.machine, player._facts(Payload(player.given.text)), failed.limits)
    run_now(restore_remains(again, remains, player.rows.load_blob))
    player.execution = again
    player.rows.pages = {}
    player.watch.closed = False
    player.watch.attempts = set()
    player.play(Redriven(failed.redrives + 1), player.at_ms + 1_000)
    return player


def redriven_map() -> Player:
    """A Map in a Parallel fails in one iteration, is redriven, and succeeds."""
    player = redrive(case_player("map_timeouts"))
    for attempt in sorted(player.branch_of)[-4:]:
        player.play(ok(attempt)(player))
    return player


def looped() -> Player:
    """A loop of two states that is left the third time."""
    pick = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.left[0]", "IsPresent": True, "Next": "Drop"}],
        "Default": "Done",
    }
    states = {
        "Pick": pick,
        "Drop": {"Type": "Pass", "Parameters": {"left.$": "$.left[1:]"}, "Next": "Pick"},
        "Done": {"Type": "Succeed"},
    }
    player = Player({"StartAt": "Pick", "States": states}, {"left": [1, 2]})
    player.start()
    return player


def recorded() -> list[dict[str, Any]]:
    """The table."""
    players = {name: case_player(name) for name in CHOSEN}
    players |= {"redriven_map": redriven_map(), "looped": looped()}
    return [_row(name, events_of(player)) for name, player in players.items()]


def _row(name: str, events: list[HistoryEvent]) -> dict[str, Any]:
    model, lines, models = Model(), [], {}
    full = {len(events) // 3, 2 * len(events) // 3, len(events)}
    for event in events:
        apply(model, event)
        lines.append(words(model))
        if event.id in full:
            models[str(event.id)] = as_table(model)
    return {"name": name, "events": to_builtins(events), "words": lines, "models": models}


def text() -> str:
    rows = (json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in recorded())
    return "[\n" + ",\n".join(rows) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
