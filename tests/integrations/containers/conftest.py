"""A `docker` on the PATH, and both kinds of runner."""

import json
import os
import sys
from pathlib import Path

import pytest

from stepwell.integrations.containers.cli import ContainerCli
from stepwell.integrations.containers.processes import ProcessRunner

SHELL = {"shell": ("sh", "-c"), "sleep": ("sleep",)}


class Docker:
    """The fake program, and what was asked of it."""

    def __init__(self, folder):
        self.home = folder / "docker"
        self.home.mkdir()
        (folder / "bin").mkdir()
        self.path = folder / "bin" / "docker"
        script = Path(__file__).with_name("fake_docker.py")
        self.path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        self.path.chmod(0o755)

    def calls(self, command=None):
        file = self.home / "calls"
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [line for line in lines if command is None or line[0] == command]

    def states(self):
        files = [file for file in self.home.iterdir() if file.name.startswith("stepwell-")]
        return {file.name: json.loads(file.read_text()) for file in files}

    def running(self):
        return [name for name, state in self.states().items() if state["Status"] == "running"]


@pytest.fixture
def docker(tmp_path, monkeypatch):
    made = Docker(tmp_path)
    monkeypatch.setenv("FAKE_DOCKER", str(made.home))
    monkeypatch.setenv("PATH", f"{made.path.parent}{os.pathsep}{os.environ['PATH']}")
    yield made
    for name, state in made.states().items():
        if state["Status"] == "running":
            os.killpg(state["Pid"], 9)
            assert name


@pytest.fixture(params=["process", "docker"])
async def make_runner(request, tmp_path):
    made = []

    def make(grace_s=30.0):
        if request.param == "process":
            made.append(ProcessRunner(SHELL, tmp_path, grace_s=grace_s))
        else:
            program = str(request.getfixturevalue("docker").path)
            made.append(ContainerCli(program, outlives=False, poll_s=0.02, grace_s=grace_s))
        return made[-1]

    yield make
    for runner in made:
        await runner.close()


@pytest.fixture
def runner(make_runner):
    return make_runner()
