"""A real browser before a real server. `Window` is one page that is watched while a test uses it.

Whatever a test is about, the console writes no error, breaks no rule of its content security policy, and asks no other
origin for anything.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
SIZE: Final = (1280, 800)
PATIENCE_MS: Final = 20_000


def chromium() -> str:
    """The system's Chromium."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    assert found is not None, "there is no Chromium: run `make browser`, or install the package `chromium`"
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser with a profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """A page of the console. `goto("machines")` opens a view by its path below `/console/`."""

    def __init__(
        self,
        browser: Browser,
        port: int,
        *,
        language: str = "en",
        theme: str = "light",
        size: tuple[int, int] = SIZE,
    ) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.base = f"{self.origin}/console/"
        self.faults: list[str] = []
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale={"en": "en-GB", "ko": "ko-KR"}[language],
            color_scheme="dark" if theme == "dark" else "light",
            timezone_id="Europe/Berlin",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.new_page()

    def new_page(self) -> Page:
        """Another tab of the same browser, watched like the first."""
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        page.on("request", self._asked)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (event) =>"
            " console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )
        return page

    def goto(self, path: str = "") -> Page:
        """Open a view, and wait until the console has come up."""
        self.page.goto(self.base + path)
        self.page.wait_for_selector("h1")
        return self.page

    def close(self) -> None:
        """Close all pages; fails with what went wrong in them."""
        self.context.close()
        assert not self.faults, "\n".join(self.faults)

    def expect_faults(self, *parts: str) -> None:
        """Forgive the faults that a test provokes: those with one of these parts."""
        self.faults = [fault for fault in self.faults if not any(part in fault for part in parts)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.faults.append(f"asked another origin: {request.url}")
