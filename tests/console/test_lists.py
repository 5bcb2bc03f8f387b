"""Lists: what happens elsewhere is seen without reloading, a search is an address, and a bulk action counts first."""

import json
import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.console.browser import Window
from tests.console.machines import HEAVY, LIGHT, ORDER, PASS, WAITING, at
from tests.server.outside import OwnServer


def rows(page: Page):
    return page.get_by_test_id("executions-row")


def find(page: Page, text: str) -> None:
    """Type a token into the filter."""
    field = page.get_by_test_id("executions-filter").get_by_role("combobox")
    field.fill(text)
    field.press("Enter")


def test_a_machine_made_elsewhere_appears_in_the_open_list(window: Window, server: OwnServer) -> None:
    page = window.goto("machines")
    name = f"new-{uuid.uuid4().hex[:8]}"
    server.client().create_state_machine(
        name=name, definition=json.dumps(PASS), roleArn="arn:aws:iam::000000000000:role/x"
    )
    page.get_by_role("combobox", name="Find by name").or_(
        page.get_by_placeholder("Find by name, comment or tag")
    ).first.fill(name)
    expect(page.get_by_role("link", name=name)).to_be_visible(timeout=2_000)


def test_an_execution_started_elsewhere_appears_and_ends_in_the_open_list(window: Window, server: OwnServer) -> None:
    machine = server.create(WAITING)
    page = window.goto(at("machines", machine))
    page.get_by_test_id("empty").wait_for()
    execution = server.start(machine, name="seen")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("Running")
    expect(rows(page).first).to_contain_text("Rest")
    server.get("StopExecution", executionArn=execution)
    expect(rows(page).first).to_contain_text("Aborted")


@pytest.mark.parametrize("redrives", [5, pytest.param(250, marks=pytest.mark.proof)])
def test_a_row_and_the_open_execution_agree_at_each_turn(window: Window, server: OwnServer, redrives: int) -> None:
    machine = server.create({"StartAt": "Bad", "States": {"Bad": {"Type": "Fail", "Error": "Bad"}}})
    execution = server.start(machine, name="again")
    page, other = window.goto(at("machines", machine)), window.new_page()
    other.goto(window.base + at("executions", execution))
    header, row = other.get_by_test_id("execution-header"), rows(page).first
    for turn in range(redrives + 1):
        expect(row.get_by_test_id("status")).to_have_attribute("data-status", "FAILED")
        expect(header).to_have_attribute("data-status", "FAILED")
        if turn > 0:
            expect(row).to_contain_text(re.compile(rf"\b{turn}$"))
            expect(header.get_by_text(re.compile(rf"^{turn} redrives?$"))).to_be_visible()
        if turn < redrives:
            server.get("RedriveExecution", executionArn=execution)


def test_a_search_is_an_address(window: Window, server: OwnServer) -> None:
    machine = server.create(ORDER)
    server.get("TagResource", resourceArn=machine, tags=[{"key": "team", "value": "depot"}])
    for name, given in (("good-1", LIGHT), ("good-2", {**LIGHT, "order": {"id": 4711}}), ("bad-1", HEAVY)):
        server.ended(server.start(machine, given, name=name))
    page = window.goto(at("executions", machine=machine))
    expect(rows(page)).to_have_count(3)
    find(page, "bad")
    expect(rows(page)).to_have_count(1)
    page.go_back()
    expect(rows(page)).to_have_count(3)
    find(page, "input.$.order.id=4711")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("good-2")
    address = page.url
    page.goto(address)
    expect(rows(page)).to_have_count(1)


@pytest.mark.parametrize(
    "query, found",
    [
        ("name^good", {"good-1", "good-2"}),
        ("status=FAILED started>-1h", {"bad-1"}),
        ("error=Parcel.TooHeavy", {"bad-1"}),
        ("input.$.order.id=4711", {"good-2"}),
        ("tag.team=depot status=SUCCEEDED", {"good-1", "good-2"}),
        ("tag.team=other", set()),
    ],
)
def test_each_kind_of_search(window: Window, searched: str, query: str, found: set[str]) -> None:
    page = window.goto(at("executions", machine=searched, query=query))
    if not found:
        page.get_by_test_id("empty").wait_for()
    expect(rows(page)).to_have_count(len(found))
    assert {text.split("\n")[1] for text in rows(page).all_inner_texts()} == found


@pytest.fixture(scope="module")
def searched(server: OwnServer) -> str:
    """A machine with three executions that differ."""
    machine = server.create(ORDER)
    server.get("TagResource", resourceArn=machine, tags=[{"key": "team", "value": "depot"}])
    for name, given in (("good-1", LIGHT), ("good-2", {**LIGHT, "order": {"id": 4711}}), ("bad-1", HEAVY)):
        server.ended(server.start(machine, given, name=name))
    return machine


@pytest.mark.parametrize("count", [250, pytest.param(12_000, marks=pytest.mark.proof)])
def test_all_that_match_are_stopped_not_only_those_that_are_seen(window: Window, server: OwnServer, count: int) -> None:
    machine = server.create(WAITING)
    for number in range(count):
        server.start(machine, name=f"e{number}")
    page = window.goto(at("executions", machine=machine))
    page.get_by_test_id("bulk").get_by_role("button").click()
    page.get_by_role("menuitem", name="Stop all").click()
    expect(page.get_by_test_id("bulk-count")).to_contain_text(f"{count:,} running executions")
    page.get_by_test_id("bulk-confirm").click()
    expect(page.get_by_test_id("job")).to_have_attribute("data-state", "finished", timeout=120_000)
    expect(page.get_by_test_id("job")).to_contain_text(f"{count:,} of {count:,} done, 0 refused")
    running = server.get("ListExecutions", stateMachineArn=machine, statusFilter="RUNNING")
    assert running["executions"] == []


def test_a_fresh_server_offers_examples_and_runs_one(own_server: OwnServer, open_window) -> None:
    window = open_window(own_server)
    page = window.goto()
    page.get_by_test_id("example-first-steps").click()
    page.get_by_test_id("execution-screen").wait_for()
    expect(page.get_by_test_id("execution-header")).to_have_attribute("data-status", "SUCCEEDED")
    expect(page.locator('[data-testid="graph-node"][data-status="succeeded"]').first).to_be_visible()
    page = window.goto("machines")
    expect(page.get_by_role("link", name="example-first-steps")).to_be_visible()


def test_a_machine_is_deleted_after_its_name_was_typed(window: Window, server: OwnServer) -> None:
    name = f"gone-{uuid.uuid4().hex[:8]}"
    server.create(PASS, name)
    page = window.goto(at("machines", find=name))
    page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_test_id("machines-delete").click()
    confirm = page.get_by_test_id("delete-confirm")
    expect(confirm).to_be_disabled()
    page.get_by_role("dialog").get_by_role("textbox").fill(name)
    confirm.click()
    expect(page.get_by_role("link", name=name)).to_have_count(0)
