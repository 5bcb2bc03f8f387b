"""kill -9 in the middle of a Map Run, or of its redrive: no item's result is lost or there twice."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kill.harness import Server, call
from tests.kill.workload import ROLE

ITEMS = 2_000
END_S = 60.0
KINDS = pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])


def _definition(kind: str) -> str:
    """Each child waits a moment, so that there is always something in the middle."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": "C",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.slow", "BooleanEquals": True, "Next": "W"}],
                "Default": "P",
            },
            "W": {"Type": "Wait", "Seconds": 1, "Next": "P"},
            "P": {"Type": "Pass", "End": True},
        },
    }
    state = {
        "Type": "Map",
        "Label": "rows",
        "MaxConcurrency": 200,
        "ItemProcessor": processor,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket": "data", "Key": "items.jsonl"},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "data", "Prefix": "results"},
        },
        "End": True,
    }
    return json.dumps({"StartAt": "M", "States": {"M": state}})


@contextmanager
def _under_way(folder: Path, kind: str) -> Iterator[tuple[Server, str]]:
    """A server and its execution of all items; at the end everything is checked."""
    bucket = folder / "buckets" / "data"
    bucket.mkdir(parents=True)
    lines = (json.dumps({"id": number, "slow": number % 10 == 0}) for number in range(ITEMS))
    (bucket / "items.jsonl").write_text("\n".join(lines))
    server = Server(folder, "--buckets", str(folder / "buckets"))
    try:
        server.start()
        machine = call(server.port, "CreateStateMachine", name="m", definition=_definition(kind), roleArn=ROLE)
        arn = call(server.port, "StartExecution", stateMachineArn=machine["stateMachineArn"])["executionArn"]
        yield server, arn
        described = _closed(server, arn)
        assert described["status"] == "SUCCEEDED", described
        _check(server, bucket, arn)
        assert server.stop() == 0
    finally:
        server.close()


def _kill(server: Server, kills: int, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(kills):
        time.sleep(dice.uniform(0.1, 0.5))
        server.kill()
        server.start()


def _redrive(server: Server, arn: str) -> None:
    """Stop an execution in the middle, and let it go on."""
    while not _counts(server, arn)["succeeded"]:
        time.sleep(0.01)
    call(server.port, "StopExecution", executionArn=arn)
    call(server.port, "RedriveExecution", executionArn=arn)


def _counts(server: Server, arn: str) -> Any:
    [run] = call(server.port, "ListMapRuns", executionArn=arn)["mapRuns"]
    return call(server.port, "DescribeMapRun", mapRunArn=run["mapRunArn"])["itemCounts"]


def _closed(server: Server, arn: str) -> Any:
    ends = time.monotonic() + END_S
    while time.monotonic() < ends:
        described = call(server.port, "DescribeExecution", executionArn=arn)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.1)
    raise AssertionError("the run did not end")


def _check(server: Server, bucket: Path, arn: str) -> None:
    counts = _counts(server, arn)
    assert counts["succeeded"] == counts["total"] == ITEMS and counts["pendingRedrive"] == 0
    [manifest] = bucket.glob("results/**/manifest.json")
    files = json.loads(manifest.read_text())["ResultFiles"]
    assert files["FAILED"] == files["PENDING"] == []
    records = [record for file in files["SUCCEEDED"] for record in json.loads((bucket / file["Key"]).read_text())]
    assert sorted(json.loads(record["Output"])["id"] for record in records) == list(range(ITEMS))
    assert len({record["ExecutionArn"] for record in records}) == ITEMS


@KINDS
def test_killed_in_the_middle_of_a_run(tmp_path: Path, kind: str) -> None:
    """The short form, in every test run."""
    with _under_way(tmp_path, kind) as (server, _):
        _kill(server, kills=3, seed=3)


@KINDS
def test_killed_in_the_middle_of_a_redrive(tmp_path: Path, kind: str) -> None:
    """What had succeeded stays; what was stopped goes on, once."""
    with _under_way(tmp_path, kind) as (server, arn):
        _redrive(server, arn)
        _kill(server, kills=3, seed=4)


@pytest.mark.proof
@KINDS
@pytest.mark.parametrize("seed", range(10))
def test_killed_again_and_again(tmp_path: Path, kind: str, seed: int) -> None:
    """The long form."""
    with _under_way(tmp_path, kind) as (server, arn):
        _kill(server, kills=1, seed=seed)
        if seed % 2:
            _redrive(server, arn)
        _kill(server, kills=7, seed=~seed)
