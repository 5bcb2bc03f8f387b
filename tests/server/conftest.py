"""One server for all tests of this folder that do not stop theirs."""

from collections.abc import Iterator

import pytest

from tests.server.outside import OwnServer, Stream, faultless_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A server in a process of its own."""
    with faultless_server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
def stream(server: OwnServer) -> Iterator[Stream]:
    """Ordinary executions on the same server while the test lasts: each must succeed, whatever the test does."""
    with Stream(server) as flowing:
        yield flowing
    assert not flowing.trouble, flowing.trouble[:3]
    assert flowing.succeeded
