"""The database goes away under load and comes back: nothing acknowledged is lost, memory stays, and work goes on."""

import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.measure import memory_kb
from tests.kill.cluster import Cluster
from tests.kill.harness import ApiFailure, CountingLambda, Gone, call
from tests.kill.test_kill import check_all, wait_for_all
from tests.kill.workload import LATER, ROLE, Workload, definition

RESUMES_S = 2.0
GROWS_KB = 30_000


@dataclass
class Seen:
    """What an outage looked like from outside."""

    refused: int = 0
    slowest_s: float = 0.0
    memory_kb: list[int] = field(default_factory=list)
    resumed_s: float = 0.0
    started: int = 0


def _outage(folder: Path, lasts_s: float, by: signal.Signals) -> Seen:
    functions = CountingLambda()
    cluster = Cluster(folder, 1, env={"AWS_ENDPOINT_URL_LAMBDA": functions.url})
    seen = Seen()
    try:
        cluster.start()
        activity_arn = call(cluster.port, "CreateActivity", name="work")["activityArn"]
        members = {"name": "kill", "definition": definition(activity_arn), "roleArn": ROLE}
        machine_arn = call(cluster.port, "CreateStateMachine", **members)["stateMachineArn"]
        load = Workload(cluster, machine_arn, activity_arn)
        load.begin()
        while len(load.completed) < 20:
            time.sleep(0.05)
        cluster.postgres.stop(by)
        _look(cluster, seen, lasts_s)
        cluster.postgres.start()
        back_s = time.monotonic()
        while not _writes(cluster):
            time.sleep(0.02)
        seen.resumed_s = time.monotonic() - back_s
        load.resting.set()
        wait_for_all(cluster, load)
        load.end()
        check_all(cluster, load, functions)
        assert cluster.nodes[0].stop() == 0
        seen.started = len(load.started)
        return seen
    finally:
        cluster.close()
        functions.close()


def _look(cluster: Cluster, seen: Seen, lasts_s: float) -> None:
    """Ask for something that needs the database, again and again while it is gone."""
    process = cluster.nodes[0].process
    assert process is not None
    ends_s = time.monotonic() + lasts_s
    while time.monotonic() < ends_s:
        began_s = time.monotonic()
        with pytest.raises(ApiFailure) as caught:
            call(cluster.port, "CreateActivity", name="meanwhile")
        assert caught.value.code in LATER
        seen.slowest_s = max(seen.slowest_s, time.monotonic() - began_s)
        seen.refused += 1
        seen.memory_kb.append(memory_kb(process.pid))
        time.sleep(0.05)


def _writes(cluster: Cluster) -> bool:
    """Whether the database is back: a read would not tell, since what is kept in memory answers without it."""
    try:
        call(cluster.port, "CreateActivity", name="after")
    except (ApiFailure, Gone):
        return False
    return True


def test_a_database_that_is_gone_for_a_moment(tmp_path: Path) -> None:
    """The short form, in every test run."""
    seen = _outage(tmp_path, 2.0, signal.SIGQUIT)
    assert seen.refused > 2
    assert seen.started


@pytest.mark.proof
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGQUIT])
def test_a_database_that_is_gone_for_a_minute(tmp_path: Path, by: signal.Signals) -> None:
    """It is refused at once what needs the database, memory does not grow, and work goes on two seconds later."""
    seen = _outage(tmp_path, 60.0, by)
    print(seen.refused, seen.slowest_s, min(seen.memory_kb), max(seen.memory_kb), seen.resumed_s, seen.started)
    assert max(seen.memory_kb) - seen.memory_kb[0] < GROWS_KB
    assert seen.resumed_s < RESUMES_S
