"""The sandbox's process: where it answers, what leads clients there, and that it never outlives its server."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import boto3
import pytest

from stepwell.sandbox import process
from stepwell.sandbox.process import Sandbox, SandboxError

ACCOUNT = "111122223333"


@pytest.fixture(scope="module")
def sandbox():
    made = Sandbox(ACCOUNT, "eu-west-1", 0)
    yield made
    made.close()


def answers(address):
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


def gone(address):
    ends = time.monotonic() + 10
    while answers(address):
        assert time.monotonic() < ends, "it still answers"
        time.sleep(0.05)
    return True


def test_it_answers_for_the_account(sandbox):
    where = {"endpoint_url": sandbox.address, "region_name": "eu-west-1"}
    sqs = boto3.client("sqs", **where, aws_access_key_id=ACCOUNT, aws_secret_access_key="any")
    assert sqs.create_queue(QueueName="orders")["QueueUrl"] == f"{sandbox.address}/{ACCOUNT}/orders"
    assert {"sqs", "sns", "dynamodb", "events", "s3", "glue"} <= set(sandbox.services)
    assert not any(service.startswith("moto") for service in sandbox.services)


def test_the_variables_lead_there_and_give_way(sandbox):
    said = sandbox.environment({})
    assert said["AWS_ENDPOINT_URL"] == sandbox.address
    assert (said["AWS_DEFAULT_REGION"], said["AWS_ACCESS_KEY_ID"]) == ("eu-west-1", ACCOUNT)
    given = {"AWS_PROFILE": "mine", "AWS_DEFAULT_REGION": "us-east-1"}
    assert sandbox.environment(given).keys() == {"AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED"}


def test_it_ends_when_it_is_closed():
    sandbox = Sandbox(ACCOUNT, "eu-west-1", 0)
    assert answers(sandbox.address)
    sandbox.close()
    assert gone(sandbox.address)
    sandbox.close()


PARENT = """
import sys, time
from stepwell.sandbox.process import Sandbox
print(Sandbox("111122223333", "eu-west-1", 0).address, flush=True)
time.sleep(600)
"""


def test_it_ends_when_its_server_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    try:
        address = parent.stdout.readline().strip()
        assert answers(address)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        assert gone(address)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def test_a_port_that_is_taken_is_told(sandbox):
    port = int(sandbox.address.rpartition(":")[2])
    with pytest.raises(SandboxError, match=f"did not start on port {port}"):
        Sandbox(ACCOUNT, "eu-west-1", port)


def test_without_moto_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(process, "find_spec", lambda name: None)
    with pytest.raises(SandboxError, match=r"install stepwell\[sandbox\]"):
        Sandbox(ACCOUNT, "eu-west-1", 0)
