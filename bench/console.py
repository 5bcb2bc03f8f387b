"""The console in a real browser before a real server: how soon its pages are usable, and how smooth they stay.

What a person waits for is wall time, the least of some tries: what else the machine does only ever adds to it. Beside
it stands how long the page's main thread was busy, which other work does not lengthen. Single tasks and seeks are
measured so: what a person feels of them on a machine that does nothing else.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page

from bench.console_changes import agreement, pixels, repairs
from bench.console_graph import STOP_FRAMES, WATCH_FRAMES
from bench.console_machines import TICKS, TICKS_AFTER_S, chain, ticks
from bench.console_weights import weights
from bench.measure import Row
from bench.page_cpu import longest_task, metering, metric
from tests.console.browser import Window, new_context, open_browser
from tests.console.bundle import ensure_built
from tests.console.machines import PASS, TALLIED, WAITING, at, loop
from tests.server.outside import OwnServer

_TIMES: Final = 5
_MACHINES: Final = 1_000
_ROWS_MAX: Final = 80
_SEEKS: Final = 40
_SEEK_MS: Final = 50
_IDLE_MS: Final = 60_000
_LIVE_MS: Final = 8_000
_LAST_SHOWN: Final = (
    "last => document.querySelector('[data-testid=events-count]')?.textContent?.replace(/\\D/g, '') === String(last)"
)
_SEEK: Final = """async (place) => {
  const slider = document.querySelector('[data-testid="replay-slider"]');
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(slider, String(place));
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await Promise.resolve(); // what was drawn for it
}"""


def run() -> list[Row]:
    """All figures of pages."""
    ensure_built()
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        server = OwnServer(Path(folder)).up()
        try:
            return [row for measure in _MEASURES for row in measure(browser, server)]
        finally:
            server.process.close()


def _lists(browser: Browser, server: OwnServer) -> list[Row]:
    """From the navigation to rows, with a thousand machines on the server."""
    for number in range(_MACHINES):
        server.create(PASS, f"machine-{number:04}")
    window = Window(new_context(browser), server.port)
    page = window.goto("machines")
    page.locator("tbody tr").nth(5).wait_for()
    took = _best(page, page.reload, lambda: page.locator("tbody tr").nth(5).wait_for())
    window.context.close()
    return [_row("list of 1,000 machines, navigation to rows", took, 1_000)]


def _opening(browser: Browser, server: OwnServer) -> list[Row]:
    """An execution of thirty states: in a browser that has seen nothing yet, and from a page of the console."""
    machine = server.create(chain(30))
    execution = server.start(machine)
    server.ended(execution)
    cold = min(_cold(browser, server, at("executions", execution)) for _ in range(_TIMES))
    window = Window(new_context(browser), server.port)
    page = window.goto(at("machines", machine))
    link = page.get_by_role("link", name=execution.rpartition(":")[2]).first
    warm = []
    for _ in range(_TIMES):
        link.wait_for()
        warm.append(_timed(page, link.click, lambda: _painted(page)))
        page.go_back()
    window.context.close()
    return [
        _row("execution of 30 states, cold, to its graph", cold, 1_500),
        _row("execution of 30 states, warm, to its graph", min(warm), 400),
    ]


def _cold(browser: Browser, server: OwnServer, path: str) -> tuple[float, float]:
    """In a browser that has seen nothing yet."""
    window = Window(new_context(browser), server.port)
    page = window.page
    took = _timed(page, lambda: page.goto(window.base + path), lambda: _painted(page))
    window.context.close()
    return took


def _long_history(browser: Browser, server: OwnServer) -> list[Row]:
    """A history of nearly 25,000 events: opened, read to its end, and sought in."""
    execution = server.start(server.create(loop(6_200)))
    last = server.ended(execution) and server.events(execution)[-1]["id"]
    window = Window(new_context(browser), server.port)
    page = window.goto("machines")
    address = window.base + at("executions", execution, view="events")
    shown = _best(page, lambda: page.goto(address), page.get_by_test_id("events-row").last.wait_for)
    whole = _best(page, lambda: page.goto(address), lambda: page.wait_for_function(_LAST_SHOWN, arg=last))
    heap = _heap_mb(page)
    page.get_by_role("button", name="Graph", exact=True).click()
    _painted(page)
    seeks = _seeks(page, last)
    window.context.close()
    return [
        _row(f"history of {last:,} events, to its first rows", shown, 1_000),
        _row(f"history of {last:,} events, to its last event", whole, 3_000),
        Row("heap of the page then", heap, "MB", 80),
        Row("a seek in it, p95", seeks[len(seeks) * 95 // 100], "ms", 16),
    ]


def _seeks(page: Page, last: int) -> list[float]:
    """What seeks to places all over the history cost, in milliseconds, in order."""
    session = metering(page)
    took = []
    for time_ in range(_SEEKS):
        before = metric(session, "ThreadTime")
        page.evaluate(_SEEK, 1 + int((last - 1) * ((time_ * 0.618) % 1)))
        took.append((metric(session, "ThreadTime") - before) * 1000)
        page.wait_for_timeout(_SEEK_MS)
    return sorted(took)


def _iterations(browser: Browser, server: OwnServer) -> list[Row]:
    """The list of a Map's ten thousand iterations."""
    execution = server.start(server.create(TALLIED), {"numbers": [1] * 10_000})
    server.ended(execution, 300)
    window = Window(new_context(browser), server.port)
    page = window.goto("machines")
    address = window.base + at("executions", execution, step="Each", tab="iterations")
    rows = page.get_by_test_id("iterations-row")
    took = _best(page, lambda: page.goto(address), lambda: rows.nth(5).wait_for())
    count = rows.count()
    window.context.close()
    return [
        _row("Map of 10,000 iterations, to its list", took, 1_000),
        Row("rows of it that are in the page", count, "", _ROWS_MAX),
    ]


def _live(browser: Browser, server: OwnServer) -> list[Row]:
    """Two thousand events a second come in while the graph is looked at, and while the table is scrolled."""
    machine = server.create(TICKS)
    rows = []
    for view in ("graph", "events"):
        window = Window(new_context(browser), server.port)
        execution = server.start(machine, ticks())
        page = window.goto(at("executions", execution, view=view))
        page.get_by_test_id("execution-screen").wait_for()
        page.wait_for_timeout(TICKS_AFTER_S * 1000)
        page.mouse.move(400, 500)
        page.evaluate(WATCH_FRAMES)
        with longest_task(page) as longest:
            ends = time.monotonic() + _LIVE_MS / 1000
            while time.monotonic() < ends:
                page.mouse.wheel(0, -60)
                page.wait_for_timeout(40)
            frames = sorted(page.evaluate(STOP_FRAMES))
        rows += [
            Row(f"frame at 2,000 events/s, {view}, p95", frames[len(frames) * 95 // 100], "ms", 34),
            Row(f"longest task at 2,000 events/s, {view}", longest[0], "ms", 50),
        ]
        server.ended(execution)
        window.context.close()
    return rows


def _idle(browser: Browser, server: OwnServer) -> list[Row]:
    """An open execution in which nothing happens, and has not for a minute."""
    execution = server.start(server.create(WAITING))
    time.sleep(_IDLE_MS / 1000)
    window = Window(new_context(browser), server.port)
    page = window.goto(at("executions", execution))
    _painted(page)
    page.wait_for_timeout(2_000)
    session = metering(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = metric(session, "TaskDuration")
    page.wait_for_timeout(_IDLE_MS)
    busy_s = metric(session, "TaskDuration") - before
    window.context.close()
    return [
        Row("CPU of an idle execution's page", busy_s * 1000 / _IDLE_MS * 100, "%", 1),
        Row("requests that it makes meanwhile", len(asked), "", 0),
    ]


_MEASURES: Final = (weights, _lists, _opening, _long_history, _iterations, _live, pixels, agreement, repairs, _idle)


def _painted(page: Page) -> None:
    page.get_by_test_id("graph-node").first.wait_for()


def _row(name: str, took: tuple[float, float], bar: float) -> Row:
    return Row(name, took[0], "ms", bar, note=f"main thread {took[1]:.0f} ms")


def _best(page: Page, begin: Callable[[], Any], wait: Callable[[], Any]) -> tuple[float, float]:
    return min(_timed(page, begin, wait) for _ in range(_TIMES))


def _timed(page: Page, begin: Callable[[], Any], wait: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds that passed, and those for which the main thread worked."""
    session = metering(page)
    busy_s = metric(session, "TaskDuration")
    began = time.perf_counter()
    begin()
    wait()
    took_s = time.perf_counter() - began
    busy_s = metric(session, "TaskDuration") - busy_s
    session.detach()
    return took_s * 1000, busy_s * 1000


def _heap_mb(page: Page) -> float:
    session = metering(page)
    session.send("HeapProfiler.collectGarbage")
    return metric(session, "JSHeapUsedSize") / 1e6
