"""kill -9 with containers running: Docker's go on and are found again, processes never outlive the server."""

import json
import os
import sys
import time
from pathlib import Path

from tests.functions.test_pool import is_running
from tests.integrations.containers.conftest import Docker
from tests.kill.harness import Server, call, check_history
from tests.kill.workload import ROLE

END_S = 60.0
SCRIPT = """
import os, sys, time
with open("marks", "a") as marks:
    marks.write(f"{os.getpid()}\\n")
while not os.path.exists("go"):
    time.sleep(0.02)
"""


def _machine(resource: str, parameters: dict[str, object]) -> str:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return json.dumps({"StartAt": "T", "States": {"T": task}})


def _start(server: Server) -> dict[str, str]:
    """One job of each kind; their executions by name."""
    machines = {
        "task": _machine("ecs:runTask.sync", {"TaskDefinition": "job"}),
        "job": _machine("batch:submitJob.sync", {"JobDefinition": "job", "JobName": "j", "JobQueue": "q"}),
    }
    found = {}
    for name, definition in machines.items():
        made = call(server.port, "CreateStateMachine", name=name, definition=definition, roleArn=ROLE)
        started = call(server.port, "StartExecution", stateMachineArn=made["stateMachineArn"], input="{}")
        found[name] = started["executionArn"]
    return found


def _ended(server: Server, arn: str) -> dict[str, str]:
    ends = time.monotonic() + END_S
    while (found := call(server.port, "DescribeExecution", executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < ends, "it never ended"
        time.sleep(0.05)
    check_history(call(server.port, "GetExecutionHistory", executionArn=arn)["events"])
    described: dict[str, str] = found
    return described


def _marks(folder: Path, count: int) -> list[int]:
    """The processes that began; there must soon be so many."""
    ends = time.monotonic() + END_S
    while True:
        marks = folder / "marks"
        found = [int(line) for line in marks.read_text().splitlines()] if marks.exists() else []
        if len(found) >= count:
            return found
        assert time.monotonic() < ends, "they did not begin"
        time.sleep(0.02)


def _submitted(server: Server, arn: str) -> None:
    ends = time.monotonic() + END_S
    while True:
        events = call(server.port, "GetExecutionHistory", executionArn=arn)["events"]
        if any(event["type"] == "TaskSubmitted" for event in events):
            return
        assert time.monotonic() < ends, "it was not submitted"
        time.sleep(0.02)


def test_containers_of_docker_go_on_and_are_found_again(tmp_path):
    docker = Docker(tmp_path)
    (tmp_path / "job.py").write_text(SCRIPT)
    container = f"image = 'python', command = [{sys.executable!r}, {str(tmp_path / 'job.py')!r}]"
    file = tmp_path / "containers.toml"
    file.write_text(
        f"runner = 'docker'\n[tasks.job]\nmain = {{{container}}}\n[jobs]\njob = {{{container}}}\n".replace('"', "'")
    )
    path = f"{docker.path.parent}{os.pathsep}{os.environ['PATH']}"
    server = Server(tmp_path, "--containers", str(file), env={"FAKE_DOCKER": str(docker.home), "PATH": path})
    previous = Path.cwd()
    os.chdir(tmp_path)
    try:
        server.start()
        started = _start(server)
        _marks(tmp_path, 2)
        server.kill()
        assert len(docker.running()) == 2
        server.start()
        (tmp_path / "go").touch()
        assert [_ended(server, arn)["status"] for arn in started.values()] == ["SUCCEEDED", "SUCCEEDED"]
        assert len(_marks(tmp_path, 2)) == 2
        assert server.stop() == 0
    finally:
        os.chdir(previous)
        server.close()


def test_processes_end_with_the_server_and_their_tasks_fail(tmp_path):
    (tmp_path / "job.py").write_text(SCRIPT)
    file = tmp_path / "containers.toml"
    file.write_text(
        f"runner = 'process'\n[images]\njob = [{sys.executable!r}, 'job.py']\n"
        "[tasks.job]\nmain = {image = 'job'}\n[jobs]\njob = {image = 'job'}\n"
    )
    server = Server(tmp_path, "--containers", str(file))
    try:
        server.start()
        started = _start(server)
        pids = _marks(tmp_path, 2)
        for arn in started.values():
            _submitted(server, arn)
        server.kill()
        ends = time.monotonic() + END_S
        while any(is_running(pid) for pid in pids):
            assert time.monotonic() < ends, "a process outlived the server"
            time.sleep(0.02)
        server.start()
        for arn in started.values():
            ended = _ended(server, arn)
            assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
            assert "has stopped" in ended["cause"]
        assert _marks(tmp_path, 2) == pids
        assert server.stop() == 0
    finally:
        server.close()
