"""The console in a browser, as far as serving goes: any address comes up, and nothing leaves the origin."""

import pytest

from tests.console.browser import Window
from tests.server.outside import OwnServer


@pytest.mark.parametrize("path", ["", "machines", "executions?query=status%3DFAILED", "settings", "no/such/view"])
def test_every_address_of_the_console_comes_up(window: Window, path: str) -> None:
    page = window.goto(path)
    assert page.locator("h1").count() == 1


def test_the_page_lives_where_the_server_says(window: Window) -> None:
    page = window.goto()
    assert page.evaluate("document.baseURI") == window.base


def test_assets_come_compressed_and_are_kept(window: Window) -> None:
    kept = []
    window.page.on("response", lambda answer: kept.append((answer.url, answer.headers)))
    window.goto()
    assets = [headers for url, headers in kept if "/assets/" in url and url.endswith(".js")]
    assert assets
    assert all("immutable" in headers["cache-control"] for headers in assets)
    assert any(headers.get("content-encoding") in ("br", "gzip") for headers in assets)


def test_nothing_but_the_console_may_run_in_its_page(window: Window) -> None:
    page = window.goto()
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None
    assert window.faults and all("policy" in fault or "Content Security Policy" in fault for fault in window.faults)
    window.expect_faults("policy", "Content Security Policy")


def test_a_browser_finds_the_api_on_the_same_origin(window: Window, server: OwnServer) -> None:
    page = window.goto()
    answer = page.evaluate("fetch('/console/api/overview').then((answer) => answer.json())")
    assert answer["access"] == "loopback"
