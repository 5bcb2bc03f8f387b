"""The demo, as somebody sees it who has just installed the package."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import boto3
import pytest

from stepwell.asl.compile import compile_definition
from stepwell.demo.client import Client, Refused
from stepwell.demo.shop import definition
from tests.cli.conftest import environment, read_line, rest, until


@pytest.fixture
def bare(tmp_path):
    """No credentials, no home, temporary files where the test sees them."""
    return {"env": environment() | {"TMPDIR": str(tmp_path), "HOME": "/nonexistent"}}


def test_the_definition_is_as_it_should_be():
    compiled = compile_definition(definition())
    assert compiled.diagnostics == ()
    assert {state.type for state in compiled.machine.states.values()} >= {
        *("Task", "Map", "Wait", "Parallel", "Choice", "Pass", "Fail")
    }


def test_the_demo_tells_its_story_and_leaves_nothing(program, bare):
    done = program("demo", "--fast", **bare)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    wanted = [
        "✔ Check order",
        "▶ Reserve items",
        "✘ Reserve item ",
        "↻ Reserve item ",
        "2 attempts",
        "✔ Time to think",
        "packing-bench took it",
        "✔ Bill and pack",
        "caught OutOfRibbon",
        "SUCCEEDED in ",
        '"message": "Order 1042 is on its way."',
        "demo --keep",
    ]
    at = 0
    for text in wanted:
        at = done.stdout.find(text, at)
        assert at >= 0, text
    pid = int(re.search(r"process (\d+)", done.stdout)[1])
    assert not Path(f"/proc/{pid}").exists()
    assert list(Path(bare["env"]["TMPDIR"]).iterdir()) == []


def test_interrupted_it_cleans_up(program, bare, tmp_path):
    process = program.start("demo", **bare)
    while (up := re.search(r"process (\d+)", read_line(process.stdout))) is None:
        pass
    process.send_signal(signal.SIGINT)
    rest(process)
    assert process.returncode == 130
    assert not Path(f"/proc/{up[1]}").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_kept_can_be_used_as_it_says(program, bare):
    done = program("demo", "--fast", "--keep", **bare)
    assert done.returncode == 0, done.stderr
    pid = int(re.search(r"kill -9 (\d+)", done.stdout)[1])
    try:
        address = re.search(r'endpoint_url="([^"]+)"', done.stdout)[1]
        arn = re.search(r'stateMachineArn="([^"]+)"', done.stdout)[1]
        order = re.search(r"input='([^']+)'", done.stdout)[1]
        sfn = boto3.client(
            "stepfunctions",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )
        run = sfn.start_execution(stateMachineArn=arn, input=json.dumps(json.loads(order) | {"patience_s": 3}))
        arn = run["executionArn"]
        until(lambda: "WaitStateEntered" in [e["type"] for e in sfn.get_execution_history(executionArn=arn)["events"]])
        os.kill(pid, signal.SIGKILL)
        words = re.search(r"(serve --host .*)", done.stdout)[1].split()
        process = program.start(*words)
        pid = process.pid
        assert address in read_line(process.stdout)
        assert sfn.describe_execution(executionArn=arn)["status"] == "RUNNING"
        task = sfn.get_activity_task(activityArn="arn:aws:states:us-east-1:000000000000:activity:pack-parcel")
        sfn.send_task_success(taskToken=task["taskToken"], output='{"parcel": "mine"}')
        until(lambda: sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
    finally:
        os.kill(pid, signal.SIGKILL)


def test_an_order_that_is_refused(program):
    """The workflow's other way: a Catch that ends in a Fail."""
    name = program.write("order.json", definition())
    source = Path(sys.modules["stepwell.demo"].__file__).parent / "functions"
    given = '{"order": "1", "items": ["unicorn"], "gift": false, "patience_s": 0}'
    done = program("run", name, "--functions", str(source), "--input", given)
    assert done.returncode == 1
    assert "caught OrderRefused" in done.stderr
    assert "FAILED OrderRefused" in done.stderr
    assert "We do not sell unicorn." in done.stderr


def test_the_tiny_client_tells_errors(program):
    _, address, _ = program.serve("--database", ":memory:")
    client = Client("127.0.0.1", int(address.rpartition(":")[2]))
    with pytest.raises(Refused, match=r"(?i)does not exist") as caught:
        client.call("DescribeActivity", activityArn="arn:aws:states:us-east-1:000000000000:activity:no")
    assert caught.value.code == "ActivityDoesNotExist"
    client.close()
