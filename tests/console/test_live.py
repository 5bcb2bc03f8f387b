"""What a person sees while executions run: lists and pictures that move by themselves and agree with the API."""

import json
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.console.browser import PATIENCE_MS, Window
from tests.server.outside import OwnServer, until

expect.set_options(timeout=PATIENCE_MS)
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:press"
HELD = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Pass", "Next": "Second"},
        "Second": {"Type": "Task", "Resource": ACTIVITY, "Next": "Third"},
        "Third": {"Type": "Succeed"},
    },
}
STEADY = {
    "StartAt": "Pick",
    "States": {
        "Pick": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.left[0]", "IsPresent": True, "Next": "Work"}],
            "Default": "Done",
        },
        "Work": {"Type": "Task", "Resource": ACTIVITY, "ResultPath": None, "Next": "Drop"},
        "Drop": {"Type": "Pass", "Parameters": {"left.$": "$.left[1:]"}, "Next": "Pick"},
        "Done": {"Type": "Succeed"},
    },
}
HOSTILE = "<img src=x onerror=window.ran=1>"
SCRIPT = "</script><script>window.ran=1</script>"


def open_execution(window: Window, arn: str, search: str = "") -> Page:
    return window.goto(f"executions/{quote(arn, safe='')}{search}")


def work(server: OwnServer, tasks: int) -> None:
    """Do so many tasks of the activity."""
    for _ in range(tasks):
        task = server.get("GetActivityTask", activityArn=ACTIVITY)
        server.get("SendTaskSuccess", taskToken=task["taskToken"], output="{}")


def status_of(page: Page, state: str) -> str | None:
    return page.locator(f'.sw-node[data-state="{state}"]').first.get_attribute("data-status")


def test_a_machine_that_somebody_makes_appears_in_an_open_list(window: Window, server: OwnServer) -> None:
    page = window.goto("machines")
    name = "made-elsewhere"
    expect(page.get_by_text(name)).to_have_count(0)
    server.create(PASS, name)
    expect(page.get_by_text(name).first).to_be_visible(timeout=2_000)


def test_a_running_execution_is_seen_going_on(window: Window, server: OwnServer) -> None:
    server.get("CreateActivity", name="press")
    arn = server.start(server.create(HELD))
    page = open_execution(window, arn)
    expect(page.locator('.sw-node[data-state="Second"]')).to_have_attribute("data-status", "waiting")
    task = server.get("GetActivityTask", activityArn=ACTIVITY)
    expect(page.locator('.sw-node[data-state="Second"]')).to_have_attribute("data-status", "running")
    expect(page.locator('.sw-node[data-state="First"]')).to_have_attribute("data-status", "succeeded")
    expect(page.locator('.sw-node[data-state="Third"]')).to_have_attribute("data-status", "notReached")
    expect(page.locator('[data-source="First"][data-target="Second"]')).to_have_attribute("data-taken", "true")
    expect(page.locator('[data-source="Second"][data-target="Third"]')).not_to_have_attribute("data-taken", "true")
    server.get("SendTaskSuccess", taskToken=task["taskToken"], output="{}")
    expect(page.locator('.sw-node[data-state="Third"]')).to_have_attribute("data-status", "succeeded")
    header = page.get_by_test_id("execution-header")
    expect(header).to_have_attribute("data-status", server.ended(arn)["status"])
    entered = [
        event["stateEnteredEventDetails"]["name"] for event in server.events(arn) if "stateEnteredEventDetails" in event
    ]
    assert {name: status_of(page, name) for name in entered} == dict.fromkeys(entered, "succeeded")


def test_an_express_execution_is_opened_like_any_other(window: Window, server: OwnServer) -> None:
    machine = server.get(
        "CreateStateMachine",
        name="quick",
        definition=json.dumps(PASS),
        roleArn="arn:aws:iam::000000000000:role/r",
        type="EXPRESS",
    )["stateMachineArn"]
    arn = server.get("StartSyncExecution", stateMachineArn=machine)["executionArn"]
    page = open_execution(window, arn)
    expect(page.locator('.sw-node[data-state="A"]')).to_have_attribute("data-status", "succeeded")


def test_what_users_write_is_text(window: Window, server: OwnServer) -> None:
    states = {SCRIPT: {"Type": "Fail", "Error": HOSTILE, "Cause": HOSTILE}}
    arn = server.start(server.create({"StartAt": SCRIPT, "States": states}), {"given": HOSTILE})
    server.ended(arn)
    page = open_execution(window, arn)
    expect(page.get_by_test_id("failure-banner")).to_contain_text(HOSTILE)
    expect(page.locator(".sw-node", has_text=SCRIPT).first).to_be_visible()
    for path in ("executions", "machines"):
        window.goto(path)
    open_execution(window, arn, "?tab=events")
    assert page.evaluate("window.ran") is None


def test_a_server_that_is_killed_and_comes_back_loses_nothing(open_window: Any, own_server: OwnServer) -> None:
    own_server.get("CreateActivity", name="press")
    machine = own_server.create(STEADY)
    arn = own_server.start(machine, {"left": list(range(4))})
    window = open_window(own_server)
    page = open_execution(window, arn)
    lamp = page.get_by_test_id("lamp")
    expect(lamp).to_have_attribute("data-lamp", "live")
    expect(page.locator('.sw-node[data-state="Work"]')).to_have_attribute("data-status", "waiting")
    work(own_server, 2)
    own_server.process.kill()
    expect(lamp).to_have_attribute("data-lamp", "reconnecting")
    own_server.process.start()
    work(own_server, 1)
    expect(lamp).to_have_attribute("data-lamp", "live", timeout=30_000)
    work(own_server, 1)
    own_server.ended(arn)
    expect(page.get_by_test_id("execution-header")).to_have_attribute("data-status", "SUCCEEDED")
    window.expect_faults("ERR_CONNECTION", "ERR_INCOMPLETE", "Failed to load resource")
    last = own_server.events(arn)[-1]["id"]
    shown = until(lambda: _shown(page, last), 20)
    assert shown == list(range(1, last + 1))


def _shown(page: Page, last: int) -> list[int] | None:
    """The events that the console's own read gives, once it has them all."""
    answer = page.evaluate(
        "fetch(document.baseURI + 'api/' + location.pathname.split('/console/')[1] + '/events').then((one) => one.json())"
    )
    ids = [event["id"] for event in answer["events"]]
    return ids if ids and ids[-1] == last else None
