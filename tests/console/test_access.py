"""Everyone: each screen under axe, in both themes and languages; a keyboard alone; Korean without English left in it.

What the screens look like is compared with the pictures in `docs/console/` on the way.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.console.browser import Window
from tests.console.bundle import CONSOLE
from tests.console.machines import CHARGE, CHARGING, HEAVY, LIGHT, ORDER, TALLIED, WAITING, at
from tests.console.pictures import DIFFERENT_MAX, difference
from tests.server.outside import OwnServer

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS: Final = [("light", "en"), ("dark", "ko")]
"""Those of the pictures; what is a barrier in another one is looked for at length."""
OTHER_LOOKS: Final = [pytest.param(*look, marks=pytest.mark.proof) for look in (("light", "ko"), ("dark", "en"))]


@pytest.fixture(scope="module")
def gallery(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A server that has what is to be looked at, and nothing else."""
    folder = tmp_path_factory.mktemp("gallery")
    (folder / "charge.py").write_text(CHARGE)
    started = OwnServer(folder, "--functions", str(folder)).up()
    yield started
    started.process.close()


@pytest.fixture(scope="module")
def addresses(gallery: OwnServer) -> dict[str, str]:
    """Every screen with something in it, by name."""
    server = gallery
    machine = server.create(ORDER, "orders")
    server.get("TagResource", resourceArn=machine, tags=[{"key": "team", "value": "depot"}])
    server.get("CreateActivity", name="pick")
    first = server.get("PublishStateMachineVersion", stateMachineArn=machine)["stateMachineVersionArn"]
    changed = {**ORDER, "States": {**ORDER["States"], "Done": {"Type": "Pass", "End": True}}}
    server.get("UpdateStateMachine", stateMachineArn=machine, definition=json.dumps(changed))
    server.get("PublishStateMachineVersion", stateMachineArn=machine)
    route = [{"stateMachineVersionArn": first, "weight": 100}]
    server.get("CreateStateMachineAlias", name="live", routingConfiguration=route)
    good, bad = server.start(machine, LIGHT, name="light"), server.start(machine, HEAVY, name="heavy")
    open_ = server.start(server.create(WAITING, "rest"), name="resting")
    tallied = server.start(server.create(TALLIED, "count"), {"numbers": [1, 2, -3]}, name="three")
    charged = server.start(server.create(CHARGING, "payments"), {"cents": 1250, "declines": 1}, name="charged")
    for execution in (good, bad, tallied, charged):
        server.ended(execution)
    run = server.get("ListMapRuns", executionArn=tallied)["mapRuns"][0]["mapRunArn"]
    return {
        "dashboard": "",
        "machines": "machines",
        "machine": at("machines", machine),
        "definition": at("machines", machine, tab="definition"),
        "versions": at("machines", machine, tab="versions", **{"from": "1", "to": "2"}),
        "monitoring": at("machines", machine, tab="monitoring"),
        "tags": at("machines", machine, tab="tags"),
        "executions": "executions",
        "failed": at("executions", bad),
        "running": at("executions", open_, step="Rest"),
        "timeline": at("executions", good, view="timeline"),
        "table": at("executions", good, view="table", step="Check", tab="output"),
        "events": at("executions", good, view="events"),
        "logs": at("executions", charged, step="Charge card", tab="logs"),
        "replay": at("executions", good, at=7, step="Each parcel", tab="iterations"),
        "map-run": at("map-runs", run),
        "activities": "activities",
        "settings": "settings",
    }


SCREENS: Final = [
    *(
        "dashboard",
        "machines",
        "machine",
        "definition",
        "versions",
        "monitoring",
        "tags",
        "executions",
        "failed",
        "running",
    ),
    *("timeline", "table", "events", "logs", "replay", "map-run", "activities", "settings"),
]


@pytest.fixture(scope="module")
def axe() -> str:
    return Path(CONSOLE / "node_modules/axe-core/axe.min.js").read_text()


SETTLED: Final = """() => Promise.allSettled(
  document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < Infinity).map(one => one.finished)
)"""
"""What fades in has the contrast of a ghost until it is there; what turns for ever is not waited for."""


def violations(page: Page, axe: str) -> list[str]:
    """What axe finds in the page as it stands when it has come to rest."""
    page.evaluate(SETTLED)
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules}).then(result => result.violations)", RULES)
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


OTHERS: Final = (
    "pre, code, script, style, .sw-code, .sw-json, .sw-mono, [data-testid='graph'], [data-testid='events-row']"
)
"""Where texts stand that are the user's, or names of the API."""
TEXTS: Final = """others => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(others)) texts.push(walker.currentNode.data);
  return texts;
}"""
ENGLISH: Final = re.compile(r"\b(?:the|and|of|with|this|is|are|to|from|by|no|not|has|have|all|for)\b")
"""Words without which there is hardly an English sentence."""
KEY: Final = re.compile(
    r"\b(?:app|ui|machines?|executions?|execution|dashboard|activities|settings|graph|editor|mapRun|start)\.[a-z]\w*(?:\.\w+)*\b"
)


def untranslated(page: Page) -> list[str]:
    """What of the console's own texts is no Korean: English sentences, and keys that have no text."""
    assert page.evaluate("document.documentElement.lang") == "ko"
    ours = [text for text in page.evaluate(TEXTS, OTHERS) if "An order whose" not in text]
    assert len(ours) > 20
    return [text for text in ours if ENGLISH.search(text) or KEY.search(text)]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("theme, language", [*LOOKS, *OTHER_LOOKS])
def test_no_barrier_and_in_korean_no_english_on_any_screen(
    open_window: Callable[..., Window],
    gallery: OwnServer,
    addresses: dict[str, str],
    axe: str,
    screen: str,
    theme: str,
    language: str,
) -> None:
    page = open_window(gallery, theme=theme, language=language).goto(addresses[screen])
    expect(page.get_by_test_id("skeleton")).to_have_count(0)
    assert violations(page, axe) == []
    if (theme, language) in LOOKS:
        assert difference(page, f"{screen}-{theme}-{language}") <= DIFFERENT_MAX
    assert page.locator("h1").count() == 1
    if language == "ko":
        assert untranslated(page) == []


@pytest.mark.parametrize("theme, language", [*LOOKS, *OTHER_LOOKS])
def test_no_barrier_where_nothing_is_yet(
    own_server: OwnServer, open_window: Callable[..., Window], axe: str, theme: str, language: str
) -> None:
    window = open_window(own_server, theme=theme, language=language)
    found = {}
    for screen in ("", "machines", "executions", "activities"):
        page = window.goto(screen)
        expect(page.get_by_test_id("skeleton")).to_have_count(0)
        page.locator("[data-testid='empty'], [data-testid='examples']").first.wait_for()
        found[screen] = violations(page, axe)
    assert {screen: barriers for screen, barriers in found.items() if barriers} == {}


ABSENT: Final = "arn:aws:states:us-east-1:000000000000"
ERRORS: Final = {
    "machine": at("machines", f"{ABSENT}:stateMachine:absent"),
    "executions": at("executions", query="status=GONE"),
    "execution": at("executions", f"{ABSENT}:execution:absent:absent"),
    "map-run": at("map-runs", f"{ABSENT}:mapRun:absent/absent:absent"),
    "studio": at("machines", f"{ABSENT}:stateMachine:absent", "edit"),
}


@pytest.mark.parametrize("theme, language", [*LOOKS, *OTHER_LOOKS])
def test_no_barrier_where_something_went_wrong(
    open_window: Callable[..., Window], gallery: OwnServer, axe: str, theme: str, language: str
) -> None:
    window = open_window(gallery, theme=theme, language=language)
    found = {}
    for screen, path in ERRORS.items():
        page = window.goto(path)
        page.get_by_test_id("trouble").first.wait_for()
        found[screen] = violations(page, axe)
    window.expect_faults("400", "404")
    assert {screen: barriers for screen, barriers in found.items() if barriers} == {}


def test_no_barrier_in_what_opens_over_a_page(
    open_window: Callable[..., Window], gallery: OwnServer, addresses: dict[str, str], axe: str
) -> None:
    page = open_window(gallery).goto(addresses["machine"])
    page.get_by_test_id("start-execution").click()
    page.get_by_test_id("start-dialog").wait_for()
    assert violations(page, axe) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette").wait_for()
    assert violations(page, axe) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_test_id("key-help").wait_for()
    assert violations(page, axe) == []


def test_a_keyboard_finds_a_failure_reads_its_cause_and_redrives(window: Window, server: OwnServer) -> None:
    machine = server.create(ORDER, "failed-before-a-keyboard")
    execution = server.start(machine, HEAVY, name="heavy")
    server.ended(execution)
    page = window.goto()
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.get_by_test_id("executions-screen").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("heavy")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("executions-row").first).to_contain_text("heavy")
    page.keyboard.press("Escape")
    tab_to(page, "[role='grid']")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("failure-cause")).to_contain_text("Split it")
    tab_to(page, "[data-testid='redrive']")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 redrive")).to_be_visible()


def tab_to(page: Page, selector: str, steps: int = 60) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(steps):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")


def test_preferences_are_kept(window: Window) -> None:
    page = window.goto("settings")
    page.get_by_label("한국어").check()
    expect(page.get_by_role("heading", level=1)).to_have_text("설정")
    page.get_by_label("어둡게").check()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("설정")
    assert page.evaluate("document.body.classList.contains('awsui-dark-mode')")


@pytest.mark.parametrize("width", [1024, 390])
def test_lists_fit_a_narrow_window(
    open_window: Callable[..., Window], gallery: OwnServer, addresses: dict[str, str], width: int
) -> None:
    window = open_window(gallery, size=(width, 800))
    for screen in ("dashboard", "machines", "machine", "definition", "executions", "failed", "map-run", "settings"):
        page = window.goto(addresses[screen])
        expect(page.get_by_test_id("skeleton")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
