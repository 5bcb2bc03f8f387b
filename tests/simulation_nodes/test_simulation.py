"""Seeds of several nodes: some always, thousands as a proof. A failure prints the command that tells its story again."""

import os
from collections import Counter

import pytest

from tests.simulation_nodes.simulation import NodesSimulation, run

BLOCK = 10
QUICK = range(0, 120, BLOCK)
PROOF = range(10_000, 10_000 + int(os.environ.get("STEPWELL_SEEDS", "1500")), 100)


def looked_at(seeds: range) -> list[NodesSimulation]:
    return [run(seed) for seed in seeds]


@pytest.mark.parametrize("first", QUICK)
def test_seeds(first: int) -> None:
    told = looked_at(range(first, first + BLOCK))
    assert sum(simulation.lives for simulation in told) > 2 * BLOCK, "no node was ever killed"
    assert sum(len(simulation.interrupted_s) for simulation in told) > BLOCK
    assert sum(len(simulation.ledger.won) for simulation in told) > BLOCK
    assert sum(len(simulation.ledger.started) for simulation in told) > 3 * BLOCK
    stores = [life.store for simulation in told for life in simulation.all_lives]
    assert sum(store.lost for store in stores) > BLOCK / 2, "hardly a message was lost"
    assert sum(store.repeated for store in stores) > BLOCK / 2, "hardly a message was repeated"


@pytest.mark.parametrize("seed", [2083, 20515])
def test_seeds_that_once_failed(seed: int) -> None:
    """A node that had been given up for dead believed a reply that came too late. One was given up while it let shards
    go: it waited for a commit, which waited to hear that the node was given up.
    """
    run(seed)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
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


def test_a_failure_says_how_to_see_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.simulation_runtime.simulation.check_history", lambda events, closed: 1 / 0)
    with pytest.raises(ZeroDivisionError) as caught:
        run(17)
    assert caught.value.__notes__ == ["Reproduce with: python -m tests.simulation_nodes 17"]
