"""Replay: what is shown is what happened, wherever one looks."""

import json
import random
import urllib.request
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.console.browser import Window
from tests.console.machines import HEAVY, ORDER, at, loop
from tests.server.outside import OwnServer

SAMPLES = 20


def model_at(server: OwnServer, execution: str, event: int):
    address = f"http://127.0.0.1:{server.port}/console/api/executions/{quote(execution, safe='')}/model?at={event}"
    with urllib.request.urlopen(address, timeout=30) as answer:
        return json.load(answer)["model"]


def picture(page: Page) -> dict[str, str]:
    """The states of the drawn graph that were reached, with how they stand."""
    nodes = page.locator('[data-testid="graph-node"][data-status]').evaluate_all(
        "nodes => nodes.map(node => [node.dataset.state, node.dataset.status])"
    )
    return {state: status for state, status in nodes if status != "notReached"}


def seek(page: Page, event: int) -> None:
    page.get_by_test_id("replay-slider").fill(str(event))
    expect(page.get_by_test_id("replay-position")).to_contain_text(f"{event} /")


def test_each_position_shows_what_the_server_says_it_was(open_window, server: OwnServer) -> None:
    execution = server.start(server.create(ORDER), {"parcels": [{"kg": 4}, *HEAVY["parcels"]]})
    server.ended(execution)
    window = open_window(server, size=(1600, 1600))
    page = window.goto(at("executions", execution))
    page.get_by_test_id("execution-screen").wait_for()
    last = len(server.events(execution))
    for event in sorted(random.Random(7).sample(range(1, last), SAMPLES)):
        seek(page, event)
        states = model_at(server, execution, event)["states"]
        wanted = {state: how["status"] for state, how in states.items()}
        page.wait_for_function(
            "wanted => { const seen = Object.fromEntries([...document.querySelectorAll('[data-testid=\"graph-node\"][data-status]')]"
            ".map(node => [node.dataset.state, node.dataset.status]).filter(([, status]) => status !== 'notReached'));"
            "return Object.keys(seen).every(name => seen[name] === wanted[name])"
            " && Object.keys(wanted).every(name => seen[name] === wanted[name]); }",
            arg=wanted,
        )
        assert picture(page) == wanted


def test_a_position_is_a_link_and_the_end_is_one_key_away(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(ORDER), HEAVY)
    server.ended(execution)
    page = window.goto(at("executions", execution, at=5))
    expect(page.get_by_test_id("replay-band")).to_contain_text("after event 5")
    expect(page.get_by_test_id("replay")).to_have_attribute("data-replaying", "true")
    page.keyboard.press("l")
    expect(page.get_by_test_id("replay-band")).to_contain_text("after event 6")
    page.wait_for_url("**at=6*")
    page.keyboard.press("End")
    expect(page.get_by_test_id("replay")).to_have_attribute("data-replaying", "false")
    page.get_by_test_id("first-error").click()
    expect(page.get_by_test_id("replay")).to_have_attribute("data-replaying", "true")
    page.get_by_test_id("go-live").click()
    expect(page.get_by_test_id("replay-band")).to_have_count(0)


def test_play_goes_to_the_end_by_itself(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(ORDER), HEAVY)
    server.ended(execution)
    page = window.goto(at("executions", execution, at=1))
    page.get_by_test_id("replay-play").click()
    expect(page.get_by_test_id("replay")).to_have_attribute("data-replaying", "false")


def test_a_long_execution_opens_at_its_end_and_has_every_event(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(loop(500)))
    server.ended(execution)
    count = len(server.events(execution))
    page = window.goto(at("executions", execution, view="events"))
    expect(page.get_by_test_id("events-count")).to_have_text(f"{count:,} events")
    assert page.get_by_test_id("events-row").count() <= 80
    page.get_by_role("grid", name="Events").focus()
    page.keyboard.press("End")
    expect(page.locator(f'[data-testid="events-row"][data-key="{count}"]')).to_contain_text("ExecutionSucceeded")
