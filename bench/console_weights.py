"""What the console weighs on its way to a browser that has seen nothing yet, gzip, and in the wheel."""

import zlib
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from bench.measure import Row
from tests.console.browser import Window, new_context
from tests.console.bundle import DIST
from tests.server.outside import OwnServer

_COMPONENTS: Final = "components-"
_GRAPH: Final = ("graph-", "elk-worker")


def weights(browser: Browser, server: OwnServer) -> list[Row]:
    """A list, what the studio adds to it, and all there is."""
    listed = _fetched(browser, server, "machines")
    ours = {path for path in listed if not path.name.startswith(_COMPONENTS)}
    studio = {
        path for path in _fetched(browser, server, "create?example=orders&view=split") - listed if not _is_graph(path)
    }
    packed = sum(len(zlib.compress(path.read_bytes())) for path in DIST.rglob("*") if path.is_file())
    return [
        Row("first load of a list, gzip", _kb(listed), "kB", 600, note=f"{len(listed)} files"),
        Row("  without the components that every page has", _kb(ours), "kB", 200),
        Row("added by the studio, gzip, without its graph", _kb(studio), "kB", 220, note=f"{len(studio)} files"),
        Row("all of it in the wheel", packed / 1000, "kB", 3_000),
    ]


def _fetched(browser: Browser, server: OwnServer, path: str) -> set[Path]:
    """The files of the bundle that a view fetches, until it is quiet."""
    window = Window(new_context(browser), server.port)
    asked: set[str] = set()
    window.page.on("request", lambda request: asked.add(urlsplit(request.url).path))
    window.goto(path).wait_for_load_state("networkidle")
    window.context.close()
    return {DIST / path.removeprefix("/console/") for path in asked if path.startswith("/console/assets/")}


def _is_graph(path: Path) -> bool:
    return path.name.startswith(_GRAPH)


def _kb(files: set[Path]) -> float:
    """As they would be sent compressed; the smallest files are not."""
    packed = (path.with_name(path.name + ".gz") for path in files)
    sizes = (one.stat().st_size if one.exists() else one.with_suffix("").stat().st_size for one in packed)
    return sum(sizes) / 1000
