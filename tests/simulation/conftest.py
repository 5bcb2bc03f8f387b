"""`--seed N` plays one seed of the simulation."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="the seed that tests/simulation plays")
