"""One definition, here and now: what is shown, what is printed, how it ends, and how it goes on."""

import json
import signal

import pytest

from stepwell.cli.run import _machine_name
from tests.cli.conftest import PASS, read_line, rest, until, wait_machine

FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bang", "Cause": "so"}}}
ECHO = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def test_output_and_progress_go_apart(program):
    done = program("run", program.write("hello.asl.json", PASS), "--input", '{"name": "Ada"}')
    assert (done.returncode, done.stdout) == (0, '{"text":"Hello, Ada!"}\n')
    assert "✔ Greet" in done.stderr
    assert "SUCCEEDED in " in done.stderr
    assert "\x1b" not in done.stderr


def test_a_failure(program):
    done = program("run", program.write("f.json", FAIL))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("FAILED Bang: so\n")


def test_inputs(program):
    name = program.write("echo.json", ECHO)
    program.write("in.json", '{"n": 1.50, "big": 123456789012345678901234567890}')
    expected = '{"n": 1.50, "big": 123456789012345678901234567890}\n'
    assert program("run", "-q", name, "--input", "@in.json").stdout == expected
    assert program("run", "-q", name, "--input", "-", stdin=expected).stdout.strip() == expected.strip()
    assert program("run", "-q", "-", stdin=json.dumps(ECHO)).stdout == "{}\n"


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["--input", "{oops"], "not JSON"),
        (["--input", "@gone.json"], "No such file"),
        (["--name", "a b"], "no name for an execution"),
        (["--events"], "--json"),
        (["--functions", "gone"], "does not exist"),
    ],
)
def test_wrong_use(program, arguments, text):
    done = program("run", program.write("echo.json", ECHO), *arguments)
    assert done.returncode == 2
    assert text in done.stderr


def test_a_definition_with_errors_is_not_run(program):
    name = program.write("bad.json", '{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}')
    done = program("run", name)
    assert done.returncode == 1
    assert done.stderr.startswith("bad.json:1:29: error: ")
    said = json.loads(program("run", name, "--json").stdout)
    assert (said["status"], said["error"]) == ("FAILED", "InvalidDefinition")


def test_json(program):
    done = program("run", program.write("hello.json", PASS), "--input", '{"name": "Ada"}', "--json", "--name", "x")
    assert json.loads(done.stdout) == {"name": "x", "status": "SUCCEEDED", "output": {"text": "Hello, Ada!"}}
    assert done.stderr == ""
    done = program("run", program.write("f.json", FAIL), "--json", "--events")
    said = json.loads(done.stdout)
    assert (done.returncode, said["status"], said["error"], said["cause"]) == (1, "FAILED", "Bang", "so")
    assert [event["type"] for event in said["events"]] == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]


def test_local_functions(program):
    program.write("functions/flaky.py", "def handler(event, context):\n    print('hm')\n    return 1 / event['n']\n")
    retry = [{"ErrorEquals": ["ZeroDivisionError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:flaky", "Retry": retry}
    name = program.write("f.json", {"StartAt": "T", "States": {"T": task | {"End": True}}})
    done = program("run", name, "--functions", "functions", "--input", '{"n": 4}')
    assert (done.returncode, done.stdout) == (0, "0.25\n")
    assert "flaky: hm\n" in done.stderr
    done = program("run", name, "--functions", "functions", "--input", '{"n": 0}')
    assert done.returncode == 1
    assert "✘ T" in done.stderr
    assert "↻ T                           attempt 2\n" in done.stderr
    assert "FAILED ZeroDivisionError: division by zero\n" in done.stderr


def test_what_run_cannot_do_is_said(program):
    activity = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:a", "End": True}
    done = program("run", program.write("a.json", {"StartAt": "A", "States": {"A": activity}}))
    assert done.returncode == 1
    assert "use `stepwell serve`" in done.stderr


def test_interrupted_in_memory_it_is_aborted(program):
    process = program.start("run", program.write("w.json", wait_machine(30)))
    while "Sleep" not in read_line(process.stderr):
        pass
    process.send_signal(signal.SIGINT)
    _, error = rest(process)
    assert process.returncode == 130
    assert error.endswith("ABORTED Interrupted: Stopped by Ctrl-C.\n")


def test_interrupted_it_says_so_as_json(program):
    begun = program.folder / "begun"
    program.write("functions/tell.py", f"def handler(event, context):\n    open({str(begun)!r}, 'w').close()\n")
    tell = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:tell", "Next": "Price"}
    machine = {"StartAt": "Tell", "States": {"Tell": tell, **wait_machine(30)["States"]}}
    process = program.start("run", program.write("w.json", machine), "--json", "--functions", "functions")
    until(begun.exists)
    process.send_signal(signal.SIGINT)
    said, _ = rest(process)
    assert process.returncode == 130
    assert json.loads(said)["status"] == "ABORTED"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_with_a_database_it_goes_on_where_it_was_left(program, ending):
    command = ("run", program.write("w.json", wait_machine(2)), "--database", "jobs.db", "--name", "one")
    process = program.start(*command)
    while "Sleep" not in read_line(process.stderr):
        pass
    process.send_signal(ending)
    _, error = rest(process)
    if ending is signal.SIGINT:
        assert process.returncode == 130
        assert "--database jobs.db --name one goes on" in error

    done = program(*command)
    assert (done.returncode, done.stdout) == (0, "{}\n")
    assert "goes on where it was left" in done.stderr
    assert done.stderr.count("✔ Sleep") == 1

    program.write("w.json", FAIL)  # what has ended is told again, whatever the file says now
    again = program(*command)
    assert (again.returncode, again.stdout) == (0, "{}\n")
    assert "nothing is done again" in again.stderr

    other = program(*command, "--input", '{"a": 1}')
    assert other.returncode == 2
    assert "another --name" in other.stderr

    fresh = program(*command[:-1], "two")
    assert fresh.returncode == 1
    assert fresh.stderr.endswith("FAILED Bang: so\n")


@pytest.mark.parametrize(
    "file, name",
    [
        ("a/order.asl.json", "order"),
        ("-", "run"),
        ("my order.json", "my-order"),
        ("x" * 99, "x" * 80),
        (".json", "run"),
    ],
)
def test_machines_are_called_like_their_files(file, name):
    assert _machine_name(file) == name


def test_functions_command(program):
    program.write("functions/double.py", "def handler(event, context):\n    print('hm')\n    return event * 2\n")
    program.write("functions/sub/app.py", "def lambda_handler(event, context):\n    raise ValueError('no')\n")
    assert [line.split()[0] for line in program("functions", "list").stdout.splitlines()] == ["double", "sub"]
    done = program("functions", "invoke", "double", "--input", "21")
    assert (done.returncode, done.stdout, done.stderr) == (0, "42\n", "hm\n")
    done = program("functions", "invoke", "sub")
    assert (done.returncode, json.loads(done.stdout)["errorType"]) == (1, "ValueError")
    done = program("functions", "invoke", "gone")
    assert done.returncode == 2
    assert "functions list" in done.stderr
