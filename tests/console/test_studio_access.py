"""The studio for everyone: each of its parts under axe, in both themes and languages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.console.browser import Window
from tests.console.bundle import CONSOLE
from tests.console.pictures import DIFFERENT_MAX, difference
from tests.console.studio import Studio
from tests.console.test_access import LOOKS, OTHER_LOOKS, violations
from tests.server.outside import OwnServer

AXE = (CONSOLE / "node_modules/axe-core/axe.min.js").read_text
PARTS = {
    "task": {"example": "inventory", "state": "/States/List state machines"},
    "rules": {"example": "inventory", "state": "/States/Any?", "view": "split"},
    "map": {"example": "orders", "state": "/States/Each order", "view": "yaml"},
    "test": {"example": "undo", "state": "/States/Charge card", "tab": "test"},
    "data": {"example": "undo", "state": "/States/Charge card", "tab": "data"},
    "empty": {"example": "blank"},
}


@pytest.mark.parametrize("theme, language", [*LOOKS, *OTHER_LOOKS])
def test_no_barrier_in_any_part(
    open_window: Callable[..., Window], server: OwnServer, theme: str, language: str
) -> None:
    studio = Studio(open_window(server, theme=theme, language=language))
    found, looks = {}, {}
    for part, search in PARTS.items():
        studio.new(**search)
        expect(studio.page.get_by_test_id("skeleton")).to_have_count(0)
        studio.by("graph-canvas").or_(studio.by("yaml")).first.wait_for()
        found[part] = violations(studio.page, AXE())
        if (theme, language) in LOOKS:
            looks[part] = difference(studio.page, f"studio-{part}-{theme}-{language}")
    studio.window.goto("create")
    found["gallery"] = violations(studio.page, AXE())
    if (theme, language) in LOOKS:
        looks["gallery"] = difference(studio.page, f"studio-gallery-{theme}-{language}")
    assert {part: share for part, share in looks.items() if share > DIFFERENT_MAX} == {}
    assert {part: barriers for part, barriers in found.items() if barriers} == {}


def test_no_barrier_in_what_opens_over_it(window: Window, server: OwnServer) -> None:
    studio = Studio(window).new("undo", state="/States/Reserve seat")
    studio.by("graph-canvas").focus()
    studio.page.keyboard.press("a")
    studio.by("insert-layer").wait_for()
    assert violations(studio.page, AXE()) == []
    studio.page.keyboard.press("Escape")
    expect(studio.by("insert-layer")).to_have_count(0)
    expect(studio.by("graph-canvas")).to_be_focused()
    studio.by("save").click()
    studio.by("save-dialog").get_by_test_id("save-name").wait_for()
    assert violations(studio.page, AXE()) == []
