"""kill -9 at random moments under load: nothing acknowledged is lost, nothing is done twice, everything ends."""

import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kill.harness import ApiFailure, CountingFolder, CountingLambda, Server, call, check_history
from tests.kill.workload import LATER, ROLE, Workload, definition

END_S = 120.0


Functions = CountingLambda | CountingFolder


def _run(folder: Path, restarts: int, seed: int, *, local: bool = False) -> tuple[Workload, Functions, Server]:
    dice = random.Random(seed)
    functions: Functions
    if local:
        functions = CountingFolder(folder)
        server = Server(folder, "--functions", str(functions.folder))
    else:
        functions = CountingLambda()
        server = Server(folder, env={"AWS_ENDPOINT_URL_LAMBDA": functions.url})
    try:
        server.start()
        activity_arn = call(server.port, "CreateActivity", name="work")["activityArn"]
        machine = call(
            server.port, "CreateStateMachine", name="kill", definition=definition(activity_arn), roleArn=ROLE
        )
        load = Workload(server, machine["stateMachineArn"], activity_arn)
        load.begin()
        for _ in range(restarts):
            time.sleep(dice.uniform(0.05, 0.5))
            server.kill()
            server.start()
        load.resting.set()
        wait_for_all(server, load)
        load.end()
        check_all(server, load, functions)
        assert server.stop() == 0
        return load, functions, server
    finally:
        server.close()
        functions.close()


def wait_for_all(server: Any, load: Workload) -> None:
    ends = time.monotonic() + END_S
    open_ones = dict(load.started)
    while open_ones:
        for name, arn in list(open_ones.items()):
            if _has_ended(server, arn):
                del open_ones[name]
        assert time.monotonic() < ends, f"{len(open_ones)} executions never ended, such as {next(iter(open_ones))}"
        time.sleep(0.2)


def _has_ended(server: Any, arn: str) -> bool:
    """A server whose database was away a moment ago may say so once more."""
    try:
        status: str = call(server.port, "DescribeExecution", executionArn=arn)["status"]
    except ApiFailure as failure:
        if failure.code not in LATER:
            raise
        return False
    return status != "RUNNING"


def check_all(server: Any, load: Workload, functions: Functions) -> None:
    assert not load.trouble, load.trouble
    assert load.started and load.completed, "the load did nothing"
    twice = {key: count for key, count in functions.calls.items() if count > 1}
    assert not twice, f"called twice without a Retry: {twice}"
    for name, arn in load.started.items():
        events = _history(server, arn)
        check_history(events)
        assert events[-1]["type"] == "ExecutionSucceeded", events[-1]
        done = [event for event in events if event["type"] == "ActivitySucceeded"]
        assert len(done) == 1, f"{name}: {len(done)} completions"
        if name in load.completed:
            output = done[0]["activitySucceededEventDetails"]["output"]
            assert load.completed[name] in output, f"{name}: an acknowledged completion is lost"


def _history(server: Any, arn: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    token = None
    while True:
        more = {"nextToken": token} if token else {}
        page = call(server.port, "GetExecutionHistory", executionArn=arn, maxResults=1000, **more)
        events.extend(page["events"])
        token = page.get("nextToken")
        if not token:
            return events


def test_killed_a_few_times(tmp_path: Path) -> None:
    """The short form, in every test run."""
    _run(tmp_path, restarts=8, seed=1)


def test_killed_with_local_functions_at_work(tmp_path: Path) -> None:
    """The same with functions that the server runs itself."""
    _run(tmp_path, restarts=5, seed=3, local=True)


@pytest.mark.proof
def test_killed_two_hundred_times(tmp_path: Path) -> None:
    """The long form."""
    load, functions, _ = _run(tmp_path, restarts=200, seed=2)
    assert sum(functions.calls.values()) > 200
    assert len(load.started) > 200
