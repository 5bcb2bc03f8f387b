"""Makers of stores for the tests of this room."""

import pytest

pytest.register_assert_rewrite(
    "stepwell.testing.check_store", "stepwell.testing.check_commits", "stepwell.testing.check_map_runs"
)
