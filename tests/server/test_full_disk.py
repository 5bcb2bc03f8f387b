"""No room for the database: requests fail with a name, what was acknowledged stays, and with room it goes on."""

import os
import resource
import subprocess
import uuid

import pytest

from tests.server.machines import passing
from tests.server.outside import OwnServer, until

LARGE = '"' + "x" * 200_000 + '"'


def fill(server, arn):
    """Start executions until one is refused: those that were acknowledged, and the refusal."""
    acknowledged = []
    for number in range(2_000):
        given = f'"{uuid.uuid4().hex}{LARGE[1:]}'
        answer = server.ask("StartExecution", stateMachineArn=arn, name=f"n{number}", input=given)
        if answer.status != 200:
            return acknowledged, answer
        acknowledged.append(answer.body["executionArn"])
    raise AssertionError("the disk is not full")


def refused_in_words(answer):
    return answer.status == 503 and answer.code == "ServiceUnavailableException" and "database" in answer.message


def check_all_there(server, acknowledged):
    for run in acknowledged:
        assert server.ended(run)["status"] == "SUCCEEDED"
        assert server.events(run)[-1]["type"] == "ExecutionSucceeded"


@pytest.fixture
def own(tmp_path):
    started = OwnServer(tmp_path)
    yield started
    started.process.close()


def test_a_file_that_may_not_grow(own):
    """A write error, after which nobody knows what is on the disk: the server ends, and the next finds everything."""
    own.up()
    arn = own.create(passing())
    first = [own.start(arn) for _ in range(5)]
    resource.prlimit(own.pid, resource.RLIMIT_FSIZE, (4_000_000, resource.RLIM_INFINITY))
    acknowledged, refusal = fill(own, arn)
    assert refused_in_words(refusal)
    assert own.process.process.wait(30) == 1
    assert "start the server again" in own.log
    own.up()
    check_all_there(own, first + acknowledged)
    assert own.ended(own.start(arn))["status"] == "SUCCEEDED"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of eight megabytes in memory; only root can have one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_full(small_disk):
    own = OwnServer(small_disk)
    own.process.log = small_disk.parent / "server.log"
    try:
        own.up()
        arn = own.create(passing())
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * 3_000_000)
        acknowledged, refusal = fill(own, arn)
        assert refused_in_words(refusal)
        check_all_there(own, acknowledged)  # reading needs no room
        ballast.unlink()
        again = until(lambda: (a := own.ask("StartExecution", stateMachineArn=arn)).status == 200 and a)
        assert own.ended(again.body["executionArn"])["status"] == "SUCCEEDED"
        check_all_there(own, acknowledged)
        assert own.process.stop() == 0
        own.up()
        check_all_there(own, acknowledged)
    finally:
        own.process.close()
