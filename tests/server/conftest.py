"""One server for all tests of this folder that do not stop theirs."""

from collections.abc import Iterator

import pytest

from tests.server.outside import OwnServer, Stream


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A server in a process of its own, which has to be alive, and to have met no fault, when all is over."""
    started = OwnServer(tmp_path_factory.mktemp("server")).up()
    yield started
    try:
        assert started.process.stop() == 0
        assert "Traceback" not in started.log, started.log[-5000:]
    finally:
        started.process.close()


@pytest.fixture
def stream(server: OwnServer) -> Iterator[Stream]:
    """Ordinary executions on the same server while the test lasts: each must succeed, whatever the test does."""
    with Stream(server) as flowing:
        yield flowing
    assert not flowing.trouble, flowing.trouble[:3]
    assert flowing.succeeded
