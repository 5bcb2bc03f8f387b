"""Settings that all tests share: how hypothesis looks for counter-examples, and what their processes hear."""

import gc
import os
import signal

import pytest
from hypothesis import settings

from tests.postgres import database, database_alone, postgres_url  # noqa: F401  # fixtures

pytest.register_assert_rewrite("stepwell.testing")

# A machine that is busy is no fault, so there is no deadline. Where a change is judged (CI is set) the examples are the
# same each time, so that a verdict can be had again; at home they differ, so that more is seen.
settings.register_profile("stepwell", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("stepwell")

# The collector of garbage took a fifth of all time: it went through thousands of tests and modules that stay to the end.
gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    """What is there now stays: the collector need not look at it again."""
    gc.collect()
    gc.freeze()


# A shell lets what it starts in the background ignore Ctrl-C, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
