"""The graph in a real browser: every definition is drawn whole, and can be gone through without a mouse."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.browser import Window
from tests.drawing.definitions import NAMES, definition, states_of
from tests.server.outside import OwnServer

Open = Callable[[str], Page]
GUARDED = {
    "StartAt": "Check",
    "States": {
        "Check": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {"StartAt": "Refuse", "States": {"Refuse": {"Type": "Fail", "Error": "Refused"}}},
            "Catch": [{"ErrorEquals": ["Refused"], "Next": "Pause"}],
            "Next": "Never",
        },
        "Never": {"Type": "Succeed"},
        "Pause": {"Type": "Wait", "Seconds": 3600, "End": True},
    },
}


@pytest.fixture(scope="module")
def machines(server: OwnServer) -> dict[str, str]:
    """A state machine for each definition, by its name."""
    return {name: server.create(definition(name), f"graph-{name}") for name in NAMES}


@pytest.fixture
def open_graph(window: Window, machines: dict[str, str]) -> Open:
    """Opens the definition of a machine, and waits for its picture."""

    def go(name: str) -> Page:
        page = window.goto(f"machines/{quote(machines[name], safe='')}?tab=definition")
        canvas(page).wait_for()
        return page

    return go


def canvas(page: Page) -> Locator:
    return page.get_by_test_id("graph-canvas")


def node(page: Page, name: str) -> Locator:
    return page.locator(f"[data-testid=graph-node][data-state={json.dumps(name)}]")


def box(locator: Locator) -> Any:
    found = locator.bounding_box()
    assert found is not None
    return found


def active(page: Page) -> str | None:
    """What the keyboard stands on, as assistive technology is told."""
    told = canvas(page).get_attribute("aria-activedescendant")
    return None if told is None else page.locator(f"[id={json.dumps(told)}]").get_attribute("data-state")


def press(page: Page, *keys: str) -> list[str | None]:
    """Where each key leads."""
    found = []
    for key in keys:
        before = canvas(page).get_attribute("aria-activedescendant") or ""
        page.keyboard.press(key)
        expect(canvas(page)).not_to_have_attribute("aria-activedescendant", before)
        found.append(active(page))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_is_drawn_whole(open_graph: Open, name: str) -> None:
    page = open_graph(name)
    states = states_of(definition(name))
    expect(page.locator(".sw-graph")).to_have_attribute("data-nodes", str(len(states) + 2))
    expect(canvas(page)).to_have_attribute("data-layout", "layered")
    canvas(page).press("0")
    expect(page.get_by_test_id("graph-node")).to_have_count(len(states) + 2)


def test_lanes_stand_side_by_side_in_written_order(open_graph: Open) -> None:
    page = open_graph("lanes")
    lanes = page.get_by_test_id("graph-lane")
    expect(lanes).to_have_count(3)
    places = [box(lane) for lane in lanes.all()]
    assert [place["x"] for place in places] == sorted(place["x"] for place in places)
    assert len({round(place["y"]) for place in places}) == 1
    for place, first in zip(places, ("Measure 1", "Weigh 2", "Photograph 3"), strict=True):
        inner = box(node(page, first))
        assert place["x"] < inner["x"] < place["x"] + place["width"]


def test_the_keyboard_goes_along_the_edges(open_graph: Open) -> None:
    page = open_graph("map-in-parallel-in-map")
    canvas(page).focus()
    page.keyboard.press("ArrowDown")
    down = press(page, "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
    assert down == ["Each region", "Stock and prices", "Each shelf", "Count"]
    assert press(page, "ArrowUp", "ArrowRight") == ["Each shelf", "Changed?"]
    assert press(page, "ArrowUp", "ArrowDown") == ["Read prices", "Changed?"]


def test_a_container_folds_and_unfolds(open_graph: Open) -> None:
    page = open_graph("map-in-parallel-in-map")
    node(page, "Stock and prices").click(position={"x": 60, "y": 12})
    canvas(page).focus()
    page.keyboard.press("Space")
    expect(node(page, "Read prices")).to_have_count(0)
    expect(node(page, "Sum of region")).to_be_visible()
    page.keyboard.press("Space")
    expect(node(page, "Read prices")).to_be_visible()
    page.get_by_role("button", name="Fold Each region").click()
    expect(page.get_by_test_id("graph-node")).to_have_count(4)


def test_zoom_by_keys(open_graph: Open) -> None:
    page = open_graph("saga")
    canvas(page).focus()
    page.keyboard.press("1")
    expect(page.locator(".react-flow__viewport")).to_have_attribute("style", re.compile(r"scale\(1\)"))
    page.keyboard.press("+")
    expect(page.locator(".react-flow__viewport")).to_have_attribute("style", re.compile(r"scale\(1\.2\)"))
    for _ in range(6):
        page.keyboard.press("-")
    expect(canvas(page)).to_have_class(re.compile("sw-far"))


def test_names_are_text(open_graph: Open) -> None:
    page = open_graph("names")
    name = '</script><b>&"quoted"\''
    expect(page.get_by_test_id("graph-node").filter(has_text=name)).to_have_count(1)
    assert page.locator(".sw-node b").count() == 0


def test_an_execution_colours_nodes_and_the_ways_it_took(window: Window, server: OwnServer) -> None:
    arn = server.start(server.create(GUARDED), {"items": [1]})
    page = window.goto(f"executions/{quote(arn, safe='')}")
    for name, status in {"Check": "caught", "Refuse": "failed", "Pause": "waiting", "Never": "notReached"}.items():
        expect(node(page, name)).to_have_attribute("data-status", status)
    expect(node(page, "Pause").locator("time")).to_have_text(re.compile(r"\d+:\d\d"))
    taken = page.locator("[data-testid=graph-edge][data-taken]")
    expect(taken).to_have_count(2)
    assert {edge.get_attribute("data-edge") for edge in taken.all()} == {"/StartAt", "/States/Check/Catch/0/Next"}
