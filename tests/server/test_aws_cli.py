"""AWS's own command line as a client: the words that people type."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.server.machines import machine
from tests.server.outside import ENDED, ROLE, until

HIDDEN = ("AWS_", "STEPWELL_")


class Aws:
    """Runs `aws stepfunctions ...` with nothing of the user's own configuration."""

    def __init__(self, port, home):
        own = {
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
        self.env = kept | own
        self.options = ("--endpoint-url", f"http://127.0.0.1:{port}", "--region", "us-east-1", "--output", "json")

    def run(self, *words):
        command = [str(Path(sys.executable).with_name("aws")), "stepfunctions", *words, *self.options]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=100, env=self.env)

    def __call__(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")


@pytest.fixture
def aws(server, tmp_path):
    return Aws(server.port, tmp_path)


def test_a_workflow_with_an_activity(aws, tmp_path):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    activity = aws("create-activity", "--name", name)["activityArn"]
    work = {"Type": "Task", "Resource": activity, "ResultPath": "$.work", "End": True}
    (tmp_path / "definition.json").write_text(json.dumps(machine(Work=work)))
    place = f"file://{tmp_path / 'definition.json'}"
    given = ("--name", name, "--role-arn", ROLE, "--definition", place)
    arn = aws("create-state-machine", *given)["stateMachineArn"]
    run = aws("start-execution", "--state-machine-arn", arn, "--name", "one", "--input", '{"n": 1}')["executionArn"]
    task = aws("get-activity-task", "--activity-arn", activity, "--worker-name", "me")
    assert json.loads(task["input"]) == {"n": 1}
    aws("send-task-heartbeat", "--task-token", task["taskToken"])
    aws("send-task-success", "--task-token", task["taskToken"], "--task-output", '"done"')

    def ended():
        described = aws("describe-execution", "--execution-arn", run)
        return described if described["status"] in ENDED else None

    assert until(ended)["output"] == '{"n":1,"work":"done"}'
    history = aws("get-execution-history", "--execution-arn", run, "--page-size", "3")["events"]
    assert [event["type"] for event in history] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    refused = aws.run("describe-execution", "--execution-arn", f"{run}-no")
    assert refused.returncode not in (0, 1)
    assert "ExecutionDoesNotExist" in refused.stderr
