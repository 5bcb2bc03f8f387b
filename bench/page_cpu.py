"""How long the main thread of a page is busy, in CPU time: what else the machine does does not lengthen that."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import CDPSession, Page

_TASK: Final = "ThreadControllerImpl::RunTask"
_MAIN_THREAD: Final = "CrRendererMain"
_WAIT_MS: Final = 50


def metering(page: Page) -> CDPSession:
    """A session whose `metric`s count from here on. (`Performance.setTimeDomain` changes nothing any more.)"""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return session


def metric(session: CDPSession, name: str) -> float:
    """`TaskDuration` and `ThreadTime` in seconds of CPU, `JSHeapUsedSize` in bytes."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == name))


@contextmanager
def longest_task(page: Page) -> Iterator[list[float]]:
    """While the block runs, the tasks of the page are watched; the list gets the longest one, in milliseconds."""
    session = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    ended: list[Any] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.append(True))
    session.send("Tracing.start", {"traceConfig": {"includedCategories": ["toplevel"]}})
    found: list[float] = []
    yield found
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(_WAIT_MS)
    session.detach()
    found.append(_longest_ms(events))


def _longest_ms(events: list[dict[str, Any]]) -> float:
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == _MAIN_THREAD
    }
    tasks = (event for event in events if event["name"] == _TASK and (event["pid"], event["tid"]) in mains)
    return max(float(task.get("tdur", 0)) for task in tasks) / 1000
