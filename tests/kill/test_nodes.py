"""Nodes killed, paused past their lease, and their database restarted under load: what any node acknowledged is there."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.kill.cluster import LEASE_S, TROUBLES, Cluster
from tests.kill.harness import CountingLambda, call
from tests.kill.test_kill import check_all, wait_for_all
from tests.kill.workload import ROLE, Workload, definition

TAKEOVER_S = LEASE_S + 0.5


def _run(folder: Path, nodes: int, troubles: Sequence[str], dice: random.Random) -> Counter[str]:
    functions = CountingLambda()
    cluster = Cluster(folder, nodes, env={"AWS_ENDPOINT_URL_LAMBDA": functions.url})
    met: Counter[str] = Counter()
    try:
        cluster.start()
        activity_arn = call(cluster.port, "CreateActivity", name="work")["activityArn"]
        members = {"name": "kill", "definition": definition(activity_arn), "roleArn": ROLE}
        machine = call(cluster.port, "CreateStateMachine", **members)
        load = Workload(cluster, machine["stateMachineArn"], activity_arn)
        load.begin()
        for what in troubles:
            time.sleep(dice.uniform(0.1, 1.0))
            cluster.trouble(what, dice)
            met[what] += 1
        load.resting.set()
        assert cluster.owners(4 * LEASE_S, nodes) < 4 * LEASE_S, "shards do not come to rest"
        wait_for_all(cluster, load)
        load.end()
        check_all(cluster, load, functions)
        assert [node.stop() for node in cluster.nodes] == [0] * nodes
        met["started"], met["completed"] = len(load.started), len(load.completed)
        return met
    finally:
        cluster.close()
        functions.close()


def test_two_nodes_meet_a_little_of_everything(tmp_path: Path) -> None:
    """The short form, in every test run."""
    met = _run(tmp_path, 2, ("kill", "pause", "database", "kill", "pause"), random.Random(5))
    assert met["started"] and met["completed"]


@pytest.mark.proof
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(("nodes", "seed"), [(2, 1), (3, 2)])
def test_two_hundred_troubles(tmp_path: Path, nodes: int, seed: int) -> None:
    """The long form."""
    dice = random.Random(seed)
    met = _run(tmp_path, nodes, dice.choices(TROUBLES, k=200), dice)
    print(dict(met))
    assert met["started"] > 200


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_takeovers_take_a_lease_and_a_half_second(tmp_path: Path) -> None:
    """Of twenty nodes that are killed at any moment of their lease."""
    dice = random.Random(7)
    cluster = Cluster(tmp_path, 2)
    took_s = []
    try:
        cluster.start()
        for number in range(20):
            assert cluster.owners(10, 2) < 10
            time.sleep(dice.uniform(0, LEASE_S))
            node = cluster.nodes[number % 2]
            node.kill()
            took_s.append(cluster.owners(10, 1))
            node.start()
        print("takeovers, seconds:", " ".join(f"{each:.2f}" for each in sorted(took_s)))
        assert max(took_s) <= TAKEOVER_S
    finally:
        cluster.close()
