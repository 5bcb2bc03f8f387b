"""Connections that ask for nothing, ask slowly, or go away: the others are served meanwhile, and all is well after."""

import contextlib
import http.client
import json
import resource
import socket
import struct
import threading
import time
import uuid

import pytest

from stepwell.api import server as http_server
from tests.kill.harness import Gone
from tests.server.inside import Inside
from tests.server.machines import passing, task
from tests.server.outside import Stream, faultless_server, until

OPEN_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
IDLE = min(9_900, OPEN_FILES - 500)  # the server takes 10,000 connections, and the ordinary ones need some
HEAD = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AWSStepFunctions."
)


def connect(port):
    made = socket.socket()
    made.settimeout(60)
    made.connect(("127.0.0.1", port))
    return made


def request(operation, **members):
    body = json.dumps(members).encode()
    return HEAD + operation.encode() + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


def reply(connection):
    """Status and body of the next answer on a connection."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read())


def activity(server):
    return server.get("CreateActivity", name=f"c-{uuid.uuid4().hex[:8]}")["activityArn"]


@pytest.fixture
def own(tmp_path):
    with faultless_server(tmp_path) as started:
        yield started


def test_thousands_of_idle_connections(own):
    before = own.memory_mb()
    with contextlib.ExitStack() as idle, Stream(own) as stream:
        for _ in range(IDLE):
            idle.enter_context(connect(own.port))
        so_far = stream.succeeded
        until(lambda: stream.succeeded > so_far + 10)
        assert own.memory_mb() < before + 250
    assert not stream.trouble
    assert own.ended(own.start(own.create(passing())))["status"] == "SUCCEEDED"


def test_no_more_files_to_open(own):
    """Nobody new gets in; who is in is served; and when others have gone, all is as before."""
    machine = own.create(passing())
    open_now = 60
    resource.prlimit(own.pid, resource.RLIMIT_NOFILE, (open_now, open_now))
    with connect(own.port) as early:
        early.sendall(request("ListActivities"))
        assert reply(early)[0] == 200
        with contextlib.ExitStack() as idle:
            for _ in range(200):
                idle.enter_context(connect(own.port))
            for _ in range(5):
                early.sendall(request("StartExecution", stateMachineArn=machine))
                assert reply(early)[0] == 200
    until(lambda: answers(own))
    assert own.ended(own.start(machine))["status"] == "SUCCEEDED"


def answers(server):
    try:
        return server.ask("ListActivities").status == 200
    except Gone:
        return False


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(http_server, "HEAD_S", 0.5)
    monkeypatch.setattr(http_server, "BODY_S", 0.5)
    monkeypatch.setattr(http_server, "_SWEEP_S", 0.1)
    with Inside() as started:
        yield started


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"POST / HTTP/1.1\r\nHo",
        HEAD + b"ListActivities\r\nContent-Length: 100\r\n\r\n{",
        HEAD + b"ListActivities\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{",
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk"],
)
def test_who_speaks_slowly_is_cut_off(impatient, said):
    with Stream(impatient) as stream, contextlib.ExitStack() as all_of_them:
        slow = [all_of_them.enter_context(connect(impatient.port)) for _ in range(20)]
        for one in slow:
            one.sendall(said)
        dripping = slow[:10]
        ends = time.monotonic() + 60
        while dripping and time.monotonic() < ends:
            dripping = [one for one in dripping if drips(one)]
            time.sleep(0.05)
        assert not dripping
        for one in slow[10:]:
            with contextlib.suppress(ConnectionResetError):
                assert one.recv(1) == b""
    assert not stream.trouble


def drips(one):
    """Send one more byte; False once the other side has closed."""
    try:
        one.send(b"x")
        one.setblocking(False)
        return one.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        one.setblocking(True)


def test_a_head_without_end(server, stream):
    with connect(server.port) as one:
        one.sendall(b"POST / HTTP/1.1\r\n")
        with contextlib.suppress(OSError):
            for number in range(10_000):
                one.sendall(b"X-%d: %s\r\n" % (number, b"x" * 1_000))
            pytest.fail("ten megabytes of header lines were taken")


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00",
        b"\r\n" * 10_000,
        b"GET\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\0" * 70_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_not_http(server, stream, said):
    with connect(server.port) as one, contextlib.suppress(OSError):
        one.sendall(said)
        one.shutdown(socket.SHUT_WR)
        answer = one.recv(65_536)
        assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: -1\r\n\r\n{}",
        b"Content-Length: 99999999999999999999\r\n\r\n{}",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
    ],
)
def test_two_minds_about_the_length(server, stream, lines):
    with connect(server.port) as one, contextlib.suppress(OSError):
        one.sendall(HEAD + b"ListActivities\r\n" + lines)
        one.shutdown(socket.SHUT_WR)
        answer = one.recv(65_536)
        assert not answer or answer.startswith(b"HTTP/1.1 4")


# Workers that wait


def test_a_worker_that_vanished_while_it_waited_gets_no_task(server):
    arn = activity(server)
    for _ in range(20):
        with connect(server.port) as gone:
            gone.sendall(request("GetActivityTask", activityArn=arn))
            time.sleep(0.02)
    time.sleep(0.2)
    run = server.start(server.create(task(arn, TimeoutSeconds=30)))
    taken = server.get("GetActivityTask", activityArn=arn)
    server.get("SendTaskSuccess", taskToken=taken["taskToken"], output="1")
    assert server.ended(run)["output"] == "1"
    assert [event["type"] for event in server.events(run)].count("ActivityStarted") == 1


@pytest.mark.parametrize("pause_s", [0.0, 0.0002, 0.0005, 0.001, 0.002, 0.004])
def test_a_worker_that_vanishes_as_a_task_comes_leaves_it_to_the_next(server, pause_s):
    """Whenever it goes away: before the task is taken, while that is written down, or as the answer leaves."""
    arn = activity(server)
    machine = server.create(task(arn))
    given = []
    for _ in range(5):
        first = vanish(server, arn, machine, pause_s)
        second = server.start(machine)
        taken = server.get("GetActivityTask", activityArn=arn)
        server.get("SendTaskSuccess", taskToken=taken["taskToken"], output="1")
        given.append(until(lambda first=first, second=second: the_ended(server, first, second)) == first)
        assert [event["type"] for event in server.events(first)].count("ActivityStarted") == 1
        for run in (first, second):
            server.ask("StopExecution", executionArn=run)
    assert given[0] or pause_s  # later it may have had its answer, which then was its own, as on AWS


def vanish(server, arn, machine, pause_s):
    """Wait for a task, have one scheduled, and close the connection so long after."""
    with connect(server.port) as worker, connect(server.port) as starter:
        worker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets
        worker.sendall(request("GetActivityTask", activityArn=arn))
        time.sleep(0.02)
        starter.sendall(request("StartExecution", stateMachineArn=machine))
        time.sleep(pause_s)
        worker.close()
        return reply(starter)[1]["executionArn"]


def the_ended(server, *runs):
    return next((run for run in runs if server.describe(run)["status"] == "SUCCEEDED"), None)


def test_no_more_workers_wait_than_may():
    with Inside(activity_pollers_max=3, activity_poll_s=0.8) as started:
        arn = activity(started)
        got = []
        workers = [
            threading.Thread(target=lambda: got.append(started.ask("GetActivityTask", activityArn=arn)))
            for _ in range(5)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(str(answer.code) for answer in got) == ["ActivityWorkerLimitExceeded"] * 2 + ["None"] * 3
        assert [answer.body for answer in got if answer.code is None] == [{}] * 3
        assert started.ask("GetActivityTask", activityArn=arn).body == {}


def test_more_connections_than_may_be_are_told_so(monkeypatch):
    monkeypatch.setattr(http_server.HttpServer.__init__, "__kwdefaults__", {"connections_max": 20})
    with Inside() as started:
        with contextlib.ExitStack() as idle:
            for _ in range(19):
                idle.enter_context(connect(started.port))
            time.sleep(0.2)
            with connect(started.port) as late:
                late.sendall(request("ListActivities"))
                assert late.recv(65_536).startswith(b"HTTP/1.1 503")
        until(lambda: answers(started))
