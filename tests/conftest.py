"""Settings that all tests share: how hypothesis looks for counter-examples, and what their processes hear."""

import os
import signal
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import database, database_alone, postgres_url  # noqa: F401  # fixtures

pytest.register_assert_rewrite("stepwell.testing")

# A machine that is busy is no fault, so there is no deadline. Where a change is judged (CI is set) the examples are the
# same each time, so that a verdict can be had again; at home they differ, so that more is seen.
settings.register_profile("stepwell", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("stepwell")

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONG = ("console", "kill", "server", "simulation_nodes", "simulation_runtime", "cli", "sandbox")
"""Rooms whose tests start browsers, servers and whole clusters, those that take longest first."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long begins first, at all workers, so that none is left alone with it in the end.

    Each worker begins with an equal part of the list: first with its share of the long ones, a file at a time, so that
    what a file shares is made once; then with short ones.
    """
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    hands: list[list[pytest.Item]] = [[] for _ in range(workers)]
    files = groupby(sorted(filter(is_long, items), key=room_order), key=lambda item: item.path)
    for number, (_, file) in enumerate(files):
        hands[number % workers].extend(file)
    short = [item for item in items if not is_long(item)]
    for place, hand in enumerate(hands):
        missing = len(items) * (place + 1) // workers - len(items) * place // workers - len(hand)
        hand += short[: max(missing, 0)]
        del short[: max(missing, 0)]
    items[:] = [item for hand in hands for item in hand] + short


def room_of(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


def is_long(item: pytest.Item) -> bool:
    return room_of(item) in LONG


def room_order(item: pytest.Item) -> int:
    return LONG.index(room_of(item))
