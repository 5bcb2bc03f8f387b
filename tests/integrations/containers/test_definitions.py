"""The file of definitions, and everything that can be wrong with it."""

import pytest

from stepwell.integrations.base import Registry, UnknownIntegration
from stepwell.integrations.containers.cli import ContainerCli
from stepwell.integrations.containers.definitions import (
    Container,
    InvalidContainers,
    JobDefinition,
    bare_name,
    read_definitions,
)
from stepwell.integrations.containers.local import LocalContainers
from stepwell.integrations.containers.processes import ProcessRunner

FILE = """
runner = "process"
environment = {STAGE = "test", LEVEL = 1}

[images]
"shop/ship" = ["python", "ship.py"]

[tasks.ship]
main = {image = "shop/ship", command = ["--fast"], environment = {LEVEL = 2}}
side = {image = "logs", essential = false}

[jobs.report]
image = "shop/report"
command = ["Ref::month"]
timeout_s = 600
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        (tmp_path / "containers.toml").write_text(text)
        return tmp_path / "containers.toml"

    return write


def test_what_a_file_says(write, tmp_path):
    found = read_definitions(write(FILE))
    assert (found.folder, found.runner) == (tmp_path, "process")
    assert found.images == {"shop/ship": ("python", "ship.py")}
    main = Container("main", "shop/ship", ("--fast",), {"STAGE": "test", "LEVEL": "2"})
    side = Container("side", "logs", (), {"STAGE": "test", "LEVEL": "1"}, essential=False)
    assert found.tasks == {"ship": (main, side)}
    report = Container("default", "shop/report", ("Ref::month",), {"STAGE": "test", "LEVEL": "1"})
    assert found.jobs == {"report": JobDefinition(report, 600)}


@pytest.mark.parametrize(
    "text, said",
    [
        ("[tasks", "containers.toml: "),
        ("[task.a]\nb = {image = 'x'}", "the file: there is no 'task'; there are runner, "),
        ("runner = 'lxc'", "runner must be one of docker, podman, process, not 'lxc'"),
        ("[tasks.a]", "the task definition a has no container"),
        ("[tasks.a]\nb = {}", "a: the container b needs an image"),
        ("[tasks.a]\nb = {image = '--privileged'}", "a: the container b needs an image"),
        ("[tasks.a]\nb = {image = 'x', cpu = 1}", "a: there is no 'cpu'; there are image, "),
        ("[tasks.a]\nb = {image = 'x', essential = 1}", "essential must be true or false"),
        ("[tasks.a]\nb = {image = 'x', command = 'ls'}", "a command is a list of texts"),
        ("[tasks.a]\nb = 1", "a.b must be a table"),
        ("[jobs.a]\nimage = 'x'\ntimeout_s = true", "a: timeout_s must be a number"),
        ("[images]\nx = 'ls'", "x: a command is a list of texts"),
        ("environment = 1", "environment must be a table"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(write, text, said):
    with pytest.raises(InvalidContainers) as raised:
        read_definitions(write(text))
    assert said in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidContainers, match="No such file"):
        read_definitions(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "text",
    ["ship", "ship:3", "arn:aws:ecs:us-east-1:1:task-definition/ship:3", "arn:aws:batch:x:1:job-definition/ship"],
)
def test_every_form_of_a_definitions_name(text):
    assert bare_name(text) == "ship"


def runner_of(file):
    return LocalContainers(file, outlives=True)._runner


def test_the_file_chooses_the_runner(write, docker, monkeypatch):
    assert isinstance(runner_of(write(FILE)), ProcessRunner)
    assert isinstance(runner_of(write("[images]\nx = ['ls']")), ProcessRunner)
    assert isinstance(runner_of(write("runner = 'podman'\n[images]\nx = ['ls']")), ContainerCli)
    assert isinstance(runner_of(write("")), ContainerCli)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InvalidContainers, match="neither docker nor podman"):
        runner_of(write(""))


def test_it_takes_over_what_it_runs_and_nothing_else(write):
    registry = Registry(lambda: ())
    LocalContainers(write(FILE), outlives=True).register(registry)
    assert registry.find("ecs", "runTask").is_repeatable("runTask") is False
    assert registry.find("batch", "submitJob").is_repeatable("submitJob") is False
    with pytest.raises(UnknownIntegration):
        registry.find("batch", "terminateJob")
