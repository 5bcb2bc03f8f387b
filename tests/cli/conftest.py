"""The program as users start it: a process of its own, in a folder of its own."""

import json
import os
import re
import select
import subprocess
import sys
import time

import pytest

PASS = {
    "StartAt": "Greet",
    "States": {"Greet": {"Type": "Pass", "Parameters": {"text.$": "States.Format('Hello, {}!', $.name)"}, "End": True}},
}


def wait_machine(seconds):
    states = {
        "Price": {"Type": "Pass", "Next": "Sleep"},
        "Sleep": {"Type": "Wait", "Seconds": seconds, "Next": "Done"},
        "Done": {"Type": "Succeed"},
    }
    return {"StartAt": "Price", "States": states}


def environment():
    hidden = ("STEPWELL_", "AWS_", "NO_COLOR", "FORCE_COLOR")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)} | {"COLUMNS": "100"}


class Program:
    """Starts `stepwell` in a folder; what is still running at the end of a test is ended."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []

    def write(self, name, content):
        text = content if isinstance(content, str) else json.dumps(content)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    def __call__(self, *arguments, stdin="", **more):
        """Run to the end."""
        command = [sys.executable, "-m", "stepwell", *arguments]
        options = {"capture_output": True, "text": True, "timeout": 60, "cwd": self.folder, "env": environment()}
        return subprocess.run(command, check=False, input=stdin, **(options | more))

    def start(self, *arguments, **more):
        """Start, and leave running."""
        options = {"cwd": self.folder, "env": environment()} | more
        process = subprocess.Popen(
            [sys.executable, "-m", "stepwell", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            bufsize=0,  # so that `select` knows what has been said
            **options,
        )
        self.started.append(process)
        return process

    def serve(self, *arguments):
        """A server that answers: its process, its address, and its first lines."""
        process = self.start("serve", "--port", "0", *arguments)
        lines = []
        while not lines or "stop it" not in lines[-1]:
            lines.append(read_line(process.stdout))
            assert lines[-1], process.communicate()
        return process, re.search(r"http://\S+", lines[0])[0], "".join(lines)


def read_line(stream, patience_s=60):
    ready, _, _ = select.select([stream], [], [], patience_s)
    assert ready, "nothing was said"
    return stream.readline().decode()


def rest(process, patience_s=60):
    """What else it says until it has ended, on standard output and on standard error."""
    return tuple(said.decode() for said in process.communicate(timeout=patience_s))


def until(condition, patience_s=60):
    ends = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)
    return value


@pytest.fixture
def program(tmp_path):
    program = Program(tmp_path)
    yield program
    for process in program.started:
        if process.poll() is None:
            process.kill()
        process.communicate()
