"""Executions of random machines in a hostile world. `pytest tests/simulation --seed N`, or STEPWELL_SEED=N, plays one
seed again."""

import os
from collections import Counter

import pytest

from tests.simulation.world import simulate

CHUNK = 25
QUICK_CHUNKS = 40
PROOF_CHUNKS = 400
ONCE_FAILED = (4_262,)  # an execution that was loaded put its variables apart once more


def run(seeds: range) -> Counter[str]:
    ends: Counter[str] = Counter()
    for seed in seeds:
        try:
            ends[simulate(seed).player.status] += 1
        except Exception as error:
            error.add_note(f"to see it again: STEPWELL_SEED={seed} pytest tests/simulation -k one_seed")
            raise
    return ends


def test_one_seed(request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("--seed", default=None) or os.environ.get("STEPWELL_SEED") or 0
    run(range(int(seed), int(seed) + 1))


@pytest.mark.parametrize("chunk", range(QUICK_CHUNKS))
def test_seeds(chunk: int) -> None:
    run(range(chunk * CHUNK, (chunk + 1) * CHUNK))


def test_seeds_that_once_failed() -> None:
    for seed in ONCE_FAILED:
        run(range(seed, seed + 1))


@pytest.mark.proof
@pytest.mark.parametrize("chunk", range(QUICK_CHUNKS, QUICK_CHUNKS + PROOF_CHUNKS))
def test_many_seeds(chunk: int) -> None:
    run(range(chunk * CHUNK, (chunk + 1) * CHUNK))


def test_all_ends_are_met() -> None:
    """The world is hostile, not hopeless: each way of ending happens."""
    assert set(run(range(60))) == {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
