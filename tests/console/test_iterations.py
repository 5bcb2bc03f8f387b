"""Maps of any size are a bar, a filter and a list of which only what is seen is in the page; and what a first visit fetches."""

import gzip
import json
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.console.browser import Window
from tests.console.machines import TALLIED, at
from tests.server.outside import OwnServer, until

ROWS_MAX = 80
FIRST_LOAD_MAX = 600_000
IDLE = "() => performance.now() - Math.max(...performance.getEntriesByType('resource').map(file => file.responseEnd)) > 1500"


@pytest.mark.parametrize("total, bad", [(400, 27), pytest.param(10_000, 270, marks=pytest.mark.proof)])
def test_a_map_of_any_size_is_a_list_that_can_be_filtered(
    window: Window, server: OwnServer, total: int, bad: int
) -> None:
    numbers = [-1 if number < bad else 1 for number in range(total)]
    execution = server.start(server.create(TALLIED), {"numbers": numbers})
    server.ended(execution)
    page = window.goto(at("executions", execution, step="Each", tab="iterations"))
    expect(page.get_by_test_id("iterations-bar")).to_contain_text(f"{total:,} of {total:,} · {bad} failed")
    page.get_by_test_id("iterations-status").get_by_role("button").click()
    page.get_by_role("option", name=f"Failed ({bad})").click()
    rows = page.get_by_test_id("iterations-row")
    expect(rows.first).to_contain_text("Number.Bad")
    assert 0 < rows.count() <= ROWS_MAX
    assert page.get_by_role("grid", name="Iterations").get_attribute("aria-rowcount") == str(bad + 1)
    rows.first.click()
    expect(page.get_by_test_id("failure-header")).to_contain_text("Bad: Number.Bad")
    expect(page.locator('[data-testid="graph-node"][data-state="Bad"]')).to_have_attribute("data-status", "failed")


def test_a_map_run_has_a_page_of_its_own(window: Window, server: OwnServer) -> None:
    execution = server.start(server.create(TALLIED), {"numbers": [1, 2, -3]})
    server.ended(execution)
    run = server.get("ListMapRuns", executionArn=execution)["mapRuns"][0]["mapRunArn"]
    page = window.goto(at("map-runs", run, status="FAILED"))
    expect(page.get_by_test_id("iterations-row")).to_have_count(1)
    expect(page.get_by_test_id("iterations-bar")).to_contain_text("3 of 3 · 1 failed")


PRESS = "arn:aws:states:us-east-1:000000000000:activity:press-children"
PRESSED = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.numbers",
            "MaxConcurrency": 1,
            "ToleratedFailureCount": 1,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Press",
                "States": {"Press": {"Type": "Task", "Resource": PRESS, "End": True}},
            },
            "End": True,
        }
    },
}


def test_a_child_that_waits_for_the_redrive_of_its_run_says_so_until_its_turn(
    window: Window, server: OwnServer
) -> None:
    server.get("CreateActivity", name="press-children")
    execution = server.start(server.create(PRESSED), {"numbers": [1, 2]})

    def answer(operation: str, **members: str) -> None:
        task = server.get("GetActivityTask", activityArn=PRESS)
        server.get(operation, taskToken=task["taskToken"], **members)

    for _ in range(2):
        answer("SendTaskFailure", error="Jammed")
    server.ended(execution)
    run = server.get("ListMapRuns", executionArn=execution)["mapRuns"][0]["mapRunArn"]
    server.get("RedriveExecution", executionArn=execution)
    pending = {"mapRunArn": run, "statusFilter": "PENDING_REDRIVE"}
    until(lambda: len(server.get("ListExecutions", **pending)["executions"]) == 1)
    [child] = server.get("ListExecutions", **pending)["executions"]
    page = window.goto(at("executions", query=f"mapRun={run}"))
    expect(page.get_by_test_id("executions-row").filter(has_text="Pending redrive")).to_have_count(1)
    page = window.goto(at("executions", child["executionArn"]))
    header = page.get_by_test_id("execution-header")
    expect(header.get_by_test_id("status")).to_have_text("Pending redrive")
    for _ in range(2):
        answer("SendTaskSuccess", output="{}")
    expect(header.get_by_test_id("status")).to_have_text("Succeeded")


def test_an_express_child_shows_what_is_kept_of_it(window: Window, server: OwnServer) -> None:
    definition = json.loads(json.dumps(TALLIED).replace('"STANDARD"', '"EXPRESS"'))
    execution = server.start(server.create(definition), {"numbers": [1, -3]})
    server.ended(execution)
    page = window.goto(at("executions", execution, step="Each", tab="iterations"))
    page.get_by_test_id("iterations-row").filter(has_text="Number.Bad").click()
    expect(page.get_by_test_id("failure-header")).to_contain_text("Number.Bad")
    expect(page.get_by_test_id("payload-input")).to_contain_text("-3")
    expect(page.locator('[data-testid="graph-node"][data-state="Too large?"]')).to_be_visible()


@pytest.mark.parametrize("path", ["", "machines", "executions"])
def test_the_first_visit_of_a_list_fetches_little(
    open_window: Callable[..., Window], server: OwnServer, path: str
) -> None:
    window = open_window(server)
    fetched: set[str] = set()
    window.page.on("request", lambda request: fetched.add(request.url))
    page = window.goto(path)
    page.wait_for_function(IDLE)
    files = [url for url in fetched if "/console/" in url and "/console/api/" not in url]
    size = sum(len(gzip.compress(urllib.request.urlopen(url, timeout=30).read(), 9)) for url in files)
    assert len(files) > 5
    assert size <= FIRST_LOAD_MAX, f"{size:,} bytes in {len(files)} files"
