"""The console's graph in a real browser, without a server: layouts, panning, and what the graph weighs."""

import gzip
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from bench.measure import Row
from bench.page_cpu import longest_task
from tests.console.browser import open_browser
from tests.console.bundle import CONSOLE, build_hook

_LAYOUTS_MS = {30: 100.0, 100: 200.0, 500: 800.0}
_PANS_MS = {100: 34.0, 500: 84.0}
_GRAPH_KB, _WORKER_KB = 70.0, 480.0
_LONG_TASK_MS = 50.0
_TIMES = 12
_PAN_STEPS = 90
WATCH_FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const wait = () => { window.ticking = requestAnimationFrame(tick); };
  const tick = (now) => { window.frames_ms.push(now - last); last = now; wait(); };
  wait();
}"""
STOP_FRAMES = "() => { cancelAnimationFrame(window.ticking); return window.frames_ms.slice(2); }"


def run() -> list[Row]:
    """All figures of the graph."""
    with tempfile.TemporaryDirectory() as folder:
        _build(Path(folder))
        rows = _weights(Path(folder))
        with _served(folder) as address, open_browser() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{address}/graph.html")
            page.wait_for_function("window.show !== undefined")
            rows += _layouts(page)
            rows += _edit(page)
            rows += [_pan(page, states, bar) for states, bar in _PANS_MS.items()]
    return rows


def _build(folder: Path) -> None:
    hook: Any = build_hook()
    node, npm = hook.find_node()
    hook.install(CONSOLE, npm)
    options = ["--config", "bench/vite.config.ts", "--outDir", str(folder), "--logLevel", "error"]
    command = [node, "node_modules/vite/bin/vite.js", "build", *options]
    subprocess.run(command, cwd=CONSOLE, check=True, env=hook.environment_with(node))


def _weights(folder: Path) -> list[Row]:
    scripts = {path.name: len(gzip.compress(path.read_bytes())) / 1000 for path in (folder / "assets").glob("*.js")}
    worker = sum(size for name, size in scripts.items() if name.startswith("elk-worker"))
    graph = sum(size for name, size in scripts.items() if name.startswith("graph-alone"))
    return [
        Row("graph, gzip, without its worker", graph, "kB", _GRAPH_KB),
        Row("worker of the layout, gzip", worker, "kB", _WORKER_KB),
    ]


@contextmanager
def _served(folder: str) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _layouts(page: Page) -> list[Row]:
    """The quickest of several layouts, when the worker is warm: what else the machine does only ever adds to it."""
    rows = []
    for states, bar in _LAYOUTS_MS.items():
        page.evaluate("states => window.timeLayout(states, 3)", states)
        times = page.evaluate("([states, times]) => window.timeLayout(states, times)", [states, _TIMES])
        rows.append(Row(f"layout of {states} states, warm", min(times), "ms", bar))
    return rows


def _edit(page: Page) -> list[Row]:
    """The longest time for which the page does nothing else, while one state of 500 is renamed."""
    page.evaluate("() => window.show({definition: window.large(500)})")
    page.wait_for_selector("[data-testid=graph-node]")
    page.wait_for_timeout(500)
    with longest_task(page) as longest:
        page.evaluate("""() => window.show({definition: window.large(500).replaceAll('"Fetch 0"', '"Fetch zero"')})""")
        page.wait_for_selector("[data-state='Fetch zero']")
        page.wait_for_timeout(500)
    return [Row("longest task of an edit, 500 states", longest[0], "ms", _LONG_TASK_MS)]


def _pan(page: Page, states: int, bar: float) -> Row:
    """The 95th of a hundred frames, while the whole graph is dragged about."""
    page.evaluate("states => window.show({definition: window.large(states), folded: new Set()})", states)
    page.wait_for_function("states => document.querySelector('.sw-graph')?.dataset.nodes == states + 2", arg=states)
    page.wait_for_timeout(1_500)
    page.mouse.move(1_000, 700)
    page.mouse.down()
    page.evaluate(WATCH_FRAMES)
    for step in range(_PAN_STEPS):
        page.mouse.move(1_000 - step * 2, 700 - step * 7)
    frames = sorted(page.evaluate(STOP_FRAMES))
    page.mouse.up()
    return Row(f"frame while panning {states} states, p95", frames[len(frames) * 95 // 100], "ms", bar)
