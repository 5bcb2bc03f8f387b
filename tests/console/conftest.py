"""What browser tests stand on: the built console, a real server, a real browser, one watched window each.

    def test_a_machine_is_listed(window: Window, server: OwnServer) -> None:
        server.create(PASS, "orders")
        page = window.goto("machines")
        page.get_by_text("orders").wait_for()

A window fails its test for every error that the browser met, unless the test says that it expects it.
"""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.console.browser import SIZE, Window, keep_process, new_context, open_browser
from tests.console.bundle import ensure_built
from tests.server.outside import OwnServer, faultless_server

PATIENCE_S = 600
"""The first test that wants the console may have to build it, from packages that are still to be fetched."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PATIENCE_S))


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The folder with the built console."""
    return ensure_built()


@pytest.fixture(scope="session")
def server(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A server for all browser tests of a worker; a test that wants it for itself takes `own_server`."""
    with faultless_server(tmp_path_factory.mktemp("console")) as started:
        yield started


@pytest.fixture
def own_server(bundle: Path, tmp_path: Path) -> Iterator[OwnServer]:
    """A server with an empty database, which a test may stop and start."""
    started = OwnServer(tmp_path).up()
    yield started
    started.process.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: while it is open its thread has a loop that runs, so no asynchronous test may come between."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Callable[..., BrowserContext]:
    """One for each language and theme, so that only the first page of a module has to fetch the console."""

    @functools.cache
    def context(*, language: str, theme: str) -> BrowserContext:
        made = new_context(browser, language=language, theme=theme)
        keep_process(made)
        return made

    return context


@pytest.fixture
def open_window(contexts: Callable[..., BrowserContext]) -> Iterator[Callable[..., Window]]:
    """Windows of any server, language, theme and size; each is closed, and must have met no fault, when all is over."""
    windows: list[Window] = []

    def make(server: OwnServer, *, language: str = "en", theme: str = "light", size: tuple[int, int] = SIZE) -> Window:
        windows.append(Window(contexts(language=language, theme=theme), server.port, size=size))
        return windows[-1]

    yield make
    for window in windows:
        window.close()


@pytest.fixture
def window(open_window: Callable[..., Window], server: OwnServer) -> Window:
    """A window before the shared server."""
    return open_window(server)
