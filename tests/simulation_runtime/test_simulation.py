"""Seeds: a hundred always, thousands as a proof. A failure prints the command that tells its story again."""

import os
from collections import Counter

import pytest

from tests.simulation_runtime.simulation import Simulation, run

BLOCK = 25
QUICK = range(0, 100, BLOCK)
PROOF = range(10_000, 10_000 + int(os.environ.get("STEPWELL_SEEDS", "1500")), 100)


def looked_at(seeds: range) -> list[Simulation]:
    return [run(seed) for seed in seeds]


@pytest.mark.parametrize("first", QUICK)
def test_seeds(first: int) -> None:
    told = looked_at(range(first, first + BLOCK))
    assert sum(simulation.lives for simulation in told) > 2 * BLOCK, "the server was never killed"
    assert sum(simulation.looked for simulation in told) > BLOCK, "nobody looked at a server at rest"
    assert sum(len(simulation.ledger.won) for simulation in told) > BLOCK
    assert sum(len(simulation.ledger.started) for simulation in told) > 3 * BLOCK
    assert sum(simulation.ledger.redriven.total() for simulation in told) > BLOCK
    for what in ("runs", "redrives", "children"):
        assert sum(simulation.runs[what] for simulation in told) > 1, f"no {what} in any story"


def test_a_seed_that_once_failed() -> None:
    """A run was stopped when its server was away that had started a child and not written of it; it went on for ever."""
    run(10115)


@pytest.mark.proof
@pytest.mark.parametrize("first", PROOF)
def test_many_seeds(first: int) -> None:
    looked_at(range(first, first + 100))


def test_one_seed_tells_one_story() -> None:
    first, second = run(11), run(11)
    assert first.loop.now_s == second.loop.now_s
    for story in (first, second):  # the texts of tokens are secrets: each database has a key of its own
        story.ledger.handed = Counter({str(n): times for n, times in enumerate(sorted(story.ledger.handed.values()))})
    assert first.ledger == second.ledger
    assert first.outside.effects == second.outside.effects
    assert run(12).ledger != first.ledger


def test_a_failure_says_how_to_see_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.simulation_runtime.simulation.check_history", lambda events, closed: 1 / 0)
    with pytest.raises(ZeroDivisionError) as caught:
        run(17)
    assert caught.value.__notes__ == ["Reproduce with: python -m tests.simulation_runtime 17"]
