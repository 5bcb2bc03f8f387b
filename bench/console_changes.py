"""How soon a change is seen: an event, a status in two windows, a definition that is whole again."""

import json
from itertools import pairwise
from typing import Any, Final

from playwright.sync_api import Browser, Page

from bench.console_machines import chain, turns
from bench.measure import Row
from tests.console.browser import Window, new_context
from tests.console.machines import at
from tests.console.studio import Studio
from tests.server.outside import OwnServer

_TURNS: Final = 30
_REPAIRS: Final = 40
_STATES: Final = 30
_ROW: Final = '[data-testid="executions-row"] [data-testid="status"]'
_HEADER: Final = '[data-testid="execution-header"]'
_WATCH_NODE: Final = """state => {
  const node = document.querySelector(`[data-testid="graph-node"][data-state="${state}"]`);
  const before = node.dataset.status;
  window.changed = new Promise((resolve) => {
    const look = () => (node.dataset.status === before ? requestAnimationFrame(look) : resolve(Date.now()));
    requestAnimationFrame(look);
  });
}"""
_WATCH_STATUS: Final = """selector => {
  window.statuses = [];
  const note = () => {
    const status = document.querySelector(selector).dataset.status;
    if (status !== window.statuses.at(-1)?.[1]) window.statuses.push([Date.now(), status]);
  };
  note();
  new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
_SHOWS: Final = "status => window.statuses.at(-1)[1] === status"
_WATCH_GRAPH: Final = """graph => {
  window.repairs = [];
  let pressed;
  addEventListener("keydown", () => { pressed = performance.now(); }, true);
  let wasStale = false;
  new MutationObserver(() => {
    const isStale = graph.dataset.stale === "true";
    if (wasStale && !isStale) window.repairs.push(performance.now() - pressed);
    wasStale = isStale;
  }).observe(graph, { attributes: true });
}"""


def pixels(browser: Browser, server: OwnServer) -> list[Row]:
    """From the time of an event, as the server wrote it, to the frame that shows it."""
    activity = server.get("CreateActivity", name="turn")["activityArn"]
    execution = server.start(server.create(turns(activity)), {"left": list(range(_TURNS))})
    window = Window(new_context(browser), server.port)
    page = window.goto(at("executions", execution))
    took = []
    for _ in range(_TURNS):
        page.locator('[data-testid="graph-node"][data-state="Work"][data-status="waiting"]').wait_for()
        page.evaluate(_WATCH_NODE, "Work")
        task = server.get("GetActivityTask", activityArn=activity)
        shown_ms = page.evaluate("window.changed")
        event = next(e for e in reversed(server.events(execution)) if e["type"] == "ActivityStarted")
        took.append(shown_ms - event["timestamp"] * 1000)
        server.get("SendTaskSuccess", taskToken=task["taskToken"], output="{}")
    window.context.close()
    took.sort()
    return [Row("from an event on the server to its pixels, p95", took[len(took) * 95 // 100], "ms", 300)]


def agreement(browser: Browser, server: OwnServer) -> list[Row]:
    """The row of an execution in one window and its page in another, while it fails and is redriven."""
    activity = server.get("CreateActivity", name="again")["activityArn"]
    machine = server.create(
        {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": activity, "End": True}}}
    )
    execution = server.start(machine)
    window = Window(new_context(browser), server.port)
    listed, opened = window.goto(at("machines", machine)), window.new_page()
    opened.goto(window.base + at("executions", execution))
    for page, selector in ((listed, _ROW), (opened, _HEADER)):
        page.locator(selector).first.wait_for()
        page.evaluate(_WATCH_STATUS, selector)
    for _ in range(_TURNS):
        _both_show(listed, opened, "RUNNING")
        task = server.get("GetActivityTask", activityArn=activity)
        server.get("SendTaskFailure", taskToken=task["taskToken"], error="Again")
        _both_show(listed, opened, "FAILED")
        server.get("RedriveExecution", executionArn=execution)
    apart_ms = _longest_apart_ms(*(page.evaluate("window.statuses") for page in (listed, opened)))
    window.context.close()
    name = f"row and page of an execution disagree, the longest of {2 * _TURNS} transitions"
    return [Row(name, apart_ms, "ms", 1_000)]


def _both_show(listed: Page, opened: Page, status: str) -> None:
    for page in (listed, opened):
        page.wait_for_function(_SHOWS, arg=status)


def _longest_apart_ms(*seen: list[Any]) -> float:
    """Each window tells when it began to show what."""
    told = sorted((time_ms, number, status) for number, times in enumerate(seen) for time_ms, status in times)
    shown: dict[int, str] = {}
    apart_ms = [0.0]
    for (time_ms, number, status), (next_ms, _, _) in pairwise(told):
        shown[number] = status
        apart_ms = apart_ms if len(set(shown.values())) == 1 else [*apart_ms, next_ms - time_ms]
    return max(apart_ms)


def repairs(browser: Browser, server: OwnServer) -> list[Row]:
    """From the key that makes a definition JSON again to its graph, which was greyed meanwhile."""
    window = Window(new_context(browser), server.port)
    studio = Studio(window).open(server.create(json.dumps(chain(_STATES), indent=2)), view="split")
    page = window.page
    studio.graph.evaluate(_WATCH_GRAPH)
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+Home")
    for turn in range(_REPAIRS):
        page.keyboard.type("x")
        page.locator('[data-testid="graph"][data-stale="true"]').wait_for()
        page.keyboard.press("Backspace")
        page.wait_for_function("count => window.repairs.length === count", arg=turn + 1)
    took = sorted(page.evaluate("window.repairs"))
    window.context.close()
    name = f"graph of {_STATES} states is back after a repair, p95"
    return [Row(name, took[len(took) * 95 // 100], "ms", 300)]
