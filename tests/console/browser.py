"""A real browser before a real server. `Window` is one page that is watched while a test uses it.

Whatever a test is about, the console writes no error, breaks no rule of its content security policy, and asks no other
origin for anything.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
"""The first of these that there is; the one that is nothing but headless needs a fifth less of the processor."""
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # see `keep_process`
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


def new_context(browser: Browser, *, language: str = "en", theme: str = "light") -> BrowserContext:
    """A person with a browser of their own, which knows nothing yet."""
    context = browser.new_context(
        locale={"en": "en-GB", "ko": "ko-KR"}[language],
        color_scheme="dark" if theme == "dark" else "light",
        timezone_id="Europe/Berlin",
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def keep_process(context: BrowserContext) -> None:
    """Hold an empty page of this machine open: the pages to come share its process, and what that has compiled.

    A page in a process of its own costs half as much again.
    """
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(content_type="text/html", body=""))
    page.goto("http://127.0.0.1/")


class Window:
    """A page of the console. `goto("machines")` opens a view by its path below `/console/`."""

    def __init__(self, context: BrowserContext, port: int, *, size: tuple[int, int] = SIZE) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.base = f"{self.origin}/console/"
        self.faults: list[str] = []
        self._expected: list[str] = []
        self.context = context
        self._size = size
        self._pages: list[Page] = []
        self.page = self.new_page()

    def new_page(self) -> Page:
        """Another tab of the same browser, watched like the first."""
        page = self.context.new_page()
        page.set_viewport_size({"width": self._size[0], "height": self._size[1]})
        self._pages.append(page)
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
        """Close all pages and forget what they kept; fails with what went wrong in them."""
        for page in self._pages:
            if not page.is_closed():
                if page.url.startswith(self.origin):
                    page.evaluate("localStorage.clear()")
                page.close()
        faults = [fault for fault in self.faults if not any(part in fault for part in self._expected)]
        assert not faults, "\n".join(faults)

    def expect_faults(self, *parts: str) -> None:
        """Forgive the faults that a test provokes: those with one of these parts, also when a browser tells of them late."""
        self._expected += parts

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.faults.append(f"asked another origin: {request.url}")
