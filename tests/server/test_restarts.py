"""Stopping and starting again, seen by clients: in good order, nothing acknowledged is lost, what waited goes on."""

import json
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.kill.harness import Gone, check_history
from tests.server.machines import machine, passing, task
from tests.server.outside import OwnServer, until

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:slow"
NESTED = "arn:aws:states:::states:startExecution.sync:2"


class SlowLambda:
    """A Lambda endpoint that answers each call after as many seconds as its payload says, and counts calls."""

    def __init__(self):
        self.calls = calls = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                calls.append(given)
                time.sleep(given["seconds"])
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", "6")
                    self.end_headers()
                    self.wfile.write(b'"done"')
                except OSError:
                    pass  # nobody waits any more

            def log_message(self, *_):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def slow():
    started = SlowLambda()
    yield started
    started.server.shutdown()
    started.server.server_close()


@pytest.fixture
def own(tmp_path, slow):
    started = OwnServer(tmp_path, "--lambda-endpoint", slow.url, "--grace-s", "1.5").up()
    yield started
    started.process.close()


def in_background(work, *arguments, **more):
    results = []

    def do():
        try:
            results.append(work(*arguments, **more))
        except Gone as error:
            results.append(error)

    thread = threading.Thread(target=do)
    thread.start()
    return thread, results


def test_a_stop_amid_polls_calls_jobs_and_waits(own, slow):
    activity = own.get("CreateActivity", name="work")["activityArn"]
    nap = own.create(machine(Nap={"Type": "Wait", "Seconds": 2, "Next": "Done"}, Done={"Type": "Succeed"}))
    polls = [in_background(own.ask, "GetActivityTask", activityArn=activity) for _ in range(3)]
    runs = {
        "wait": own.start(nap),
        "job": own.start(own.create(task(NESTED, Parameters={"StateMachineArn": nap}))),
        "call within the grace": own.start(own.create(task(FUNCTION)), {"seconds": 0.7}),
        "call beyond it": own.start(own.create(task(FUNCTION)), {"seconds": 9}),
        "retry": own.start(own.create(task(FUNCTION, Retry=[{"ErrorEquals": ["States.ALL"]}])), {"seconds": 3}),
    }
    waiting = own.create(task(activity, HeartbeatSeconds=600))
    until(lambda: len(slow.calls) == 3)
    time.sleep(0.2)
    assert own.process.stop() == 0
    for thread, results in polls:
        thread.join(20)
        assert (results[0].status, results[0].body) == (200, {})
    assert "Traceback" not in own.log

    own.up()
    assert own.describe(runs["wait"])["status"] in ("RUNNING", "SUCCEEDED")
    ended = {name: own.ended(run) for name, run in runs.items()}
    assert {name: run["status"] for name, run in ended.items()} == {
        **dict.fromkeys(runs, "SUCCEEDED"),
        "call beyond it": "FAILED",
    }
    assert ended["call beyond it"]["error"] == "States.TaskFailed"
    assert "its outcome is unknown" in ended["call beyond it"]["cause"]
    assert sorted(call["seconds"] for call in slow.calls) == [0.7, 3, 3, 9]  # again only where Retry says so
    for run in runs.values():
        check_history(own.events(run))
    run = own.start(waiting)
    taken = own.get("GetActivityTask", activityArn=activity)
    own.get("SendTaskSuccess", taskToken=taken["taskToken"], output="1")
    assert own.ended(run)["status"] == "SUCCEEDED"


def test_tokens_and_waiting_tasks_outlive_the_server(own):
    activity = own.get("CreateActivity", name="work")["activityArn"]
    arn = own.create(task(activity, HeartbeatSeconds=60))
    runs = [own.start(arn, {"n": number}) for number in range(3)]
    first = own.get("GetActivityTask", activityArn=activity)
    over = own.create(passing())
    listed = [own.ended(own.start(over))["executionArn"] for _ in range(3)][::-1]
    page = own.get("ListExecutions", stateMachineArn=over, maxResults=1)
    assert own.process.stop() == 0
    own.up()
    own.get("SendTaskHeartbeat", taskToken=first["taskToken"])
    own.get("SendTaskSuccess", taskToken=first["taskToken"], output='"old token"')
    taken = [own.get("GetActivityTask", activityArn=activity) for _ in range(2)]
    assert [json.loads(one["input"]) for one in taken] == [{"n": 1}, {"n": 2}]
    for one in taken:
        own.get("SendTaskSuccess", taskToken=one["taskToken"], output="1")
    assert [own.ended(run)["status"] for run in runs] == ["SUCCEEDED"] * 3
    rest = own.get("ListExecutions", stateMachineArn=over, nextToken=page["nextToken"])
    assert [line["executionArn"] for line in page["executions"] + rest["executions"]] == listed


def test_a_deletion_goes_on_after_a_restart(own):
    arn = own.create(machine(Nap={"Type": "Wait", "Seconds": 2, "Next": "Done"}, Done={"Type": "Succeed"}), "doomed")
    run = own.start(arn)
    own.get("DeleteStateMachine", stateMachineArn=arn)
    assert own.process.stop() == 0
    own.up()
    assert own.ask("StartExecution", stateMachineArn=arn).code in ("StateMachineDeleting", "StateMachineDoesNotExist")
    until(lambda: own.ask("DescribeStateMachine", stateMachineArn=arn).code == "StateMachineDoesNotExist")
    assert own.ask("DescribeExecution", executionArn=run).code == "ExecutionDoesNotExist"


def test_requests_while_it_stops_are_answered_or_not_at_all(own):
    """Each start that was acknowledged is there afterwards."""
    arn = own.create(passing())
    acknowledged, over = [], threading.Event()

    def ask():
        while not over.is_set():
            try:
                answer = own.ask("StartExecution", stateMachineArn=arn)
            except Gone:
                return
            if answer.status != 200:
                assert answer.status == 503, answer
                return
            acknowledged.append(answer.body["executionArn"])

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    until(lambda: len(acknowledged) > 50)
    assert own.process.stop() == 0
    over.set()
    for asker in askers:
        asker.join()
    own.up()
    assert all(own.ended(run)["status"] == "SUCCEEDED" for run in acknowledged)


# Databases that it cannot have


def refusal(folder, name="kill.db"):
    command = [sys.executable, "-m", "stepwell", "serve", "--port", "0", "--database", str(folder / name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_database_that_another_server_holds(own, tmp_path):
    said = refusal(tmp_path)
    assert "in use by the process" in said
    assert str(own.pid) in said
    assert own.ask("ListActivities").status == 200


@pytest.mark.parametrize("key, word", [("schema", "schema 99"), ("format", "format 99")])
def test_a_database_of_a_newer_release(own, tmp_path, key, word):
    own.process.stop()
    database = tmp_path / "kill.db"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = ?", (b"99", key))
    connection.close()
    before = database.read_bytes()
    assert word in refusal(tmp_path)
    assert database.read_bytes() == before


def test_what_is_no_database_of_ours(tmp_path):
    (tmp_path / "text.db").write_text("once upon a time " * 1_000)
    assert "text.db" in refusal(tmp_path, "text.db")
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    assert "songs" in refusal(tmp_path, "other.db")
