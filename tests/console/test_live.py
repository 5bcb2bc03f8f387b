"""What a person sees while executions run: lists and pictures that move by themselves and agree with the API."""

from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.console.browser import PATIENCE_MS, Window
from tests.server.outside import OwnServer

expect.set_options(timeout=PATIENCE_MS)
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
RESTING = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 3_000, "End": True}}}
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


def test_what_users_write_is_text(window: Window, server: OwnServer) -> None:
    states = {SCRIPT: {"Type": "Fail", "Error": HOSTILE, "Cause": HOSTILE}}
    arn = server.start(server.create({"StartAt": SCRIPT, "States": states}), {"given": HOSTILE})
    server.ended(arn)
    page = open_execution(window, arn)
    expect(page.get_by_test_id("failure-banner")).to_contain_text(HOSTILE)
    expect(page.get_by_test_id("step-name")).to_have_text(SCRIPT)
    expect(page.get_by_test_id("payload-input")).to_contain_text(HOSTILE)
    expect(page.locator(".sw-node", has_text=SCRIPT).first).to_be_visible()
    for path in ("executions", "machines"):
        window.goto(path)
    assert page.evaluate("window.ran") is None


def test_a_server_that_is_killed_and_comes_back_loses_nothing(open_window: Any, own_server: OwnServer) -> None:
    own_server.get("CreateActivity", name="press")
    arn = own_server.start(own_server.create(STEADY), {"left": [1, 2]})
    window = open_window(own_server, size=(1280, 1600))  # all rows are in the page
    page = open_execution(window, arn, "?view=events")
    lamp = page.get_by_test_id("lamp")
    expect(lamp).to_have_attribute("data-lamp", "live")
    work(own_server, 1)
    own_server.process.kill()
    expect(lamp).to_have_attribute("data-lamp", "reconnecting")
    own_server.process.start()
    expect(lamp).to_have_attribute("data-lamp", "live")
    work(own_server, 1)
    own_server.ended(arn)
    expect(page.get_by_test_id("execution-header")).to_have_attribute("data-status", "SUCCEEDED")
    window.expect_faults("ERR_CONNECTION", "ERR_INCOMPLETE", "ERR_EMPTY_RESPONSE", "Failed to load resource")
    count = len(own_server.events(arn))
    expect(page.get_by_test_id("events-row")).to_have_count(count)
    ids = page.get_by_test_id("events-row").evaluate_all("rows => rows.map(row => Number(row.dataset.key))")
    assert ids == list(range(1, count + 1))


def test_a_view_that_a_server_which_is_gone_cannot_give_comes_when_it_is_back(
    open_window: Any, own_server: OwnServer
) -> None:
    window = open_window(own_server)
    page = window.goto("settings")
    own_server.process.kill()
    page.get_by_role("link", name="Activities").click()
    expect(page.get_by_test_id("unreachable")).to_contain_text("The server does not answer")
    own_server.process.start()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Activities")
    window.expect_faults("ERR_", "Failed to load resource", "Failed to fetch")


HOLD = """() => new Promise((held) => {
  let left = 4;
  for (let place = 1; place <= 4; place += 1) {
    navigator.locks.request(`stepwell stream ${place}`, () => {
      left -= 1;
      if (left === 0) held();
      return new Promise((release) => { (window.release ??= []).push(release); });
    });
  }
})"""


def test_a_tab_that_gets_no_stream_asks_until_it_gets_one(window: Window, server: OwnServer) -> None:
    other = window.new_page()
    other.goto(window.base + "settings")
    other.evaluate(HOLD)
    arn = server.start(server.create(RESTING))
    page = open_execution(window, arn)
    lamp = page.get_by_test_id("lamp")
    expect(lamp).to_have_attribute("data-lamp", "polling")
    expect(page.locator('.sw-node[data-state="Rest"]')).to_have_attribute("data-status", "waiting")
    other.close()
    expect(lamp).to_have_attribute("data-lamp", "live")
    server.get("StopExecution", executionArn=arn)
    expect(page.get_by_test_id("execution-header")).to_have_attribute("data-status", "ABORTED")
