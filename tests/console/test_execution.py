"""The page of an execution: what it shows of how an execution stands, and that it agrees with the API."""

import json
import re
import uuid
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from tests.console.browser import Window
from tests.console.machines import CAUGHT, HEAVY, LANES, LIGHT, ORDER, PASS, RETRIED_LATER, WAITING, at
from tests.server.outside import ROLE, OwnServer


def node(page: Page, state: str):
    return page.locator(f'[data-testid="graph-node"][data-state="{state}"]')


def opened(window: Window, execution: str, **search) -> Page:
    page = window.goto(at("executions", execution, **search))
    page.get_by_test_id("execution-screen").wait_for()
    return page


def in_sight(page: Page, testid: str) -> bool:
    box = page.get_by_test_id(testid).bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_a_failure_is_told_without_a_click(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(ORDER), HEAVY)
    assert server.ended(execution)["status"] == "FAILED"
    page = opened(window, execution)
    expect(page.get_by_test_id("failure-header")).to_have_text("Failed at Too heavy: Parcel.TooHeavy")
    expect(page.get_by_test_id("failure-cause")).to_contain_text("Split it")
    assert in_sight(page, "failure-header") and in_sight(page, "failure-cause")
    expect(page.get_by_test_id("step-name")).to_have_text("Too heavy")
    expect(node(page, "Too heavy")).to_have_attribute("data-status", "failed")
    expect(node(page, "Done")).to_have_attribute("data-status", "notReached")


def test_a_running_execution_is_coloured_and_agrees_with_the_api(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(WAITING))
    page = opened(window, execution)
    expect(node(page, "Rest")).to_have_attribute("data-status", "waiting")
    expect(node(page, "First")).to_have_attribute("data-status", "succeeded")
    expect(page.locator("[data-taken='true']").first).to_be_attached()
    expect(page.get_by_test_id("lamp")).to_have_attribute("data-lamp", "live")
    server.get("StopExecution", executionArn=execution, error="Enough", cause="for today")
    expect(page.get_by_test_id("execution-header")).to_have_attribute("data-status", "ABORTED")
    expect(page.get_by_test_id("failure-cause")).to_have_text("for today")
    expect(node(page, "Rest")).to_have_attribute("data-status", "aborted")
    assert server.describe(execution)["status"] == "ABORTED"
    page = opened(window, execution, view="events")
    expect(page.get_by_test_id("events-count")).to_have_text(f"{len(server.events(execution))} events")


def test_what_is_caught_is_no_failure(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(CAUGHT))
    server.ended(execution)
    page = opened(window, execution)
    expect(node(page, "Try")).to_have_attribute("data-status", "caught")
    caught = page.locator('[data-testid="graph-edge"][data-source="Try"][data-target="Sorry"][data-way="catch"]')
    expect(caught).to_have_attribute("data-taken", "true")
    expect(caught.locator(".sw-way")).not_to_have_css("stroke-dasharray", "none")
    expect(page.get_by_test_id("execution-header")).to_have_attribute("data-status", "SUCCEEDED")
    expect(page.get_by_test_id("failure-banner")).to_have_count(0)


def test_a_retry_that_is_waited_for_counts_down(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(RETRIED_LATER))
    window.page.clock.install()
    page = opened(window, execution, step="Try")
    expect(node(page, "Try")).to_have_attribute("data-status", "waiting")
    waiting = page.get_by_test_id("waiting")
    expect(waiting).to_have_text(re.compile(r"attempt 1 failed, next try in 50m"))
    moving = (waiting, page.get_by_test_id("execution-duration"), node(page, "Try").locator("time"))
    before = [length.inner_text() for length in moving]
    page.clock.fast_forward("02:00")
    for length, text in zip(moving, before, strict=True):
        expect(length).not_to_have_text(text)


def test_branches_stand_side_by_side_in_written_order(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(LANES))
    server.ended(execution)
    page = opened(window, execution)
    boxes = [node(page, name).bounding_box() for name in ("One", "Two", "Three")]
    assert boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]
    assert boxes[0]["y"] == pytest.approx(boxes[1]["y"], abs=1) and boxes[1]["y"] == pytest.approx(boxes[2]["y"], abs=1)


def test_an_express_execution_opens_like_any_other(window: Window, server: OwnServer) -> None:
    name = f"m-{uuid.uuid4().hex[:12]}"
    machine = server.get("CreateStateMachine", name=name, definition=json.dumps(ORDER), roleArn=ROLE, type="EXPRESS")
    execution = server.start(machine["stateMachineArn"], LIGHT)
    page = opened(window, execution, step="Check", tab="output")
    expect(page.get_by_test_id("execution-header")).to_have_attribute("data-status", "SUCCEEDED")
    expect(node(page, "Each parcel")).to_have_attribute("data-status", "succeeded")
    expect(page.get_by_test_id("payload-output")).to_contain_text('"ok": true')
    expect(page.get_by_test_id("redrive")).to_be_disabled()


def test_a_step_shows_its_data_attempts_and_events(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(ORDER), LIGHT)
    server.ended(execution)
    page = opened(window, execution, step="Check")
    expect(page.get_by_test_id("payload-input")).to_contain_text("parcels")
    for tab, there in (("Output", '"ok": true'), ("Data flow", "Output of the state"), ("Definition", '"ResultPath"')):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.get_by_test_id("step-panel")).to_contain_text(there)
    page.get_by_role("tab", name="Events", exact=True).click()
    expect(page.get_by_test_id("event-details")).to_contain_text("PassStateExited")
    assert "tab=events" in page.url and "step=Check" in page.url


def test_an_iteration_is_looked_into(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(ORDER), HEAVY)
    server.ended(execution)
    page = opened(window, execution, step="Each parcel", tab="iterations")
    expect(page.get_by_test_id("iterations-row")).to_have_count(2)  # the third was not begun
    page.get_by_test_id("iterations-row").filter(has_text="Succeeded").first.click()
    expect(page.get_by_test_id("scope")).to_contain_text("Each parcel #0")
    expect(node(page, "Pack")).to_have_attribute("data-status", "succeeded")
    expect(node(page, "Too heavy")).to_have_attribute("data-status", "notReached")


def test_two_executions_are_compared(window: Window, server: OwnServer) -> None:
    machine = server.create(ORDER)
    good, bad = server.start(machine, LIGHT), server.start(machine, HEAVY)
    server.ended(good)
    server.ended(bad)
    page = opened(window, bad, compare=good)
    expect(page.get_by_test_id("comparison")).to_contain_text("Too heavy: way")
    expect(page.get_by_test_id("comparison")).to_contain_text("Done: way")


def test_an_execution_that_is_not_there_says_so(window: Window, server: OwnServer) -> None:
    machine = server.create(PASS)
    page = window.goto(at("executions", machine.replace(":stateMachine:", ":execution:") + ":nobody"))
    expect(page.get_by_test_id("trouble")).to_contain_text("ExecutionDoesNotExist")
    window.expect_faults("400", "404")


@pytest.mark.parametrize("kind", ["SVG", "PNG"])
def test_the_coloured_graph_is_a_file(window: Window, server: OwnServer, kind: str) -> None:
    execution = server.start(server.create(ORDER), HEAVY)
    server.ended(execution)
    page = opened(window, execution, view="table")
    page.get_by_test_id("execution-actions").get_by_role("button").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=f"Export the graph as {kind}").click()
    made = Path(download.value.path()).read_bytes()
    if kind == "PNG":
        assert made.startswith(b"\x89PNG")
    else:
        texts = {one.text for one in ElementTree.fromstring(made).iter("{http://www.w3.org/2000/svg}text")}
        assert {"Too heavy", "Failed", "Pack", "Succeeded"} <= texts
