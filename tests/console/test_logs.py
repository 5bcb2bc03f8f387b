"""The log of a step: what the function printed that it called, beside the step itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.browser import Window
from tests.console.machines import CHARGE, CHARGING, PASS, at
from tests.server.outside import OwnServer


@pytest.fixture(scope="module")
def charging(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A server with the function `charge`."""
    folder = tmp_path_factory.mktemp("charging")
    (folder / "charge.py").write_text(CHARGE)
    started = OwnServer(folder, "--functions", str(folder)).up()
    yield started
    started.process.close()


def test_each_attempt_of_a_step_has_its_lines(open_window: Callable[..., Window], charging: OwnServer) -> None:
    execution = charging.start(charging.create(CHARGING), {"cents": 1250, "declines": 1})
    charging.ended(execution)
    page = open_window(charging).goto(at("executions", execution, step="Charge card", tab="logs"))
    calls = page.get_by_test_id("function-log")
    expect(calls).to_have_count(2)
    expect(calls.first).to_contain_text("charge, attempt 1")
    expect(calls.first).to_contain_text("the card was declined")
    expect(calls.last).to_contain_text("charge, attempt 2")
    expect(calls.last.get_by_role("listitem")).to_contain_text(["charging 12.50", "done"])
    request_id = calls.last.locator(".sw-mono").first.inner_text()
    page.get_by_role("tab", name="Output", exact=True).click()
    expect(page.get_by_test_id("payload-output")).to_contain_text(request_id)


def test_a_log_grows_while_its_function_runs(
    open_window: Callable[..., Window], charging: OwnServer, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    execution = charging.start(charging.create(CHARGING), {"cents": 100, "declines": 0, "gate": str(gate)})
    page = open_window(charging).goto(at("executions", execution, step="Charge card", tab="logs"))
    lines = page.get_by_test_id("function-log").get_by_role("listitem")
    expect(lines).to_have_count(1)
    gate.touch()
    expect(lines).to_have_count(2)
    expect(page.get_by_test_id("execution-header")).to_have_attribute("data-status", "SUCCEEDED")


def test_steps_that_call_nothing_have_no_log(open_window: Callable[..., Window], charging: OwnServer) -> None:
    execution = charging.start(charging.create(PASS))
    charging.ended(execution)
    page = open_window(charging).goto(at("executions", execution, step="Only", tab="logs"))
    expect(page.get_by_role("tab", name="Input", exact=True)).to_be_visible()
    expect(page.get_by_role("tab", name="Logs", exact=True)).to_have_count(0)
