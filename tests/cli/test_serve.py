"""A real server: it starts, answers boto3, stops, and is found again as it was left."""

import json
import resource
import signal
import socket
import sqlite3
import time

import boto3
import pytest
from botocore.config import Config

from tests.cli.conftest import PASS, read_line, rest, until, wait_machine

ROLE = "arn:aws:iam::000000000000:role/any"


def connect(address):
    return boto3.client(
        "stepfunctions",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"max_attempts": 0}),
    )


def start(sfn, definition, **more):
    name = f"machine-{definition['StartAt']}"
    arn = sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
    return sfn.start_execution(stateMachineArn=arn, **more)["executionArn"]


def test_the_first_lines_and_an_orderly_end(program):
    process, address, said = program.serve("--database", "a.db")
    assert f"--endpoint-url {address}" in said
    assert str(program.folder / "a.db") in said
    assert "signatures are not checked yet" in said
    assert "\x1b" not in said
    sfn = connect(address)
    run = start(sfn, PASS, input='{"name": "Ada"}')
    assert sfn.describe_execution(executionArn=run)["output"] == '{"text":"Hello, Ada!"}'
    process.send_signal(signal.SIGTERM)
    out, error = rest(process)
    assert (process.returncode, out) == (0, "")
    assert error.startswith("Stopping")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_executions_outlive_a_server_on_postgresql(program, ending, database):
    process, address, said = program.serve("--database", database)
    assert f"{database} (survives loss of power)" in said
    run = start(connect(address), wait_machine(2), name="one")
    process.send_signal(ending)
    process.wait(20)
    ended = time.time()
    _, address, _ = program.serve("--database", database)
    sfn = connect(address)
    until(lambda: sfn.describe_execution(executionArn=run)["status"] == "SUCCEEDED")
    assert sfn.describe_execution(executionArn=run)["stopDate"].timestamp() >= ended


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_executions_outlive_the_server(program, ending):
    process, address, _ = program.serve("--database", "a.db")
    run = start(connect(address), wait_machine(2), name="one")
    process.send_signal(ending)
    process.wait(20)
    ended = time.time()
    _, address, _ = program.serve("--database", "a.db")
    sfn = connect(address)
    until(lambda: sfn.describe_execution(executionArn=run)["status"] == "SUCCEEDED")
    assert sfn.describe_execution(executionArn=run)["stopDate"].timestamp() >= ended


def test_interrupted_it_ends_in_order_too_and_a_second_signal_at_once(program):
    program.write("functions/slow.py", "import time\ndef handler(event, context):\n    time.sleep(30)\n")
    process, address, _ = program.serve("--database", "a.db", "--functions", "functions", "--grace-s", "30")
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:slow", "End": True}
    start(connect(address), {"StartAt": "T", "States": {"T": task}})
    process.send_signal(signal.SIGINT)
    assert read_line(process.stderr).startswith("Stopping: what is under way gets 30 s")
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130


def test_what_functions_print_is_in_the_log(program):
    program.write("functions/price.py", "def handler(event, context):\n    print('pricing')\n    return 1\n")
    process, address, said = program.serve("--database", ":memory:", "--functions", "functions")
    assert "in memory" in said
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:price", "End": True}
    sfn = connect(address)
    run = start(sfn, {"StartAt": "T", "States": {"T": task}})
    until(lambda: sfn.describe_execution(executionArn=run)["status"] == "SUCCEEDED")
    process.send_signal(signal.SIGTERM)
    assert "price: pricing\n" in rest(process)[1]


def refused(done, *words):
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr
    return done.returncode


def test_a_port_in_use(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert refused(program("serve", "--port", port), f"port {port}", "--port") == 1


def test_a_database_in_use(program):
    program.serve("--database", "a.db")
    assert refused(program("serve", "--port", "0", "--database", "a.db"), "in use by the process") == 1


def test_a_database_of_a_newer_release(program):
    process, _, _ = program.serve("--database", "a.db")
    process.terminate()
    process.wait(20)
    with sqlite3.connect(program.folder / "a.db") as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (b"99",))
    assert refused(program("serve", "--port", "0", "--database", "a.db"), "schema 99") == 1


def test_a_database_that_cannot_be_there(program):
    assert refused(program("serve", "--port", "0", "--database", "no/such/a.db"), "no/such/a.db") == 1


def test_no_server_for_everybody(program):
    done = program("serve", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "loopback only" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_asks_for_as_many_open_files_as_it_may_have(program):
    def few_files():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 4_096))

    process = program.start("serve", "--port", "0", "--database", ":memory:", preexec_fn=few_files)
    assert "listens on" in read_line(process.stdout)
    assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE) == (4_096, 4_096)
